#ifndef MEMSCOPE_TESTS_SUPPORT_JUDGED_H
#define MEMSCOPE_TESTS_SUPPORT_JUDGED_H

// A made-up host (proctree) and the engine that judges it, a second of fake_clock at a time.

#include "daemon/engine/engine.h"
#include "tests/support/proctree.h"

#define MB_KB    1024
#define MB_PAGES 256 // of 4 KiB
#define HOST_MB  16384

typedef struct {
    proctree_t tree;
    engine_t *engine;
    uint64_t seen; // number of the last event that was looked at
    unsigned kills;
} judged_t;

// An empty host.
void judged_init(judged_t *j);
void judged_done(judged_t *j);
// The same for cmocka: the state is a judged_t.
int judged_setup(void **state);
int judged_teardown(void **state);

void judged_tick(judged_t *j);

// The next event that was not looked at yet, NULL: none.
const event_t *judged_next(judged_t *j);

// The kernel's OOM killer, when it has killed so many more. What becomes of them is the caller's.
void judged_kill(judged_t *j, unsigned n);
// The next event of a kill, which may take a few ticks; NULL: there is none.
const event_t *judged_next_kill(judged_t *j);

// With what a restart keeps, and nothing else, a moment later.
void judged_restart(judged_t *j);

#endif
