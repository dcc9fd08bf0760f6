#ifndef MEMSCOPE_TESTS_BENCH_FORENSICS_SCORE_H
#define MEMSCOPE_TESTS_BENCH_FORENSICS_SCORE_H

// How well the rules do on labelled series.

#include <stdio.h>

#include "tests/bench/forensics_series.h"

#define SCORE_DELAYS_MAX 32768
#define SCORE_PLATEAU_S  180 // a tag may stay that long after growth has ended

typedef struct {
    unsigned n;
    float s[SCORE_DELAYS_MAX];
} delays_t;

typedef struct {
    unsigned n, leaking; // processes
    unsigned tagged;     // with LEAK while leaking
    unsigned wrongly;    // with LEAK while healthy
    double healthy_s, healthy_set_s, healthy_suspected_s, leaking_s;
    double found_s, held_s;    // leaking since LEAK was first set; LEAK in that time
    unsigned reset;            // LEAK dropped while leaking, and set again
    unsigned ended, lingering; // leaks that ended; still LEAK when they should no longer be
    delays_t any_set, fast_suspected, fast_set, mild_set;
} leak_score_t;

// Runs the rule over one process. `trace`: where to tell of every transition, or NULL.
void score_leak(const series_t *s, leak_score_t *score, FILE *trace);
void score_add(leak_score_t *to, const leak_score_t *from);
double score_precision(const leak_score_t *s);
double score_recall(const leak_score_t *s);
double score_percent(double part, double whole);
double delays_median(delays_t *d); // -1: none; a leak that was not found has an infinite delay

typedef struct {
    unsigned n, hit, missed, wrong;
} spike_score_t;

void score_spikes(const series_t *s, spike_score_t *score);

#endif
