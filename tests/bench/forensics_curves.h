#ifndef MEMSCOPE_TESTS_BENCH_FORENSICS_CURVES_H
#define MEMSCOPE_TESTS_BENCH_FORENSICS_CURVES_H

// What the families of closed curves share: a process to begin with, and the noise over it.

#include "tests/bench/forensics_series.h"

#define MB 1024.0
#define GB (1024.0 * 1024.0)
#define PI 3.14159265358979

// 20 to 60 minutes at this level; sometimes of a young process.
void curve_begin(rng_t *r, series_t *s, double base_kb);
double curve_any_base(rng_t *r);

// Correlated noise, load that comes and goes, arenas, and sampling. `noise`: a share of the size.
void curve_finish_with(rng_t *r, series_t *s, double noise);
void curve_finish(rng_t *r, series_t *s);

// Adds memory that is taken over `rise` seconds, held, and given back at once.
void curve_job(series_t *s, double at, double rise, double hold, double height_kb);

typedef struct {
    double height_kb, period;
    double vary;  // how much teeth differ in length, a share of the period
    double phase; // seconds into the first one
} curve_tooth_t;

// Adds memory that is taken evenly and given back at once, again and again.
void curve_sawtooth(rng_t *r, series_t *s, curve_tooth_t tooth);

#endif
