#ifndef MEMSCOPE_DAEMON_BUS_BUS_H
#define MEMSCOPE_DAEMON_BUS_BUS_H

// org.memscope1 on the system bus: properties of the daemon, what is tagged, single processes, who
// took memory, and signals when tags change or the kernel kills. Who asks is told what the socket
// would tell them. Nothing waits for the bus: no bus, or one that restarts, and the daemon goes on
// and tries again.

#include "daemon/engine/engine.h"
#include "daemon/engine/status.h"
#include "daemon/publish/audience.h"
#include <systemd/sd-event.h>

typedef struct {
    engine_t *engine;
    const status_t *status;
    const char *group;
    const char *proc_root;
    unsigned (*subscribers)(void *user);
    void *user;
} bus_config_t;

typedef struct bus bus_t;

// 0 or -errno; the texts of `config` stay valid.
int bus_new(bus_t **ret, sd_event *loop, const bus_config_t *config);
void bus_free(bus_t *b);

// After each capture: connects where it is not, and tells what changed.
void bus_tick(bus_t *b);
// Something happened in the last capture.
void bus_event(bus_t *b, const event_t *e);

#endif
