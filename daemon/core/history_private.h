#ifndef MEMSCOPE_DAEMON_CORE_HISTORY_PRIVATE_H
#define MEMSCOPE_DAEMON_CORE_HISTORY_PRIVATE_H

// Shared by the parts of history.c, and by nobody else.

#include "common/arena.h"
#include "common/procmap.h"
#include "daemon/core/history.h"

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
    bool used;
    level_t level[HISTORY_LEVELS];
    uint32_t bucket[HISTORY_LEVELS]; // index of the bucket under way, levels 1 and up
    history_value_t sum[HISTORY_LEVELS];
    bool has_bucket[HISTORY_LEVELS];
} series_t;

struct history {
    arena_t series_arena, chunk_arena;
    series_t *series;
    chunk_t *chunks;
    uint32_t n_series, n_chunks;
    uint32_t free_series, free_chunk; // lists through `older` and `next`
    uint32_t oldest_dead, newest_dead;
    size_t chunks_used, series_used;
    procmap_t by_process;
};

#endif
