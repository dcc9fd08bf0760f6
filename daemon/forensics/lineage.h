#ifndef MEMSCOPE_DAEMON_FORENSICS_LINEAGE_H
#define MEMSCOPE_DAEMON_FORENSICS_LINEAGE_H

// A service that leaks, is restarted and leaks again is one story, not a row of innocents: the same
// name in the same service, or else the same name with the same parent. A bounded table without
// pointers; the story that has not gone on for longest makes room. Times are CLOCK_BOOTTIME in ms.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINEAGE_STORIES 128
#define LINEAGE_TEXT    128

typedef struct {
    const char *name;
    size_t name_len;
    const char *unit;
    size_t unit_len;
    uint64_t pid, start_time;
    uint64_t ppid, parent_start_time;
} lineage_process_t;

typedef struct {
    bool by_unit;
    char name[LINEAGE_TEXT], unit[LINEAGE_TEXT];
    size_t name_len, unit_len;
    uint64_t ppid, parent_start_time;
    uint64_t pid, start_time; // the last one to leak
    uint64_t first_ms, last_ms;
    uint64_t times;   // processes that leaked
    uint64_t before;  // KiB that those before the last one grew by
    uint64_t grew_kb; // the last one
} story_t;

typedef struct {
    story_t stories[LINEAGE_STORIES];
    size_t count;
} lineage_t;

// The story that the process would go on with, if it is not its last one already; NULL: none.
const story_t *lineage_find(const lineage_t *l, const lineage_process_t *p);

// The process leaks and has grown by that much so far: begins a story, or goes on with one.
const story_t *lineage_leaks(
        lineage_t *l, const lineage_process_t *p, uint64_t now_ms, uint64_t growth_kb);

#endif
