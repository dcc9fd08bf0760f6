#ifndef MEMSCOPE_DAEMON_LOOKOUT_H
#define MEMSCOPE_DAEMON_LOOKOUT_H

// The watch and the event loop: what the kernel says of tasks that wait for memory. The looks are
// the manager's, with each pulse.

#include "daemon/proc/procfs.h"
#include "daemon/watch.h"
#include <systemd/sd-event.h>

typedef struct {
    watch_t watch;
    sd_event_source *pressure;
    void (*wanted)(void *user); // it is time for a capture
    void *user;
} lookout_t;

#define LOOKOUT_NONE                            \
    (lookout_t)                                 \
    {                                           \
        .watch = {.fd = -1, .pressure_fd = -1 } \
    }

// Opens what takes rights.
void lookout_open(lookout_t *l, const procfs_t *fs);
// 0 or -errno; nothing where there is no trigger.
int lookout_start(lookout_t *l, sd_event *loop, void (*wanted)(void *user), void *user);
// Whether there is anything to watch_look() at.
bool lookout_can_look(const lookout_t *l);
void lookout_done(lookout_t *l);

#endif
