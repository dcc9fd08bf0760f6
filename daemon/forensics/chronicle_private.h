#ifndef MEMSCOPE_DAEMON_FORENSICS_CHRONICLE_PRIVATE_H
#define MEMSCOPE_DAEMON_FORENSICS_CHRONICLE_PRIVATE_H

// Shared by chronicle.c, what happens to processes, and chronicle_story.c, what that goes on with.

#include "daemon/forensics/chronicle.h"

#define GROWING_MAX 16 // of those that ended of late

// Who was growing until it ended, or gave back what it had as it does on its way out, if it was
// only suspected or not.
typedef struct {
    uint64_t pid, start_time, time_ms;
    uint64_t since_ms, growth_kb;
} growing_t;

struct chronicle {
    capture_t *capture;
    tags_t *tags;
    const procfs_t *fs;
    events_t *events;
    lineage_t lineage;
    bool loaded;      // lineage, since the last tick
    unsigned zombies; // of this tick
    growing_t growing[GROWING_MAX];
    size_t next_growing;
};

// The story so far, told with an event of LEAK; a process that is only suspected does not go on
// with it, unless it grows until it is killed for want of memory.
void chronicle_tell_story(chronicle_t *c, event_t *e, const process_snapshot_t *p);
// It leaks no longer, by what it has: it may be on its way out.
void chronicle_keep_growing(
        chronicle_t *c, uint32_t slot, const process_snapshot_t *p, uint64_t now_ms);
// It has ended.
void chronicle_finish_story(chronicle_t *c, uint32_t slot, const exit_record_t *record);

#endif
