#ifndef MEMSCOPE_DAEMON_FORENSICS_RECEIPTS_H
#define MEMSCOPE_DAEMON_FORENSICS_RECEIPTS_H

// What events say about tags, for those of this host and those of a trace alike. Pure functions of
// the rules' states.

#include "daemon/forensics/events.h"
#include "daemon/forensics/tags.h"
#include "daemon/proc/procfs.h"

// "LEAK", "SPIKE", "ZOMBIE", "UNREAPED"; NULL for a bit that is told to nobody.
const char *receipts_tag_name(uint64_t tag);

// EVENT_SUSPECTED, _SET or _CLEARED.
unsigned receipts_event_kind(tag_news_t news);

// What may still be taken until a limit is reached: the host's, or that of a cgroup of which so
// much is left (UINT64_MAX: it has none).
uint64_t receipts_headroom_kb(const system_snapshot_t *host, uint64_t group_left_kb);
// The same for a process, whose cgroup is looked up.
uint64_t receipts_headroom_of(const procfs_t *fs, const system_snapshot_t *host, uint64_t pid);

// The receipt of a tag of a living process as one line; "" where there is none. `headroom_kb`: as
// leak_receipt. Returns `buf`, which has room for LEAK_TEXT_MAX.
char *receipts_text(const tags_t *tags, const snapshot_t *s, uint32_t slot, uint64_t tag,
        uint64_t headroom_kb, char *buf, size_t cap);

// For an event about the process in the slot, which says its kind, tag and time: the numbers and
// the text, on the rules' clock.
void receipts_fill(
        event_t *e, const tags_t *tags, const snapshot_t *s, uint32_t slot, uint64_t headroom_kb);

// A process that ends takes its tags with it: calls `cleared` for each.
void receipts_ended(uint64_t tags, void (*cleared)(void *user, uint64_t tag), void *user);
// As receipts_fill, for one of those, before tags_died: what the rules knew last. `now_ms`: on
// their clock.
void receipts_fill_ended(event_t *e, const tags_t *tags, uint32_t slot, uint64_t now_ms);

#endif
