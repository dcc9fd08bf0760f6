#ifndef MEMSCOPE_DAEMON_FORENSICS_RECEIPTS_H
#define MEMSCOPE_DAEMON_FORENSICS_RECEIPTS_H

// What events say about tags, for those of this host and those of a trace alike. Pure functions of
// the rules' states.

#include "daemon/forensics/events.h"
#include "daemon/forensics/tags.h"

// "LEAK", "SPIKE", "ZOMBIE", "UNREAPED"; NULL for a bit that is told to nobody.
const char *receipts_tag_name(uint64_t tag);

// The receipt of a tag of a living process as one line; "" where there is none. `headroom_kb`: as
// leak_receipt. Returns `buf`, which has room for LEAK_TEXT_MAX.
char *receipts_text(const tags_t *tags, const snapshot_t *s, uint32_t slot, uint64_t tag,
        uint64_t headroom_kb, char *buf, size_t cap);

// For an event about the process in the slot, which says its kind, tag and time: the numbers and
// the text, on the rules' clock.
void receipts_fill(
        event_t *e, const tags_t *tags, const snapshot_t *s, uint32_t slot, uint64_t headroom_kb);

// A process that ends takes its tags with it: calls `cleared` for each, with the text to say.
void receipts_ended(
        uint64_t tags, void (*cleared)(void *user, uint64_t tag, const char *text), void *user);

#endif
