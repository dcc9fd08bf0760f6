#ifndef MEMSCOPE_DAEMON_CHANGES_H
#define MEMSCOPE_DAEMON_CHANGES_H

// Which tags were set and which were cleared by the last capture. A process that had its tags when
// it was first captured brought them from before a restart: that is no change.

#include "daemon/engine.h"

#define CHANGES_RECEIPT_MAX LEAK_TEXT_MAX

typedef struct {
    const process_snapshot_t *process; // of the capture before where it has ended
    uint32_t slot;
    const char *name;     // raw, NUL-terminated
    unsigned tag;         // one bit, TAG_*
    const char *tag_name; // "LEAK"
    bool set;
    const char *receipt; // one line; empty: there is none any more
} tag_change_t;

// Calls `changed` for each, O(slots).
void changes_find(engine_t *e, void (*changed)(void *user, const tag_change_t *change), void *user);

// "LEAK"; NULL for a bit that is not told to anybody.
const char *changes_tag_name(unsigned tag);

// The receipt of a tag of a living process as one line; "" where there is none. Returns `buf`.
char *changes_receipt(engine_t *e, uint32_t slot, unsigned tag, char *buf, size_t cap);

#endif
