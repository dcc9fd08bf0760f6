#ifndef MEMSCOPE_DAEMON_CAPTURE_SAMPLE_H
#define MEMSCOPE_DAEMON_CAPTURE_SAMPLE_H

// One capture of the host in an arena. Two of them take turns: while one is being filled the other
// is what the world looked like a tick before.

#include "common/arena.h"
#include "protocol/snapshot.h"

typedef struct {
    arena_t arena;       // holds nothing but snapshot.processes
    snapshot_t snapshot; // slots are the same in both samples
} sample_t;

// `cap`: bytes at most. 0 or -errno.
int sample_init(sample_t *s, size_t cap, const intern_t *strings);
void sample_done(sample_t *s);

// Begins with all that `previous` had, which is then brought up to date in place. False when that
// does not fit.
bool sample_begin(sample_t *s, const sample_t *previous);

// Makes room for the slot; new ones are empty. NULL at the cap.
process_snapshot_t *sample_slot(sample_t *s, uint32_t slot);

#endif
