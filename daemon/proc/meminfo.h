#ifndef MEMSCOPE_DAEMON_PROC_MEMINFO_H
#define MEMSCOPE_DAEMON_PROC_MEMINFO_H

// The system's own numbers: /proc/meminfo, /proc/vmstat, /proc/pressure/memory. Each parser sets
// what it finds in `ret` and leaves the rest unknown, since kernels differ in what they have.

#include "protocol/snapshot.h"
#include <stddef.h>

// 0, or -EBADMSG without MemTotal.
int meminfo_parse(const char *text, size_t len, system_snapshot_t *ret);
// zsmalloc_kb is in pages: the file does not know how large they are.
int vmstat_parse(const char *text, size_t len, system_snapshot_t *ret);
int pressure_parse(const char *text, size_t len, system_snapshot_t *ret);

// Sets percpu_free_kb, in pages likewise, from /proc/zoneinfo. 0 or -EBADMSG.
int zoneinfo_parse(const char *text, size_t len, system_snapshot_t *ret);

typedef struct {
    uint64_t available_kb; // MemAvailable, or MemFree before Linux 3.14
    uint64_t taken_kb;     // anonymous and shared memory; 0: not said
} meminfo_levels_t;

// The first lines of meminfo will do, up to Shmem. 0 or -EBADMSG.
int meminfo_parse_levels(const char *text, size_t len, meminfo_levels_t *ret);

// The fourth field's total and the fifth of /proc/loadavg: the last process id handed out.
int loadavg_parse_last_pid(const char *text, size_t len, uint64_t *ret_pid);

#endif
