#ifndef MEMSCOPE_DAEMON_FORENSICS_LINEAGE_H
#define MEMSCOPE_DAEMON_FORENSICS_LINEAGE_H

// A program that leaks, is restarted and leaks again is one story, not a row of innocents: the same
// name in the same service; or with the same parent; or in the same cgroup, once the one before has
// ended. A bounded table without pointers; the story that has not gone on for longest makes room.
// Times are CLOCK_BOOTTIME in ms.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINEAGE_STORIES 128
#define LINEAGE_TEXT    128
#define LINEAGE_RUNS    8 // the last ones, which are known by their PIDs

typedef struct {
    const char *name;
    size_t name_len;
    const char *unit;
    size_t unit_len;
    uint64_t pid, start_time;
    uint64_t ppid, parent_start_time;
    uint64_t since_ms; // its growth; 0: not known
} lineage_process_t;

typedef struct {
    uint64_t pid, start_time; // pid 0: nobody
} lineage_run_t;

typedef struct {
    bool by_unit;
    char name[LINEAGE_TEXT], unit[LINEAGE_TEXT];
    size_t name_len, unit_len;
    uint64_t ppid, parent_start_time;
    lineage_run_t runs[LINEAGE_RUNS]; // the n-th one at n % LINEAGE_RUNS, beginning with 0
    uint64_t first_ms, last_ms;
    uint64_t times;   // processes that leaked
    bool ended;       // the last one of them
    bool in_a_row;    // each began when the one before had ended
    uint64_t before;  // KiB that those before the last one grew by
    uint64_t grew_kb; // the last one
} story_t;

typedef struct {
    story_t stories[LINEAGE_STORIES];
    size_t count;
} lineage_t;

// The story that the process is in, or would go on with; NULL: none.
const story_t *lineage_story(const lineage_t *l, const lineage_process_t *p);

// The same, if it is not in it already.
const story_t *lineage_find(const lineage_t *l, const lineage_process_t *p);

// The process leaks and has grown by that much so far: begins a story, or goes on with one.
const story_t *lineage_leaks(
        lineage_t *l, const lineage_process_t *p, uint64_t now_ms, uint64_t growth_kb);

// It has ended: where it is the last one of its story, another one may go on with that.
void lineage_ends(lineage_t *l, uint64_t pid, uint64_t start_time);

// Who leaked last.
const lineage_run_t *lineage_last(const story_t *s);

// Which one of the story the process is, 1 for the first; 0: it is none of the last ones.
uint64_t lineage_place(const story_t *s, uint64_t pid, uint64_t start_time);

// The same where each began when the one before had ended; 0: it is in no such story.
uint64_t lineage_run(const lineage_t *l, uint64_t pid, uint64_t start_time);

// For a restart, as in daemon/past/history.h. Who ended meanwhile is for the caller to find out.
struct buffer; // protocol/cursor.h
uint64_t lineage_layout(void);
void lineage_save(const lineage_t *l, struct buffer *out);
int lineage_load(lineage_t *l, const void *data, size_t len);

#endif
