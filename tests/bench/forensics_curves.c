#include "tests/bench/forensics_curves.h"

#include <math.h>

void curve_begin(rng_t *r, series_t *s, double base_kb)
{
    s->len = (unsigned) rng_uniform(r, 1200, 3600);
    s->onset = s->end = 0;
    s->cls = SERIES_ANY;
    s->spike_count = 0;
    s->mem_total_kb = pow(2, floor(rng_uniform(r, 22, 29)));
    s->age_ms = rng_chance(r, 0.2) ? UINT64_MAX : (uint64_t) rng_log(r, 1e6, 1e9);
    if (rng_chance(r, 0.25))
        s->age_ms = (uint64_t) rng_uniform(r, 0, 1000);
    for (unsigned t = 0; t < s->len; t++)
        s->kb[t] = base_kb;
}

double curve_any_base(rng_t *r)
{
    return rng_log(r, 10 * MB, 16 * GB);
}

void curve_finish_with(rng_t *r, series_t *s, double noise)
{
    double tau = rng_log(r, 0.5, 40), keep = exp(-1 / tau), x = 0, load = 0;
    double chunk = rng_chance(r, 0.3) ? 4 * pow(2, floor(rng_uniform(r, 0, 9))) : 4;
    double burst = rng_chance(r, 0.3) ? noise * rng_log(r, 1, 8) : 0, every = rng_log(r, 10, 300);
    double decay = exp(-1 / rng_log(r, 1, 30));

    for (unsigned t = 0; t < s->len; t++) {
        x = keep * x + sqrt(1 - keep * keep) * rng_normal(r);
        load *= decay;
        if (rng_chance(r, 1 / every))
            load += rng_exponential(r, burst);
        s->kb[t] *= 1 + noise * x * 0.5;
        s->kb[t] += s->kb[t] * load + fabs(rng_normal(r)) * 8;
        s->kb[t] = floor(fmax(s->kb[t], 500) / chunk) * chunk;
    }
    series_sample(r, s);
}

void curve_finish(rng_t *r, series_t *s)
{
    curve_finish_with(r, s, rng_chance(r, 0.2) ? 0 : rng_log(r, 1e-4, 6e-3));
}

void curve_job(series_t *s, double at, double rise, double hold, double height_kb)
{
    for (unsigned t = (unsigned) at; t < s->len && t < at + rise + hold; t++)
        s->kb[t] += height_kb * fmin(1, (t - at) / rise);
}

void curve_sawtooth(rng_t *r, series_t *s, curve_tooth_t tooth)
{
    double length = tooth.period;

    for (unsigned t = 0; t < s->len; t++) {
        if ((tooth.phase += 1) >= length) {
            tooth.phase -= length;
            length = tooth.period * (1 + tooth.vary * rng_uniform(r, -1, 1));
        }
        s->kb[t] += tooth.height_kb * tooth.phase / tooth.period;
    }
}
