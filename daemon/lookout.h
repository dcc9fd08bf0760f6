#ifndef MEMSCOPE_DAEMON_LOOKOUT_H
#define MEMSCOPE_DAEMON_LOOKOUT_H

// The watch in the event loop: looks WATCH_INTERVAL_US apart, and what the kernel says of tasks
// that wait for memory.

#include "daemon/watch.h"
#include <systemd/sd-event.h>

typedef struct {
    watch_t watch;
    int timer_fd;
    sd_event_source *look, *pressure;
    uint64_t (*mem_total_kb)(void *user);
    void (*wanted)(void *user); // it is time for a capture
    void *user;
} lookout_t;

#define LOOKOUT_NONE                                           \
    (lookout_t)                                                \
    {                                                          \
        .watch = {.fd = -1, .pressure_fd = -1}, .timer_fd = -1 \
    }

// Opens what takes rights. Without it there are no looks.
void lookout_open(lookout_t *l, const char *proc_root);
// 0 or -errno; nothing where nothing could be opened.
int lookout_start(lookout_t *l, sd_event *loop, uint64_t (*mem_total_kb)(void *user),
        void (*wanted)(void *user), void *user);
void lookout_done(lookout_t *l);

#endif
