#ifndef MEMSCOPE_PROTOCOL_SNAPSHOT_H
#define MEMSCOPE_PROTOCOL_SNAPSHOT_H

// One moment of a host: the system's numbers and every process, addressed by a small slot that is
// stable while the process lives. The daemon's sample, the replica in a client and the codec
// between them share these shapes; a replica numbers its slots itself (see replica.h).
//
// A value counts only where its bit in `known` is set; an unknown value is 0 in memory and is never
// shown as a number. Strings are ids of `strings` (common/intern.h).

#include "common/intern.h"
#include "protocol/schema.h"
#include "protocol/sent_strings.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SNAPSHOT_MEMBER_(number, name, kind, unit, since, audience, doc) uint64_t name;

typedef struct {
    uint64_t known; // bit PROCESS_FIELD_x: the value of x is known
    union {
        struct {
            PROCESS_FIELDS(SNAPSHOT_MEMBER_)
        };
        uint64_t values[PROCESS_FIELD_COUNT];
    };
} process_snapshot_t;

typedef struct {
    uint64_t known;
    union {
        struct {
            SYSTEM_FIELDS(SNAPSHOT_MEMBER_)
        };
        uint64_t values[SYSTEM_FIELD_COUNT];
    };
} system_snapshot_t;

#undef SNAPSHOT_MEMBER_

typedef struct {
    system_snapshot_t system;
    // By slot. known == 0: nobody lives in this slot; otherwise pid and start_time are known.
    process_snapshot_t *processes;
    size_t n_slots;
    const intern_t *strings;
} snapshot_t;

#define PROCESS_KNOWN(p, field) (((p)->known >> PROCESS_FIELD_##field & 1) != 0)
#define SYSTEM_KNOWN(s, field)  (((s)->known >> SYSTEM_FIELD_##field & 1) != 0)

#define PROCESS_SET(p, field, value) \
    ((p)->field = (value), (p)->known |= UINT64_C(1) << PROCESS_FIELD_##field)
#define PROCESS_UNSET(p, field) \
    ((p)->field = 0, (p)->known &= ~(UINT64_C(1) << PROCESS_FIELD_##field))
#define SYSTEM_SET(s, field, value) \
    ((s)->field = (value), (s)->known |= UINT64_C(1) << SYSTEM_FIELD_##field)

// Whether real_ms counts from 1970. A trace may have a beginning of its own: later times than this,
// a day in 2001, count from 1970.
#define SNAPSHOT_CALENDAR_MS UINT64_C(1000000000000)
static inline bool snapshot_has_calendar(const system_snapshot_t *s)
{
    return !(s->system_flags & SYSTEM_REPLAY) || s->real_ms >= SNAPSHOT_CALENDAR_MS;
}

// RSS in KiB; unknown (false) where the anonymous part is. Shared memory is counted in full.
static inline bool snapshot_rss_kb(const process_snapshot_t *p, uint64_t *ret_kb)
{
    if (!PROCESS_KNOWN(p, anon_kb) || !PROCESS_KNOWN(p, file_kb))
        return false;
    *ret_kb = p->anon_kb + p->file_kb + p->shmem_kb;
    return true;
}

// What the process alone can give back: anonymous + swap, KiB. Unknown (false) where the anonymous
// part is; swap that is unknown counts as none.
static inline bool snapshot_private_kb(const process_snapshot_t *p, uint64_t *ret_kb)
{
    if (!PROCESS_KNOWN(p, anon_kb))
        return false;
    *ret_kb = p->anon_kb + p->swap_kb;
    return true;
}

// Dead and not reaped. A process whose first thread has ended while others go on is in state Z too.
static inline bool snapshot_is_zombie(const process_snapshot_t *p)
{
    return p->state == 'Z' && p->threads <= 1;
}

// PSS for now: as read if RSS has not changed since, otherwise with what anonymous memory grew by
// and the last ratio applied to the rest of the present RSS, and then *ret_estimated. *ret_age_ms
// is the age of the reading behind it.
bool snapshot_pss_kb(const process_snapshot_t *p, uint64_t now_ms, uint64_t *ret_kb,
        bool *ret_estimated, uint64_t *ret_age_ms);

// ---- Codec -------------------------------------------------------------------------------------

// What one audience may receive. `allow_private(slot)` and `allow_public(slot)` are bitmaps by
// slot, 64 slots a word; NULL allows all. A process with no allowed public part does not exist for
// that audience.
typedef struct {
    const uint64_t *allow_public;
    const uint64_t *allow_private;
} snapshot_filter_t;

struct buffer; // protocol/cursor.h

// What encoding remembers within a frame; zeroed before first use, kept between ticks so that a
// steady tick allocates nothing.
typedef struct {
    sent_strings_t sent;
} snapshot_encoder_t;

void snapshot_encoder_done(snapshot_encoder_t *e);

// Appends the body of a TICK that takes a replica from `prev` to `curr` (prev == NULL: a keyframe)
// under what the audience could see at each of both moments: a process that comes into view is
// sent as born, one that leaves it as dead, private fields likewise. A filter may be NULL: all.
// system.tick is known and greater than that of `prev`; both share `strings`.
// 0; -EINVAL: tick numbers; -ENOMEM / -E2BIG: the buffer's content is undefined beyond its former
// length.
int snapshot_encode(snapshot_encoder_t *e, struct buffer *out, const snapshot_t *prev,
        const snapshot_filter_t *prev_filter, const snapshot_t *curr,
        const snapshot_filter_t *curr_filter);

// The same in two parts, for audiences that differ in private fields only: encode the public part
// once (the filters' allow_private is not looked at), a private part per audience (may be empty),
// and send [header][public][private] as one frame (see frame_header).
int snapshot_encode_public(snapshot_encoder_t *e, struct buffer *out, const snapshot_t *prev,
        const snapshot_filter_t *prev_filter, const snapshot_t *curr,
        const snapshot_filter_t *curr_filter);
int snapshot_encode_private(snapshot_encoder_t *e, struct buffer *out, const snapshot_t *prev,
        const snapshot_filter_t *prev_filter, const snapshot_t *curr,
        const snapshot_filter_t *curr_filter);

#endif
