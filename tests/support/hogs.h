#ifndef MEMSCOPE_TESTS_SUPPORT_HOGS_H
#define MEMSCOPE_TESTS_SUPPORT_HOGS_H

// Processes that take memory in every way there is, one after the other, and what memscope why has
// to say about each.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    HOG_PLAIN,
    HOG_SHELL,   // the child of a shell that goes on
    HOG_WORKERS, // whose children take it
    HOG_TMPFS,   // a file in tmpfs
    HOG_COPY,    // it began as a copy of another one, and writes to what it was given
    HOG_COPIED,  // the other one writes
} hog_kind_t;

typedef struct {
    hog_kind_t kind;
    unsigned mb, take_ms, hold_ms;
    unsigned workers;
    bool alive; // asked about while it lives
} hog_plan_t;

typedef struct {
    bool first;         // it, or one of its workers, leads the table
    bool disturbed;     // much moved that is others', see witness.h
    bool adds_up;       // rows, others, hidden and unexplained add to the change
    bool named;         // the sentence names it first; in tmpfs: who wrote
    double found;       // its part, of what it took
    double unexplained; // of the change
    char sentence[1024];
} hog_finding_t;

typedef struct {
    const char *memscope, *socket;
    const char *tmpfs; // a directory; NULL: none is to be had, files are left out
    unsigned mb_min, mb_max, ms_min, ms_max;
} hog_range_t;

// Another plan for each number of a seed: evenly spread in size and time by their logarithms, a
// file in tmpfs for the fourth of each ten.
hog_plan_t hog_plan(const hog_range_t *range, uint64_t seed, unsigned number);
const char *hog_kind_name(hog_kind_t kind);

// Runs it, asks, and waits until it is over; witness_start() has been called. False: memscope did
// not answer as it should.
bool hog_run(const hog_range_t *range, const hog_plan_t *plan, hog_finding_t *ret);

#endif
