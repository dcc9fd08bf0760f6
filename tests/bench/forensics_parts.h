#ifndef MEMSCOPE_TESTS_BENCH_FORENSICS_PARTS_H
#define MEMSCOPE_TESTS_BENCH_FORENSICS_PARTS_H

// What processes are put together from: each part adds to the series what one habit of a program
// takes. Sizes in KiB, times in seconds; `at` is when it begins.

#include "tests/bench/forensics_series.h"

#define MB 1024.0
#define GB (1024.0 * 1024.0)
#define PI 3.14159265358979

// Nothing yet; the length is drawn between these. Sometimes it is seen from its birth on.
void parts_begin(rng_t *r, series_t *s, double shortest, double longest);

// Relative load over time, 1 on average: levels that last, and a wobble.
void parts_load(rng_t *r, unsigned len, double ret_load[SERIES_MAX]);

// Both of them, and something that is always there.
void parts_begin_any(rng_t *r, series_t *s, double ret_load[SERIES_MAX]);

// What lives in a heap: it grows to that size as a young program warms up.
void parts_live(rng_t *r, const series_t *s, double size, double ret_live[SERIES_MAX]);

void part_constant(series_t *s, double size);
void part_saturates(series_t *s, double at, double size, double tau);
void part_logarithm(series_t *s, double at, double size, double tau);
void part_popular(series_t *s, double at, double size, double tau, double exponent);
void part_ramp(series_t *s, double at, double size, double rise, double hold);
void part_classes(rng_t *r, series_t *s, double at, double size, double tau);
void part_pool(rng_t *r, series_t *s, const double *load, double size);
void part_requests(rng_t *r, series_t *s, const double *load, double size);
void part_records(rng_t *r, series_t *s, const double *load, double size);
void part_expiry(rng_t *r, series_t *s, const double *load, double size, double ttl, bool full);
void part_teeth(rng_t *r, series_t *s, const double *load, double size, double period);
void part_jobs(rng_t *r, series_t *s, double size, double every);
void part_tabs(rng_t *r, series_t *s, double size);
void part_day(rng_t *r, series_t *s, double size, double swing);
void part_wander(rng_t *r, series_t *s, double size, double sd, double tau);

// A collected heap over what lives (which may grow): committed memory is resized by policy.
void part_heap(rng_t *r, series_t *s, const double *load, const double *live, double young);

// Allocator, pages, huge pages, reclaim, and how it was sampled.
void parts_finish(rng_t *r, series_t *s);

#endif
