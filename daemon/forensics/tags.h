#ifndef MEMSCOPE_DAEMON_FORENSICS_TAGS_H
#define MEMSCOPE_DAEMON_FORENSICS_TAGS_H

// The rules applied to every process of a capture: keeps each one's states by slot, sets the tags
// in its record, and tells what changed.

#include "daemon/forensics/leak.h"
#include "daemon/forensics/spike.h"
#include "daemon/forensics/zombie.h"
#include "protocol/snapshot.h"

// What is told as it changes; other tags are only in the records.
#define TAGS_TOLD (TAG_LEAK | TAG_LEAK_SUSPECTED | TAG_SPIKE | TAG_ZOMBIE | TAG_UNREAPED)

typedef struct tags tags_t;

// `max_slots`: no capture has more. 0 or -errno.
int tags_new(tags_t **ret, size_t max_slots);
void tags_free(tags_t *t);

typedef enum {
    TAG_SUSPECTED,
    TAG_WAS_SET,
    TAG_WAS_CLEARED,
    TAG_WAS_DROPPED, // was suspected only, and is no longer
} tag_news_t;

// Calls `changed` at the end of tags_run for each tag (TAG_LEAK, TAG_SPIKE, TAG_ZOMBIE,
// TAG_UNREAPED) that is another than in the run before, while the receipts say why. A process that
// dies takes its tags with it: nothing is called.
void tags_notify(tags_t *t,
        void (*changed)(void *user, uint32_t slot, uint64_t tag, tag_news_t change), void *user);

// A process was born in, or has gone from, the slot.
void tags_born(
        tags_t *t, uint32_t slot, const process_snapshot_t *p, uint64_t now_ms, uint64_t age_ms);
// So much of what it has it began with, as a copy of another process.
void tags_copied(tags_t *t, uint32_t slot, uint64_t kb);
void tags_died(tags_t *t, uint32_t slot);

// After each capture. O(processes), no allocation.
void tags_run(tags_t *t, snapshot_t *s);

typedef struct {
    size_t leaking, suspected, spiking, zombies;
} tags_counts_t;

const tags_counts_t *tags_counts(const tags_t *t);

// Receipts of the process in the slot.
void tags_leak_receipt(
        const tags_t *t, uint32_t slot, uint64_t now_ms, uint64_t headroom_kb, leak_receipt_t *ret);
bool tags_spike_receipt(const tags_t *t, uint32_t slot, spike_receipt_t *ret);
// Of a zombie or of a parent that does not reap; false for others.
bool tags_zombie_receipt(const tags_t *t, const snapshot_t *s, uint32_t slot, uint64_t now_ms,
        zombie_receipt_t *ret);

// For a restart, as in daemon/past/history.h. What was loaded waits for tags_restore, and is
// forgotten by tags_forget.
struct buffer; // protocol/cursor.h
uint64_t tags_layout(void);
void tags_save(const tags_t *t, const snapshot_t *s, struct buffer *out);
int tags_load(tags_t *t, const void *data, size_t len);
// After tags_born: gives the process its states back and what its record said. False: not known.
bool tags_restore(tags_t *t, uint32_t slot, process_snapshot_t *p);
void tags_forget(tags_t *t);

#endif
