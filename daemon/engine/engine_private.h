#ifndef MEMSCOPE_DAEMON_ENGINE_ENGINE_PRIVATE_H
#define MEMSCOPE_DAEMON_ENGINE_ENGINE_PRIVATE_H

// Shared by the parts of engine.c, and by nobody else.

#include "common/arena.h"
#include "daemon/engine/engine.h"
#include "daemon/forensics/copies.h"
#include "daemon/forensics/oom.h"

struct engine {
    procfs_t fs;
    capture_t *capture;
    tags_t *tags;
    chronicle_t *chronicle;
    history_t *history;
    departed_t *departed;
    timeline_t *timeline;
    writers_t *writers;
    copies_t *copies;
    why_t *why;
    oom_t *oom;
    inspections_t inspections;
    arena_t series_arena;
    uint32_t *series; // of history, by slot
    uint32_t system_series;
    size_t memory_max;
    uint64_t given_age_ms; // of whom engine_given() is about
    void (*reading)(void *user, const reader_result_t *result);
    void *user;
};

#endif
