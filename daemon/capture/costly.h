#ifndef MEMSCOPE_DAEMON_CAPTURE_COSTLY_H
#define MEMSCOPE_DAEMON_CAPTURE_COSTLY_H

// Breakdowns that cost much to read. Reading one holds the process's mmap lock in passing and takes
// time in proportion to its size: what somebody inspects is read each second as long as that is at
// most one part in COSTLY_SHARE of the time; of a larger one the last breakdown is handed out
// again, with its age, until as many times its cost have passed.

#include "daemon/capture/reader.h"

#define COSTLY_SHARE 10
#define COSTLY_MAX   256 // the oldest gives way: then that one is read once more

typedef struct {
    uint64_t pid, start_time;
    uint64_t time_ms, smaps_us, cpu_us;
    smaps_breakdown_t smaps;
    owner_t owner;
} costly_t;

typedef struct {
    costly_t readings[COSTLY_MAX]; // pid 0: none
    unsigned next;
} costly_list_t;

// Whether the breakdown of this process may be read at `now_ms`.
bool costly_is_due(const costly_list_t *l, uint64_t pid, uint64_t start_time, uint64_t now_ms);
// Keeps a reading that succeeded, where it cost enough.
void costly_keep(costly_list_t *l, const reader_result_t *result);
// Puts the kept reading, of whatever age, into the result of a request that did not read smaps;
// -ENODATA there where it is not kept any more, and nobody's where it was another one's then.
void costly_fill(const costly_list_t *l, reader_result_t *result);

#endif
