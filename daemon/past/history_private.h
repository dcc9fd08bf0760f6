#ifndef MEMSCOPE_DAEMON_PAST_HISTORY_PRIVATE_H
#define MEMSCOPE_DAEMON_PAST_HISTORY_PRIVATE_H

// Shared by the parts of history.c, and by nobody else.

#include "common/arena.h"
#include "common/procmap.h"
#include "daemon/past/history.h"

#define CHUNK_DATA 76
#define NO_CHUNK   UINT32_MAX

// Finished runs, oldest first. The first run's values are absolute in `base`.
typedef struct {
    uint32_t next;
    uint32_t first; // index (time / step) of the first run's first point
    uint32_t points;
    uint8_t used;
    history_value_t base;
    unsigned char data[CHUNK_DATA];
} chunk_t;

typedef struct {
    uint32_t head, tail;
    uint32_t run_first, run_count; // the run under way; count 0: nothing yet
    history_value_t value;         // of the run under way
    history_value_t coded; // of the last finished run with a value: what the next differs from
} level_t;

typedef struct {
    uint64_t pid, start_time;
    uint64_t died_ms; // 0: lives
    uint64_t peak_kb; // of private memory
    history_shared_t shared;
    uint32_t older, newer; // among the dead
    uint8_t list;          // of the dead, that it is in or will be
    bool used;
    level_t level[HISTORY_LEVELS];
    uint32_t bucket[HISTORY_LEVELS]; // index of the bucket under way, levels 1 and up
    history_value_t sum[HISTORY_LEVELS];
    bool has_bucket[HISTORY_LEVELS];
} series_t;

// A list of the dead holds those of one user, and of those whose uids leave the same rest: so many
// lists are enough that one of them is hardly ever shared by two who have much.
#define DEAD_LISTS 64

typedef struct {
    uint32_t oldest, newest, count;
} dead_list_t;

struct history {
    arena_t series_arena, chunk_arena;
    series_t *series;
    chunk_t *chunks;
    uint32_t n_series, n_chunks;
    uint32_t free_series, free_chunk; // lists through `older` and `next`
    dead_list_t dead[DEAD_LISTS];
    size_t chunks_used, series_used;
    procmap_t by_process;
};

void history_dead_init(history_t *h);
void history_dead_add(history_t *h, uint32_t id); // the last one who died
void history_dead_remove(history_t *h, uint32_t id);
// Who is to make room: the oldest one of the longest list. HISTORY_NONE: nobody has died.
uint32_t history_dead_first(const history_t *h);
// One who died earlier than that; HISTORY_NONE: nobody.
uint32_t history_dead_before(const history_t *h, uint64_t time_ms);

#endif
