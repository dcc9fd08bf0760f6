#ifndef MEMSCOPE_TESTS_WORLD_H
#define MEMSCOPE_TESTS_WORLD_H

// A made-up host whose processes are born, change and die at random: what a daemon's samples look
// like to the codec. The same seed makes the same history.

#include "protocol/snapshot.h"

#define WORLD_SLOTS_MAX 512

typedef struct {
    uint64_t seed;
    size_t slots;   // processes live in slots below
    bool wild;      // any value in any field; otherwise small steps as on a quiet host
    bool by_viewer; // filters come and go
} world_options_t;

typedef struct {
    process_snapshot_t processes[WORLD_SLOTS_MAX];
    uint64_t allow_public[WORLD_SLOTS_MAX / 64];
    uint64_t allow_private[WORLD_SLOTS_MAX / 64];
    snapshot_t snapshot;
    snapshot_filter_t filter;
} world_moment_t;

typedef struct {
    world_options_t options;
    uint64_t random;
    uint64_t next_pid;
    intern_t *strings;
    world_moment_t moments[2];
    world_moment_t *prev, *curr; // prev: NULL before the second step
} world_t;

void world_init(world_t *w, const world_options_t *options);
void world_done(world_t *w);
void world_step(world_t *w);
uint64_t world_random(world_t *w, uint64_t below);

#endif
