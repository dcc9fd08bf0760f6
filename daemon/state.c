#include "daemon/state.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/log.h"
#include "protocol/cursor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#define MAGIC     UINT64_C(0x315441545350534d) // "MSPSTAT1"
#define FILE_NAME "state"
#define FILE_NEW  "state.new"
#define SECTIONS  3
#define SOURCES   (STATE_MEMFDS + 1)

const char *const state_memfd_names[STATE_MEMFDS] = {"memscope-state-0", "memscope-state-1"};

typedef struct {
    uint64_t layout; // of what the section holds
    uint64_t offset, len, sum;
} section_t;

typedef struct {
    uint64_t magic, saved_us; // CLOCK_BOOTTIME
    char boot[40];
    section_t section[SECTIONS];
    uint64_t sum; // of all before
} header_t;

// A source that can be read, as it is mapped.
typedef struct {
    const header_t *header; // NULL: none
    size_t len;
} source_t;

struct state {
    int memfd[STATE_MEMFDS];
    int directory, file;
    unsigned next;
    uint64_t saved_us; // CLOCK_MONOTONIC
    buffer_t buffer;
    char boot[40];
    bool said_failed;
};

static const struct {
    const char *name;
    uint64_t (*layout)(void);
    void (*save)(engine_t *e, buffer_t *out);
    int (*load)(engine_t *e, const void *data, size_t len);
} sections[SECTIONS] = {
        {"history", engine_history_layout, engine_save_history, engine_load_history},
        {"tags", engine_tags_layout, engine_save_tags, engine_load_tags},
        {"events", engine_events_layout, engine_save_events, engine_load_events},
};

static uint64_t sum_of(const void *data, size_t len)
{
    const unsigned char *at = data;
    uint64_t sum = UINT64_C(0x9e3779b97f4a7c15) ^ len, word;

    for (; len > 0; len -= MIN(len, sizeof(word)), at += sizeof(word)) {
        word = 0;
        memcpy(&word, at, MIN(len, sizeof(word)));
        sum = (sum ^ word) * UINT64_C(0xff51afd7ed558ccd);
        sum ^= sum >> 32;
    }
    return sum;
}

// ---- Saving ------------------------------------------------------------------------------------

static int build(state_t *s, engine_t *e)
{
    header_t h = {.magic = MAGIC, .saved_us = clock_boottime_us()};

    memcpy(h.boot, s->boot, sizeof(h.boot));
    buffer_reset(&s->buffer);
    buffer_put(&s->buffer, &h, sizeof(h));
    for (int i = 0; i < SECTIONS; i++) {
        static const char zeros[8];

        buffer_put(&s->buffer, zeros, (8 - s->buffer.len % 8) % 8);
        h.section[i].layout = sections[i].layout();
        h.section[i].offset = s->buffer.len;
        sections[i].save(e, &s->buffer);
        if (s->buffer.failed)
            return s->buffer.error;
        h.section[i].len = s->buffer.len - h.section[i].offset;
        h.section[i].sum = sum_of(s->buffer.data + h.section[i].offset, h.section[i].len);
    }
    h.sum = sum_of(&h, offsetof(header_t, sum));
    memcpy(s->buffer.data, &h, sizeof(h));
    return 0;
}

static int write_at(int fd, const unsigned char *data, size_t from, size_t to)
{
    while (from < to) {
        ssize_t n = pwrite(fd, data + from, to - from, (off_t) from);

        if (n < 0 && errno != EINTR)
            return -errno;
        from += n > 0 ? (size_t) n : 0;
    }
    return 0;
}

// The header comes last, so that what was not written to the end is no state.
static int write_out(const state_t *s, int fd)
{
    static const header_t none;
    int r = write_at(fd, (const unsigned char *) &none, 0, sizeof(none));

    if (r == 0 && ftruncate(fd, (off_t) s->buffer.len) < 0)
        r = -errno;
    if (r == 0)
        r = write_at(fd, s->buffer.data, sizeof(header_t), s->buffer.len);
    if (r == 0)
        r = write_at(fd, s->buffer.data, 0, sizeof(header_t));
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
    uint64_t now = clock_monotonic_us();
    int fd = s->memfd[s->next], r;

    if (fd < 0 || now - s->saved_us < STATE_INTERVAL_S * USEC_PER_SEC)
        return;
    s->saved_us = now;
    r = build(s, e);
    if (r == 0)
        r = write_out(s, fd);
    if (r < 0)
        say_failed(s, r);
    s->next = (s->next + 1) % STATE_MEMFDS;
}

void state_store(state_t *s, engine_t *e)
{
    int r;

    if (s->memfd[s->next] < 0 && s->file < 0)
        return;
    r = build(s, e);
    if (r == 0 && s->memfd[s->next] >= 0)
        r = write_out(s, s->memfd[s->next]);
    if (r < 0)
        say_failed(s, r);
    if (r < 0 || s->file < 0)
        return;
    r = write_out(s, s->file);
    if (r == 0 &&
            (fsync(s->file) < 0 || renameat(s->directory, FILE_NEW, s->directory, FILE_NAME) < 0))
        r = -errno;
    if (r < 0) {
        log_warning("cannot write the state to its directory: %s", strerror(-r));
        unlinkat(s->directory, FILE_NEW, 0);
    }
}

// ---- Loading -----------------------------------------------------------------------------------

static source_t map_source(const state_t *s, int fd)
{
    struct stat st;
    header_t *h;

    if (fd < 0 || fstat(fd, &st) < 0 || st.st_size < (off_t) sizeof(header_t) ||
            (size_t) st.st_size > STATE_MAX)
        return (source_t){0};
    h = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (h == MAP_FAILED)
        return (source_t){0};
    if (h->magic == MAGIC && h->sum == sum_of(h, offsetof(header_t, sum))) {
        // Times and identities are those of one boot.
        if (memcmp(h->boot, s->boot, sizeof(h->boot)) == 0 && h->saved_us <= clock_boottime_us())
            return (source_t){h, (size_t) st.st_size};
        log_info("the state that was kept is of another boot: it begins anew");
    } else if (h->magic != 0) {
        log_warning("a state that was kept is damaged: refused");
    }
    munmap(h, (size_t) st.st_size);
    return (source_t){0};
}

static const char *check_section(const source_t *from, int i)
{
    const section_t *x = &from->header->section[i];
    const unsigned char *base = (const unsigned char *) from->header;

    if (x->layout != sections[i].layout())
        return "of another version";
    if (x->offset % 8 != 0 || x->offset > from->len || x->len > from->len - x->offset ||
            sum_of(base + x->offset, x->len) != x->sum)
        return "damaged";
    return NULL;
}

// From the newest source that has it whole.
static bool load_section(engine_t *e, source_t from[SOURCES], int i)
{
    for (int k = 0; k < SOURCES && from[k].header; k++) {
        const section_t *x = &from[k].header->section[i];
        const char *wrong = check_section(&from[k], i);

        if (!wrong && sections[i].load(e, (const char *) from[k].header + x->offset, x->len) == 0)
            return true;
        log_warning("the %s of a state that was kept are %s: refused", sections[i].name,
                wrong ? wrong : "malformed");
    }
    return false;
}

static int compare_sources(const void *a, const void *b)
{
    const source_t *x = a, *y = b;
    uint64_t u = x->header ? x->header->saved_us : 0, v = y->header ? y->header->saved_us : 0;

    return (u < v) - (u > v);
}

void state_load(state_t *s, engine_t *e)
{
    _cleanup_close_ int file =
            s->directory < 0 ? -1 : openat(s->directory, FILE_NAME, O_RDONLY | O_CLOEXEC);
    source_t from[SOURCES] = {0};
    int loaded = 0;

    for (int i = 0; i < STATE_MEMFDS; i++)
        from[i] = map_source(s, s->memfd[i]);
    from[STATE_MEMFDS] = map_source(s, file);
    qsort(from, SOURCES, sizeof(from[0]), compare_sources);
    for (int i = 0; i < SECTIONS; i++)
        loaded += load_section(e, from, i);
    if (loaded > 0)
        log_info("carries on from %.1f s ago",
                (double) (clock_boottime_us() - from[0].header->saved_us) / USEC_PER_SEC);
    for (int i = 0; i < SOURCES; i++)
        if (from[i].header)
            munmap((void *) (uintptr_t) from[i].header, from[i].len);
}

// ---- Life --------------------------------------------------------------------------------------

static void open_memfd(state_t *s, int i)
{
    char text[64];

    if (s->memfd[i] >= 0 || !getenv("NOTIFY_SOCKET"))
        return;
    s->memfd[i] = memfd_create(state_memfd_names[i], MFD_CLOEXEC);
    if (s->memfd[i] < 0)
        return;
    snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s", state_memfd_names[i]);
    sd_pid_notify_with_fds(0, 0, text, &s->memfd[i], 1);
}

int state_new(state_t **ret, const int memfds[STATE_MEMFDS], const char *directory)
{
    state_t *s = calloc(1, sizeof(*s));

    if (!s)
        return -ENOMEM;
    s->buffer.max = STATE_MAX;
    s->directory = s->file = -1;
    s->saved_us = clock_monotonic_us();
    file_read_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", s->boot, sizeof(s->boot));
    for (int i = 0; i < STATE_MEMFDS; i++) {
        s->memfd[i] = memfds[i];
        open_memfd(s, i);
    }
    if (directory)
        s->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->directory >= 0)
        s->file = openat(s->directory, FILE_NEW, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (directory && s->file < 0)
        log_warning("cannot write to %s: %s: a stop costs the history", directory, strerror(errno));
    *ret = s;
    return 0;
}

void state_free(state_t *s)
{
    if (!s)
        return;
    for (int i = 0; i < STATE_MEMFDS; i++)
        if (s->memfd[i] >= 0)
            close(s->memfd[i]);
    if (s->file >= 0)
        close(s->file);
    if (s->directory >= 0)
        close(s->directory);
    buffer_done(&s->buffer);
    free(s);
}
