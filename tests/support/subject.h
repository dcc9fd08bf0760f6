#ifndef MEMSCOPE_TESTS_SUPPORT_SUBJECT_H
#define MEMSCOPE_TESTS_SUPPORT_SUBJECT_H

// A process whose private memory is a function of its second, and what LEAK makes of it.

#include "daemon/forensics/leak.h"

#define MB            1024.0
#define SUBJECT_START UINT64_C(1000000) // in ms, of its first second
#define SUBJECT_ONSET 300               // when those that leak begin to, in seconds
#define MINUTE        60
#define OLD           UINT64_MAX
#define NEVER         UINT32_MAX

typedef struct {
    double (*kb)(unsigned t);
    unsigned seconds;
    double noise; // as a share of its memory
    uint64_t age_ms;
    uint64_t shift_ms;
    double scale;
    unsigned every;            // seconds from sample to sample; 0: one
    unsigned first;            // second of the first sample
    unsigned gap_from, gap_to; // not observed
} subject_t;

typedef struct {
    unsigned suspected_at, set_at, cleared_at; // first, and last
    unsigned sets;
    leak_state_t state;
    uint64_t now_ms;
} course_t;

course_t subject_run(subject_t subject);

// Of a process that is old, and hardly strays.
course_t subject_run_simple(double (*kb)(unsigned t), unsigned minutes);

// About normal; the same numbers after each seed. subject_run seeds it.
void subject_seed(uint32_t seed);
double subject_noise(void);

// Seconds since it began, 0 before.
double subject_since(unsigned t, unsigned onset);

double subject_fast(unsigned t);      // leaks 1 MB/s
double subject_collector(unsigned t); // leaks under a collector
double subject_cache_fills(unsigned t);
double subject_two_collectors(unsigned t);
double subject_batch(unsigned t); // every 15 minutes
double subject_few_steps(unsigned t);
double subject_flat(unsigned t);

#endif
