#ifndef MEMSCOPE_DAEMON_PUBLISH_AUDIENCE_H
#define MEMSCOPE_DAEMON_PUBLISH_AUDIENCE_H

// Who may see what, by the kernel's own rules, and each tick encoded once for all who see the same.
//
//   everybody                          public fields (with hidepid: where a user would see private)
//   root, members of group memscope    everything
//   a user                             private fields where the kernel would let that user
//                                      ptrace-read the process

#include "daemon/capture/capture.h"
#include "daemon/publish/packet.h"
#include "daemon/publish/peer.h"
#include "protocol/snapshot.h"
#include <stdbool.h>
#include <sys/types.h>

typedef struct audience audience_t;
typedef struct audiences audiences_t;

int audiences_new(audiences_t **ret, capture_t *capture);
void audiences_free(audiences_t *a);

// The audience of a peer, created when it is the first; release each.
audience_t *audience_acquire(audiences_t *a, const peer_t *peer);
void audience_release(audiences_t *a, audience_t *au);

// Whether there are any that do not see everything.
bool audiences_differ(const audiences_t *a);

// A capture was taken: forgets what was encoded and finds out anew who may see what.
int audiences_advance(audiences_t *a);

// One frame of TICK: header, a part that several audiences share, and one of this audience alone.
typedef struct {
    unsigned char header[5];
    packet_t *shared, *own; // each NULL or one reference
} tick_frame_t;

void tick_frame_done(tick_frame_t *f);

// From the capture before the last one to the last one, or (keyframe) to the last one from nothing.
// 0 or -errno.
int audience_encode(audiences_t *a, audience_t *au, bool keyframe, tick_frame_t *ret);

bool audience_sees(const audience_t *au, uint32_t slot);         // that the process exists
bool audience_sees_private(const audience_t *au, uint32_t slot); // and its private fields
// The same of one that has ended, whose owner was kept.
bool audience_sees_owner(const audience_t *au, owner_t owner, bool *ret_private);

#endif
