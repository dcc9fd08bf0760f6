#ifndef MEMSCOPE_DAEMON_FORENSICS_TIMELINE_H
#define MEMSCOPE_DAEMON_FORENSICS_TIMELINE_H

// The ledger over time, in the steps and spans of history_levels: of each step what was last and
// what was when most memory was in use, so that what came and went within a step is not lost.
// Bounded, and nothing is allocated once it is there.

#include "daemon/past/history.h"
#include "protocol/ledger.h"

typedef struct timeline timeline_t;

int timeline_new(timeline_t **ret); // 0 or -errno
void timeline_free(timeline_t *t);

// After each capture; time does not go back. Finds out what is leaving.
void timeline_record(timeline_t *t, const ledger_t *l);

// Between two ticks: so that recording the next ledger is no page fault.
void timeline_prepare(timeline_t *t);

// The gap that is usual, but for what is leaving; false: nothing is known yet.
bool timeline_gap_kb(const timeline_t *t, int64_t *ret);

// Used memory that processes can be asked about.
int64_t timeline_held_kb(const ledger_t *l);

// A moment that something is known of. The series of processes in daemon/past/history.h have a
// value for it in step `index` of `level`: the last one, or the highest where `is_peak`.
typedef struct {
    const ledger_t *ledger; // valid until the next record
    unsigned level;
    uint32_t index;
    bool is_peak;
} moment_t;

#define TIMELINE_MOMENTS_MAX 4096 // no span has more

// The moments from `from_ms` on up to `to_ms`, oldest first, and before them the last one that is
// not later than `from_ms`, where there is one. Each part of the span is as finely resolved as it
// can be. Returns how many were put into `ret`, which has room for TIMELINE_MOMENTS_MAX.
size_t timeline_moments(const timeline_t *t, uint64_t from_ms, uint64_t to_ms, moment_t *ret);

// Of the times when nothing was captured (the daemon was not there, or the host slept) and that
// touch the span, the longest. The last TIMELINE_UNSEEN_MAX are known. False: there is none.
#define TIMELINE_UNSEEN_MS  UINT64_C(3000) // less is a late tick
#define TIMELINE_UNSEEN_MAX 64

typedef struct {
    uint64_t from_ms, to_ms; // the last capture before it, and the first one after it
} unseen_t;

bool timeline_unseen(const timeline_t *t, uint64_t from_ms, uint64_t to_ms, unseen_t *ret);

// Time of the oldest moment; 0: there is none.
uint64_t timeline_first_ms(const timeline_t *t);

// For a restart, as in daemon/past/history.h.
struct buffer; // protocol/cursor.h
uint64_t timeline_layout(void);
void timeline_save(const timeline_t *t, struct buffer *out);
int timeline_load(timeline_t *t, const void *data, size_t len);

#endif
