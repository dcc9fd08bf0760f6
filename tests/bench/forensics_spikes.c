#include "common/cleanup.h"
#include "tests/bench/forensics_series.h"

#include <math.h>

// Series with labelled spikes, and series that come near without one.

#define MB 1024.0
#define GB (1024.0 * 1024.0)

static double threshold(const series_t *s, double base)
{
    double host = fmax(32 * MB, s->mem_total_kb / 200);

    return fmin(host, fmax(128 * MB, base / 5));
}

static void begin(rng_t *r, series_t *s, double base)
{
    s->len = (unsigned) rng_uniform(r, 600, 1800);
    s->onset = s->end = s->spike_count = 0;
    s->cls = SERIES_SPIKY;
    s->mem_total_kb = pow(2, floor(rng_uniform(r, 21, 29)));
    s->age_ms = (uint64_t) rng_log(r, 1e5, 1e9);
    for (unsigned t = 0; t < s->len; t++)
        s->kb[t] = base;
}

static void finish(rng_t *r, series_t *s, double noise_kb)
{
    for (unsigned t = 0; t < s->len; t++)
        s->kb[t] = floor(fmax(100, s->kb[t] + noise_kb * rng_normal(r)) / 4) * 4;
    series_sample(r, s);
}

static void add_spike(rng_t *r, series_t *s, unsigned at, double height)
{
    unsigned rise = (unsigned) rng_uniform(r, 1, 5), stay = (unsigned) rng_log(r, 3, 60);
    bool kept = rng_chance(r, 0.2);

    for (unsigned t = at; t < s->len && (kept || t < at + rise + stay); t++)
        s->kb[t] += height * fmin(1, (t - at + 1.0) / rise);
    if (s->spike_count < SERIES_SPIKES_MAX)
        s->spike_at[s->spike_count++] = at;
}

static void spikes(rng_t *r, series_t *s)
{
    double base = rng_log(r, 20 * MB, 8 * GB), limit;

    begin(r, s, base);
    limit = threshold(s, base);
    for (unsigned at = 30 + (unsigned) rng_uniform(r, 0, 300); at + 10 < s->len;
            at += (unsigned) rng_uniform(r, 120, 600)) {
        double now = s->kb[at];
        add_spike(r, s, at, 1.3 * threshold(s, now) * rng_log(r, 1, 8));
    }
    finish(r, s, limit / 60 * rng_uniform(r, 0, 1));
}

static void newborn(rng_t *r, series_t *s)
{
    double height;

    begin(r, s, 0);
    s->age_ms = (uint64_t) rng_uniform(r, 0, 2000);
    height = 1.3 * fmax(32 * MB, s->mem_total_kb / 200) * rng_log(r, 1, 6);
    for (unsigned t = 0; t < s->len; t++)
        s->kb[t] = height * fmin(1, (t + 1) / 3.0);
    s->spike_at[s->spike_count++] = 0;
    finish(r, s, 100);
}

static void spikes_over_teeth(rng_t *r, series_t *s)
{
    double period = rng_uniform(r, 4, 60), base = rng_log(r, 100 * MB, 4 * GB), limit, height;

    begin(r, s, base);
    limit = threshold(s, base);
    height = limit * rng_uniform(r, 0.1, 0.8);
    for (unsigned t = 0; t < s->len; t++)
        s->kb[t] += height * fmod(t, period) / period;
    for (unsigned at = 120; at + 200 < s->len; at += (unsigned) rng_uniform(r, 200, 500))
        add_spike(r, s, at, 5 * fmax(limit, height) * rng_log(r, 1, 3));
    finish(r, s, 200);
}

static void gradual(rng_t *r, series_t *s)
{
    double base = rng_log(r, 20 * MB, 4 * GB), rate;

    begin(r, s, base);
    rate = threshold(s, base) / 5 * rng_uniform(r, 0.05, 0.7);
    for (unsigned t = 100; t < s->len; t++)
        s->kb[t] += rate * fmin(t - 100, 200);
    finish(r, s, 200);
}

static void small_steps(rng_t *r, series_t *s)
{
    double base = rng_log(r, 20 * MB, 4 * GB), height;

    begin(r, s, base);
    for (double at = 60; at < s->len; at += rng_uniform(r, 60, 300)) {
        height = threshold(s, base) * rng_uniform(r, 0.1, 0.75);
        for (unsigned t = (unsigned) at; t < s->len && t < at + 40; t++)
            s->kb[t] += height;
    }
    finish(r, s, 200);
}

static void fast_teeth(rng_t *r, series_t *s)
{
    double period = rng_uniform(r, 3, 15), base = rng_log(r, 100 * MB, 8 * GB), height;

    begin(r, s, base);
    height = threshold(s, base) * rng_log(r, 0.3, 4);
    for (unsigned t = 0; t < s->len; t++)
        s->kb[t] += height * fmod(t, period) / period;
    finish(r, s, height / 50);
}

static void large_and_noisy(rng_t *r, series_t *s)
{
    double base = rng_log(r, 4 * GB, 64 * GB);

    begin(r, s, base);
    finish(r, s, base * rng_log(r, 1e-4, 2e-2));
}

static void unseen(rng_t *r, series_t *s) // a rise that nobody saw happen
{
    double base = rng_log(r, 20 * MB, 4 * GB), height;

    begin(r, s, base);
    height = threshold(s, base) * 3;
    finish(r, s, 100);
    for (unsigned t = 300; t < s->len; t++) {
        s->kb[t] += height;
        if (t < 320)
            s->time_ms[t] = 0;
    }
}

const family_t forensics_spikes[] = {
        {"SPIKE spikes", true, 4, spikes},
        {"SPIKE newborn", true, 2, newborn},
        {"SPIKE over teeth", true, 2, spikes_over_teeth},
        {"gradual", false, 2, gradual},
        {"small steps", false, 2, small_steps},
        {"fast teeth", false, 2, fast_teeth},
        {"large and noisy", false, 2, large_and_noisy},
        {"not observed", false, 1, unseen},
};
const unsigned forensics_spikes_count = ARRAY_SIZE(forensics_spikes);
