#ifndef MEMSCOPE_TESTS_WORLD_H
#define MEMSCOPE_TESTS_WORLD_H

// A made-up host whose processes are born, change and die at random: what a daemon's samples look
// like to the codec. The same seed makes the same history.

#include "protocol/snapshot.h"

typedef struct {
    uint64_t seed;
    size_t slots;     // processes live in slots below
    unsigned changes; // percent of the processes that change in a step
    unsigned deaths;  // percent that die; as many are born
    bool wild;        // any value in any field and any turnover, instead of what hosts do
    bool by_viewer;   // filters come and go
} world_options_t;

typedef struct {
    uint64_t *allow_public, *allow_private; // what `filter` points to, if to anything
    snapshot_t snapshot;
    snapshot_filter_t filter;
} world_moment_t;

typedef struct {
    world_options_t options;
    uint64_t random;
    uint64_t next_pid;
    size_t changed; // processes that the last step changed, other than births and deaths
    intern_t *strings;
    world_moment_t moments[2];
    world_moment_t *prev, *curr; // prev: NULL before the second step
} world_t;

// Aborts without memory.
void world_init(world_t *w, const world_options_t *options);
void world_done(world_t *w);
void world_step(world_t *w);
uint64_t world_random(world_t *w, uint64_t below);

// The fields of the process in a slot that the viewer sees; 0: there is none for him.
uint64_t world_visible(const world_moment_t *m, size_t slot);
bool world_sees_private(const world_moment_t *m, size_t slot);

#endif
