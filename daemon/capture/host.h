#ifndef MEMSCOPE_DAEMON_CAPTURE_HOST_H
#define MEMSCOPE_DAEMON_CAPTURE_HOST_H

// The system's own numbers, from files of /proc that stay open. Internal to daemon/capture.

#include "daemon/proc/procfs.h"
#include "protocol/snapshot.h"

enum { HOST_MEMINFO, HOST_ZONEINFO, HOST_VMSTAT, HOST_PRESSURE, HOST_LOADAVG, HOST_FILES };

typedef struct {
    const procfs_t *fs; // borrowed
    int fd[HOST_FILES];
    system_snapshot_t constant;
    uint64_t stolen, swapped; // pages, ever
    uint64_t stolen_at;       // the tick that last saw some stolen
    bool zones_too_many;
} host_t;

// `strings` is for the host's name.
void host_init(host_t *h, const procfs_t *fs, intern_t *strings);
void host_done(host_t *h);

// All of it. `buf` is scratch; returns how often the memory of processes that did not run is to be
// looked at: every so many ticks.
unsigned host_read(host_t *h, uint64_t tick, char *buf, size_t cap, system_snapshot_t *ret);
// What meminfo says by now, and what processors keep where that moved; `ret`, the last of
// host_read, stays as it is otherwise.
void host_read_memory(host_t *h, char *buf, size_t cap, system_snapshot_t *ret);
// The number of the youngest process; false where there is no telling.
bool host_last_pid(const host_t *h, char *buf, size_t cap, uint64_t *ret);

#endif
