#include "tests/bench/forensics_series.h"

#include <math.h>

double rng_uniform(rng_t *r, double low, double high)
{
    return low + (high - low) * (double) (rng_next(r) >> 11) / 9007199254740992.0;
}

double rng_log(rng_t *r, double low, double high)
{
    return exp(rng_uniform(r, log(low), log(high)));
}

double rng_normal(rng_t *r)
{
    double u = rng_uniform(r, 1e-12, 1), v = rng_uniform(r, 0, 2 * 3.14159265358979);

    return sqrt(-2 * log(u)) * cos(v);
}

double rng_exponential(rng_t *r, double mean)
{
    return -mean * log(rng_uniform(r, 1e-12, 1));
}

bool rng_chance(rng_t *r, double p)
{
    return rng_uniform(r, 0, 1) < p;
}

void series_sample(rng_t *r, series_t *s)
{
    double jitter = rng_log(r, 1, 200), missing = rng_chance(r, 0.5) ? 0 : rng_log(r, 1e-4, 1e-2);
    double gaps = rng_chance(r, 0.7) ? 0 : 1.0 / 1200;
    uint64_t start = (uint64_t) rng_uniform(r, 1e5, 1e9);
    unsigned skip = 0;

    for (unsigned t = 0; t < s->len; t++) {
        if (s->kb[t] < 0)
            s->kb[t] = 0;
        if (skip == 0 && t > 0 && rng_chance(r, gaps))
            skip = (unsigned) rng_log(r, 3, 60);
        s->time_ms[t] = start + t * 1000 + (uint64_t) fmin(900, fabs(rng_normal(r)) * jitter);
        if (skip > 0 || (t > 0 && rng_chance(r, missing)))
            s->time_ms[t] = 0;
        if (skip > 0)
            skip--;
    }
}
