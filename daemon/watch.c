#include "daemon/watch.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

// Shmem is in the 23rd line of meminfo at most. sysinfo(2) would answer for a fifth of the price,
// but knows only what is free: of 512 MiB taken from where a processor keeps what was freed, it
// shows 16.
#define HEAD_SIZE 1024

#define SMALL_KB       (UINT64_C(32) * 1024)
#define SMALL_PART     1024
#define SMALL_REST     8     // such a part of it is worth another capture within the same fall
#define SMALL_LOOK_US  500   // of CPU time that a look earns: half a percent of a core
#define SMALL_MOST_US  10000 // that a capture costs of it, however many processes there are
#define SMALL_SAVED_US (8 * SMALL_MOST_US)

// Some task waited for memory for 50 ms within a second; two seconds are the least that users
// without privileges may ask about.
static int open_trigger(int proc_fd)
{
    static const char *const triggers[] = {"some 50000 1000000", "some 100000 2000000"};

    for (size_t i = 0; i < ARRAY_SIZE(triggers); i++) {
        int fd = openat(proc_fd, "pressure/memory", O_RDWR | O_NONBLOCK | O_CLOEXEC);

        if (fd < 0)
            return -1;
        if (write(fd, triggers[i], strlen(triggers[i]) + 1) > 0)
            return fd;
        close(fd);
    }
    return -1;
}

int watch_init(watch_t *w, int proc_fd, bool live)
{
    *w = (watch_t){.pressure_fd = -1,
            .lowest_kb = UINT64_MAX,
            .fd = openat(proc_fd, "meminfo", O_RDONLY | O_CLOEXEC)};
    if (w->fd < 0) {
        *w = WATCH_NONE;
        return -errno;
    }
    if (live)
        w->pressure_fd = open_trigger(proc_fd);
    return 0;
}

static int on_pressure(sd_event_source *source, int fd, uint32_t events, void *user)
{
    watch_t *w = user;

    (void) fd;
    if (!(events & EPOLLERR)) {
        w->wanted(w->user);
        return 0;
    }
    // It does not work. Gone from the loop before it is closed, so that the loop never waits for
    // another of its number.
    sd_event_source_set_enabled(source, SD_EVENT_OFF);
    close(take_fd(&w->pressure_fd));
    return 0;
}

int watch_start(watch_t *w, sd_event *loop, void (*wanted)(void *user), void *user)
{
    int r;

    if (w->pressure_fd < 0)
        return 0;
    w->wanted = wanted;
    w->user = user;
    r = sd_event_add_io(loop, &w->pressure, w->pressure_fd, EPOLLPRI, on_pressure, w);
    return r < 0 ? r : 0;
}

void watch_done(watch_t *w)
{
    sd_event_source_disable_unref(w->pressure);
    cleanup_close(&w->fd);
    cleanup_close(&w->pressure_fd);
    *w = WATCH_NONE;
}

bool watch_can_look(const watch_t *w)
{
    return w->fd >= 0;
}

static uint64_t above(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

// How far it fell, or what is taken rose, from any of the last looks.
static uint64_t recent_change(const watch_t *w, meminfo_levels_t now)
{
    uint64_t most = 0;

    for (unsigned i = 0; i < w->count; i++) {
        most = MAX(most, above(w->looks[i].available_kb, now.available_kb));
        most = MAX(most, above(now.taken_kb, w->looks[i].taken_kb));
    }
    return most;
}

// What no capture has seen yet.
static uint64_t unseen_change(watch_t *w, meminfo_levels_t now)
{
    w->highest_kb = MAX(w->highest_kb, now.available_kb);
    w->lowest_kb = MIN(w->lowest_kb, now.taken_kb);
    return MAX(w->highest_kb - now.available_kb, now.taken_kb - w->lowest_kb);
}

// For a small fall. False: such captures have cost more than `most_us` of late.
static bool spend(watch_t *w, uint64_t most_us)
{
    uint64_t cost_us = MIN(w->cost_us, (uint64_t) SMALL_MOST_US);

    if (w->spent_us + cost_us > most_us)
        return false;
    w->spent_us += cost_us;
    return true;
}

// Half of what is saved up is for falls that nobody has seen anything of.
static bool judge_small(watch_t *w, uint64_t unseen, uint64_t recent, uint64_t least)
{
    if (unseen >= least)
        return spend(w, SMALL_SAVED_US);
    return recent >= least && unseen >= least / SMALL_REST && spend(w, SMALL_SAVED_US / 2);
}

bool watch_judge(watch_t *w, meminfo_levels_t now, uint64_t mem_total_kb)
{
    uint64_t unseen = unseen_change(w, now), recent = recent_change(w, now);

    w->looks[w->next] = now;
    w->next = (w->next + 1) % WATCH_SPAN;
    w->count = MIN(w->count + 1, (unsigned) WATCH_SPAN);
    w->spent_us -= MIN(w->spent_us, (uint64_t) SMALL_LOOK_US);
    if (MAX(unseen, recent) >= mem_total_kb / 100)
        return unseen >= mem_total_kb / 1000;
    return judge_small(w, unseen, recent, MAX(mem_total_kb / SMALL_PART, SMALL_KB));
}

void watch_captured(watch_t *w, meminfo_levels_t levels, uint64_t cost_us)
{
    w->cost_us = cost_us;
    w->highest_kb = levels.available_kb;
    w->lowest_kb = levels.taken_kb;
}

bool watch_look(watch_t *w, uint64_t mem_total_kb)
{
    char head[HEAD_SIZE];
    meminfo_levels_t now;
    ssize_t n = pread(w->fd, head, sizeof(head), 0);

    if (n <= 0 || mem_total_kb == 0 || meminfo_parse_levels(head, (size_t) n, &now) < 0)
        return false;
    return watch_judge(w, now, mem_total_kb);
}
