#ifndef MEMSCOPE_DAEMON_FORENSICS_TAGS_PRIVATE_H
#define MEMSCOPE_DAEMON_FORENSICS_TAGS_PRIVATE_H

// Shared by tags.c and tags_state.c, and by nobody else.

#include "common/arena.h"
#include "common/procmap.h"
#include "daemon/forensics/tags.h"

// Parents that do not reap at one time; more are not counted.
#define PARENTS_MAX 64

typedef struct {
    uint64_t pid, start_time;
    zombie_parent_t state;
    uint32_t count, fresh; // in this tick
} parent_t;

typedef struct {
    leak_state_t leak;
    spike_state_t spike;
    zombie_state_t zombie;
    bool fresh;       // tagged as a zombie in this tick
    bool measured;    // its memory has been known at least once
    uint64_t born_ms; // when it was first seen
    uint64_t age_ms;  // of the process then
    uint64_t told;    // tags that `changed` was called with
    uint64_t pid;     // 0: nobody
} state_t;

struct tags {
    arena_t arena;
    state_t *states;
    size_t max_slots;
    spike_config_t spike_config;
    tags_counts_t counts;
    parent_t parents[PARENTS_MAX];
    size_t n_parents;
    uint64_t lost_parent, searches; // of this tick
    void (*changed)(void *user, uint32_t slot, uint64_t tag, tag_news_t change);
    void *user;
    bool news;            // for `changed`
    struct saved *loaded; // until tags_forget
    procmap_t by_process; // of it
};

#endif
