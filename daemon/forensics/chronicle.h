#ifndef MEMSCOPE_DAEMON_FORENSICS_CHRONICLE_H
#define MEMSCOPE_DAEMON_FORENSICS_CHRONICLE_H

// Turns what the rules and the capture notice into events with their receipts.

#include "daemon/capture/capture.h"
#include "daemon/forensics/events.h"
#include "daemon/forensics/lineage.h"
#include "daemon/forensics/tags.h"

typedef struct chronicle chronicle_t;

// Has `tags` tell it what changes; nothing is known of what was before `now_ms`. All are borrowed.
// 0 or -errno.
int chronicle_new(
        chronicle_t **ret, capture_t *capture, tags_t *tags, const procfs_t *fs, uint64_t now_ms);
void chronicle_free(chronicle_t *c);

// A process has ended, and its tags have not been taken away yet. `peak_kb`: the most private
// memory that it was seen with.
void chronicle_exit(chronicle_t *c, uint32_t slot, const exit_record_t *record, uint64_t peak_kb);

// The process that the event is about was killed for want of memory, by now or a while ago: if it
// leaked until then, the event tells of those before it as well.
void chronicle_killed(chronicle_t *c, event_t *e);

// Of a living process that leaks, or is suspected, and has grown by so much: "; 2nd run in a row of
// db.service that leaks: 1.2 GB lost in 3 min". "": nobody did before it.
#define CHRONICLE_STORY_MAX 256
void chronicle_story(const chronicle_t *c, const process_snapshot_t *p, uint64_t growth_kb,
        uint64_t now_ms, char *buf, size_t cap);

// After tags_run of each tick.
void chronicle_tick(chronicle_t *c);

events_t *chronicle_events(chronicle_t *c);
const lineage_t *chronicle_lineage(const chronicle_t *c);

// The stories of before a restart; who of them ended meanwhile is found out with the next tick.
int chronicle_load_lineage(chronicle_t *c, const void *data, size_t len);

#endif
