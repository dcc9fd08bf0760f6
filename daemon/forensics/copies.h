#ifndef MEMSCOPE_DAEMON_FORENSICS_COPIES_H
#define MEMSCOPE_DAEMON_FORENSICS_COPIES_H

// What processes that began as copies of others (fork) took themselves. Memory that a copy shares
// with its original was taken once, by the original; each page that the one or the other writes to
// is one more from then on, and the copy's: it is free again when the copy ends. By how much they
// share less is told
//   - by what the two have at all, each second;
//   - by a reading of what nobody else has (uss), now and then;
//   - in between by what the kernel has and nobody accounts for, as far as page faults of the two
//     can have made it: an estimate.

#include "daemon/capture/capture.h"
#include "daemon/past/history.h"

typedef struct copies copies_t;

typedef struct {
    const capture_t *capture;
    history_t *history;
    const uint32_t *series; // of history, by slot
    size_t max_slots;
    uint64_t page_kb;
} copies_sources_t;

// All are borrowed. 0 or -errno.
int copies_new(copies_t **ret, const copies_sources_t *sources);
void copies_free(copies_t *c);

// The process has just begun. Returns what it was given by that; 0: it is no copy.
uint64_t copies_born(copies_t *c, uint32_t slot);

// After each capture: copies_begin, copies_own_kb of each process, copies_claim.
void copies_begin(copies_t *c);
// What of its private memory the process took itself.
uint64_t copies_own_kb(copies_t *c, uint32_t slot, uint64_t private_kb);
// `kb`: what the kernel has and nobody accounts for. Returns what of it is some copy's now.
uint64_t copies_claim(copies_t *c, uint64_t kb);

#endif
