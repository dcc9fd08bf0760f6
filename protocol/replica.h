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

// Applies the body of a TICK message: any bytes at all. 0; -EBADMSG: malformed, or a diff that
// builds on another tick than the one held: ask for a keyframe, and until it is applied the
// replica says !replica_valid(); -ENOMEM. It never holds a half-applied tick as valid.
int replica_apply(replica_t *r, const void *body, size_t len);

// Forgets everything: the daemon at the other end is another one.
void replica_reset(replica_t *r);

// Whether a keyframe was applied since new/reset and every diff since then.
bool replica_valid(const replica_t *r);

// Valid until the next apply.
const snapshot_t *replica_snapshot(const replica_t *r);

// PROCMAP_NONE where no such process lives.
uint32_t replica_find(const replica_t *r, uint64_t pid, uint64_t start_time);

#endif
