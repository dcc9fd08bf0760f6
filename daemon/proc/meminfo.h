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

// MemAvailable (MemFree before Linux 3.14) alone, as quickly as can be; -EBADMSG.
int meminfo_parse_available(const char *text, size_t len, uint64_t *ret_kb);

// The fourth field's total and the fifth of /proc/loadavg: the last process id handed out.
int loadavg_parse_last_pid(const char *text, size_t len, uint64_t *ret_pid);

#endif
