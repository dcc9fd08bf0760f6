#include "daemon/engine/state.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/log.h"
#include "daemon/engine/state_image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#define FILES     2 // in the state directory, written in turn
#define SOURCES   (STATE_COPIES + FILES)
#define FIRST_MAX ((size_t) 4 << 20)
#define LEAST_MAX ((size_t) 16 << 20)

static const char *const file_names[FILES] = {"state.0", "state.1"};
const char *const state_memfd_names[STATE_COPIES] = {"memscope-state-0", "memscope-state-1"};

// A state that can be read.
typedef struct {
    const void *image; // NULL: none
    size_t mapped;     // where it is a file
} source_t;

// Where it is written to: mapped memory, that of a memfd which systemd keeps or of nobody.
typedef struct {
    int fd; // -1: of nobody
    unsigned char *map;
    size_t size; // of the mapping
    size_t used; // at most so far
} copy_t;

struct state {
    copy_t copy[STATE_COPIES];
    int file[FILES];
    unsigned next, next_file;
    uint64_t due_us; // CLOCK_MONOTONIC
    char boot[STATE_BOOT_MAX];
    bool said_failed;
};

// ---- Saving ------------------------------------------------------------------------------------

// Address space; memory is taken as it is written to.
static int grow(copy_t *c, size_t size)
{
    void *map;

    if (c->fd >= 0 && ftruncate(c->fd, (off_t) size) < 0)
        return -errno;
    if (c->map)
        map = mremap(c->map, c->size, size, MREMAP_MAYMOVE);
    else
        map = mmap(NULL, size, PROT_READ | PROT_WRITE,
                c->fd >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, c->fd, 0);
    if (map == MAP_FAILED)
        return -errno;
    c->map = map;
    c->size = size;
    return 0;
}

static int save(state_t *s, engine_t *e, copy_t *c)
{
    size_t max = MAX(engine_memory_max(e), LEAST_MAX);
    int r = c->map ? 0 : grow(c, FIRST_MAX);

    while (r == 0) {
        // Of a fixed size: it is not for the buffer to grow.
        buffer_t out = {.data = c->map, .cap = c->size, .max = c->size};

        r = state_image_build(e, s->boot, &out);
        c->used = MAX(c->used, out.len);
        if (r != -E2BIG || c->size >= max)
            break;
        r = grow(c, MIN(c->size * 2, max));
    }
    return r;
}

static int write_all(int fd, const unsigned char *data, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = pwrite(fd, data + done, len - done, (off_t) done);

        if (n < 0 && errno != EINTR)
            return -errno;
        done += n > 0 ? (size_t) n : 0;
    }
    return 0;
}

static int write_file(int fd, const copy_t *c)
{
    int r;

    if (ftruncate(fd, 0) < 0)
        return -errno;
    r = write_all(fd, c->map, state_image_len(c->map));
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    if (r < 0 && ftruncate(fd, 0) < 0)
        log_debug("nor can what was written be taken back");
    return r;
}

static void say_failed(state_t *s, int error)
{
    if (!s->said_failed)
        log_warning("cannot keep the state for a restart: %s", strerror(-error));
    s->said_failed = true;
}

void state_tick(state_t *s, engine_t *e)
{
    copy_t *c = &s->copy[s->next];
    uint64_t began = clock_monotonic_us(), took;
    int r;

    if (c->fd < 0 || began < s->due_us)
        return;
    r = save(s, e, c);
    if (r < 0)
        say_failed(s, r);
    s->next = (s->next + 1) % STATE_COPIES;
    took = clock_monotonic_us() - began;
    s->due_us = began + MAX(STATE_INTERVAL_S * USEC_PER_SEC, took * STATE_SHARE);
}

void state_store(state_t *s, engine_t *e)
{
    copy_t *c = &s->copy[s->next];
    int fd = s->file[s->next_file], r;

    if (c->fd < 0 && fd < 0)
        return;
    r = save(s, e, c);
    if (r < 0)
        say_failed(s, r);
    if (r < 0 || fd < 0)
        return;
    r = write_file(fd, c);
    if (r < 0)
        log_warning("cannot write the state to its directory: %s", strerror(-r));
}

size_t state_bytes(const state_t *s)
{
    size_t bytes = 0;

    for (int i = 0; i < STATE_COPIES; i++)
        bytes += s->copy[i].used;
    return bytes;
}

// ---- Loading -----------------------------------------------------------------------------------

static source_t open_copy(const state_t *s, copy_t *c)
{
    struct stat st;

    if (c->fd < 0 || fstat(c->fd, &st) < 0 || st.st_size == 0 || grow(c, (size_t) st.st_size) < 0 ||
            !state_image_check(c->map, c->size, s->boot))
        return (source_t){0};
    c->used = state_image_len(c->map);
    return (source_t){.image = c->map};
}

static source_t open_file(const state_t *s, int fd)
{
    struct stat st;
    void *map;

    if (fd < 0 || fstat(fd, &st) < 0 || st.st_size == 0)
        return (source_t){0};
    map = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return (source_t){0};
    if (state_image_check(map, (size_t) st.st_size, s->boot))
        return (source_t){.image = map, .mapped = (size_t) st.st_size};
    munmap(map, (size_t) st.st_size);
    return (source_t){0};
}

// From the newest source that has it whole.
static bool load_section(engine_t *e, const source_t *from, unsigned section)
{
    for (int i = 0; i < SOURCES && from[i].image; i++)
        if (state_image_load(from[i].image, section, e))
            return true;
    return false;
}

static uint64_t time_of(const source_t *from)
{
    return from->image ? state_image_time_us(from->image) : 0;
}

// Newest first, and what is none last.
static int compare_sources(const void *a, const void *b)
{
    uint64_t x = time_of(a), y = time_of(b);

    return (x < y) - (x > y);
}

void state_load(state_t *s, engine_t *e)
{
    source_t from[SOURCES];
    bool any = false;

    for (int i = 0; i < STATE_COPIES; i++)
        from[i] = open_copy(s, &s->copy[i]);
    for (int i = 0; i < FILES; i++)
        from[STATE_COPIES + i] = open_file(s, s->file[i]);
    s->next = time_of(&from[0]) > time_of(&from[1]);
    s->next_file = time_of(&from[STATE_COPIES]) > time_of(&from[STATE_COPIES + 1]);
    qsort(from, SOURCES, sizeof(from[0]), compare_sources);
    for (unsigned i = 0; i < ENGINE_SECTIONS && from[0].image; i++)
        any |= load_section(e, from, i);
    if (any)
        log_info("history restored, saved %.1f s ago",
                (double) (clock_boottime_us() - time_of(&from[0])) / USEC_PER_SEC);
    if (engine_inspections(e)->kept_count > 0)
        log_info("inspections that wait for their viewers: %zu", engine_inspections(e)->kept_count);
    for (int i = 0; i < SOURCES; i++)
        if (from[i].mapped > 0)
            munmap((void *) (uintptr_t) from[i].image, from[i].mapped);
}

// ---- Life --------------------------------------------------------------------------------------

static void open_memfd(copy_t *c, const char *name)
{
    char text[64];

    if (c->fd >= 0 || !getenv("NOTIFY_SOCKET"))
        return;
    c->fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (c->fd < 0)
        return;
    fcntl(c->fd, F_ADD_SEALS, F_SEAL_SHRINK); // under a mapping nothing is taken away
    snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s", name);
    sd_pid_notify_with_fds(0, 0, text, &c->fd, 1);
}

static void open_files(state_t *s, const char *directory)
{
    _cleanup_close_ int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    for (int i = 0; i < FILES && dir >= 0; i++)
        s->file[i] = openat(dir, file_names[i], O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (s->file[0] < 0 || s->file[1] < 0)
        log_warning("cannot write to %s: %s; a stop costs the history", directory, strerror(errno));
}

int state_new(state_t **ret, const int memfds[STATE_COPIES], const char *directory)
{
    state_t *s = calloc(1, sizeof(*s));

    if (!s)
        return -ENOMEM;
    s->due_us = clock_monotonic_us() + STATE_INTERVAL_S * USEC_PER_SEC;
    file_read_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", s->boot, sizeof(s->boot));
    for (int i = 0; i < STATE_COPIES; i++) {
        s->copy[i].fd = memfds[i];
        open_memfd(&s->copy[i], state_memfd_names[i]);
    }
    for (int i = 0; i < FILES; i++)
        s->file[i] = -1;
    if (directory)
        open_files(s, directory);
    *ret = s;
    return 0;
}

void state_free(state_t *s)
{
    if (!s)
        return;
    for (int i = 0; i < STATE_COPIES; i++) {
        if (s->copy[i].map)
            munmap(s->copy[i].map, s->copy[i].size);
        if (s->copy[i].fd >= 0)
            close(s->copy[i].fd);
    }
    for (int i = 0; i < FILES; i++)
        if (s->file[i] >= 0)
            close(s->file[i]);
    free(s);
}
