#include "daemon/lookout.h"
#include "common/clock.h"
#include "daemon/proc/procfs.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

// A timer of its own that repeats: one of the event loop's would be set anew for each look, which
// costs a good part of it.
static int on_look(sd_event_source *source, int fd, uint32_t events, void *user)
{
    lookout_t *l = user;
    uint64_t count;

    (void) source;
    (void) events;
    if (read(fd, &count, sizeof(count)) < 0)
        return 0; // not yet
    if (watch_look(&l->watch, l->mem_total_kb(l->user)))
        l->wanted(l->user);
    return 0;
}

static int on_pressure(sd_event_source *source, int fd, uint32_t events, void *user)
{
    lookout_t *l = user;

    (void) fd;
    // Gone before the descriptor is closed, so that the loop never waits for another of its number.
    if (events & EPOLLERR)
        sd_event_source_set_enabled(source, SD_EVENT_OFF);
    if (watch_pressure(&l->watch, events))
        l->wanted(l->user);
    return 0;
}

void lookout_open(lookout_t *l, const char *proc_root)
{
    procfs_t fs;

    if (procfs_init(&fs, proc_root) < 0)
        return; // the engine will say so
    watch_init(&l->watch, fs.fd, fs.live);
    procfs_done(&fs);
}

static int start_timer(lookout_t *l)
{
    const struct timespec each = {.tv_nsec = WATCH_INTERVAL_US * 1000};
    const struct itimerspec spec = {.it_interval = each, .it_value = each};

    l->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (l->timer_fd < 0 || timerfd_settime(l->timer_fd, 0, &spec, NULL) < 0)
        return -errno;
    return 0;
}

int lookout_start(lookout_t *l, sd_event *loop, uint64_t (*mem_total_kb)(void *user),
        void (*wanted)(void *user), void *user)
{
    int r;

    if (l->watch.fd < 0)
        return 0; // ticks are all there is then
    l->mem_total_kb = mem_total_kb;
    l->wanted = wanted;
    l->user = user;
    r = start_timer(l);
    if (r >= 0)
        r = sd_event_add_io(loop, &l->look, l->timer_fd, EPOLLIN, on_look, l);
    if (r >= 0 && l->watch.pressure_fd >= 0)
        r = sd_event_add_io(loop, &l->pressure, l->watch.pressure_fd, EPOLLPRI, on_pressure, l);
    return r < 0 ? r : 0;
}

void lookout_done(lookout_t *l)
{
    sd_event_source_disable_unref(l->look);
    sd_event_source_disable_unref(l->pressure);
    watch_done(&l->watch);
    if (l->timer_fd >= 0)
        close(l->timer_fd);
    *l = LOOKOUT_NONE;
}
