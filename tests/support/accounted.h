#ifndef MEMSCOPE_TESTS_SUPPORT_ACCOUNTED_H
#define MEMSCOPE_TESTS_SUPPORT_ACCOUNTED_H

// A made-up host every kilobyte of which is known, and what it says of who took memory.

#include "tests/support/cmocka.h"
#include "tests/support/judged.h"

#define MB   MB_KB
#define HOGS 4

typedef struct {
    judged_t host;
    uint64_t began_ms;
    proctree_process_t hogs[HOGS];
    uint64_t hog_mb[HOGS];
    uint64_t shmem_mb, slab_mb, cache_mb, unknown_mb, tables_mb, stacks_mb;
    bool stale_peaks;    // the kernel says of nobody that it was ever large
    uint64_t leaving_mb; // of processes that have it no more
    uint64_t shared_mb;  // that two have, and the kernel once
} accounted_t;

// For cmocka: *state is an accounted_t.
int accounted_setup(void **state);
int accounted_teardown(void **state);

uint64_t accounted_now_ms(const accounted_t *f);
// One of the four, from the next tick on; what it has is hog_mb[i].
void accounted_start(accounted_t *f, unsigned i, uint32_t uid);
void accounted_end(accounted_t *f, unsigned i);
// A second each.
void accounted_tick(accounted_t *f, unsigned times);

// About the last seconds; the answer adds up.
why_answer_t accounted_ask(accounted_t *f, unsigned by, uint64_t ago_s);
int64_t accounted_change_of(const why_answer_t *a);
int64_t accounted_share_of(const why_row_t *r);
void accounted_adds_up(const why_answer_t *a);

#endif
