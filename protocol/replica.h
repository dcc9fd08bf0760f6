#ifndef MEMSCOPE_PROTOCOL_REPLICA_H
#define MEMSCOPE_PROTOCOL_REPLICA_H

// The client's copy of what the daemon publishes: applies keyframes and diffs and, after each, is
// equal to the daemon's own sample as far as this viewer may see it.

#include "protocol/snapshot.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct replica replica_t;

int replica_new(replica_t **ret);
void replica_free(replica_t *r);

// Applies the body of a TICK message: any bytes at all. 0; -EBADMSG: malformed; -ESTALE: a diff
// that builds on another tick than the one held, ask for a keyframe; -ENOMEM. After a failure the
// replica says !replica_valid() until a keyframe is applied; it holds the last whole tick, or
// nothing where memory ran out: never half of one.
int replica_apply(replica_t *r, const void *body, size_t len);

// What is held stays readable but is no longer valid: only a keyframe is applied next.
void replica_invalidate(replica_t *r);

// Forgets everything: the daemon at the other end is another one.
void replica_reset(replica_t *r);

// Whether a keyframe was applied since new/reset and every diff since then.
bool replica_valid(const replica_t *r);

// Valid until the next apply. Slots are the replica's own, dense and stable while the process
// lives, until the next keyframe; they are not the daemon's.
const snapshot_t *replica_snapshot(const replica_t *r);

// The slot of a process, PROCMAP_NONE where no such process lives.
uint32_t replica_find(const replica_t *r, uint64_t pid, uint64_t start_time);

#endif
