#include "daemon/lookout.h"

#include <errno.h>
#include <sys/epoll.h>

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

void lookout_open(lookout_t *l, const procfs_t *fs)
{
    watch_init(&l->watch, fs->fd, fs->live);
}

int lookout_start(lookout_t *l, sd_event *loop, void (*wanted)(void *user), void *user)
{
    int r;

    if (l->watch.pressure_fd < 0)
        return 0;
    l->wanted = wanted;
    l->user = user;
    r = sd_event_add_io(loop, &l->pressure, l->watch.pressure_fd, EPOLLPRI, on_pressure, l);
    return r < 0 ? r : 0;
}

bool lookout_can_look(const lookout_t *l)
{
    return l->watch.fd >= 0;
}

void lookout_done(lookout_t *l)
{
    sd_event_source_disable_unref(l->pressure);
    watch_done(&l->watch);
    *l = LOOKOUT_NONE;
}
