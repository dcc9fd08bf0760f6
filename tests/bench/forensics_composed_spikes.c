// Spikes laid over programs that are put together from parts, at any distance from each other, and
// the same programs without.

#include "common/cleanup.h"
#include "tests/bench/forensics_parts.h"

#include <math.h>

#define WINDOW 5

static double load[SERIES_MAX];

static double threshold(const series_t *s, double base)
{
    double host = fmax(32 * MB, s->mem_total_kb / 200);

    return fmin(host, fmax(128 * MB, base / 5));
}

static double steepest(const series_t *s)
{
    double most = 0;

    for (unsigned t = 0; t < s->len; t++)
        for (unsigned i = t > WINDOW ? t - WINDOW : 0; i < t; i++)
            most = fmax(most, s->kb[t] - s->kb[i]);
    return most;
}

static void breathe(rng_t *r, series_t *s)
{
    static double live[SERIES_MAX];
    double size = rng_log(r, 20 * MB, 4 * GB);

    switch ((unsigned) rng_uniform(r, 0, 7)) {
    case 0:
        part_pool(r, s, load, size);
        break;
    case 1:
        part_requests(r, s, load, size);
        break;
    case 2:
        part_teeth(r, s, load, size, rng_log(r, 5, 200));
        break;
    case 3:
        part_jobs(r, s, size, 60);
        break;
    case 4:
        part_wander(r, s, size, rng_log(r, 0.003, 0.1), rng_log(r, 2, 300));
        break;
    case 5:
        parts_live(r, s, size, live);
        part_heap(r, s, load, live, size * rng_log(r, 0.05, 0.5));
        break;
    default:
        part_saturates(s, 0, size, rng_log(r, 20, 600));
        break;
    }
}

// What goes on anyway takes at most this share of what would be a spike. Returns that.
static double background(rng_t *r, series_t *s, double share)
{
    double base = rng_log(r, 10 * MB, 8 * GB), limit, most;

    parts_begin(r, s, 600, 1800);
    s->cls = SERIES_SPIKY;
    s->age_ms = (uint64_t) rng_log(r, 1e5, 1e9);
    parts_load(r, s->len, load);
    breathe(r, s);
    limit = threshold(s, base);
    most = steepest(s);
    for (unsigned t = 0; t < s->len; t++)
        s->kb[t] = base + s->kb[t] * fmin(1, share * limit / fmax(1, most));
    return limit;
}

static void add_spike(rng_t *r, series_t *s, unsigned at, double height)
{
    unsigned rise = (unsigned) rng_uniform(r, 1, 5.99), stay = (unsigned) rng_log(r, 1, 200);
    bool kept = rng_chance(r, 0.3), slowly = rng_chance(r, 0.3);

    for (unsigned t = at; t < s->len; t++) {
        double left = kept || t < at + rise + stay ? 1
                      : slowly                     ? exp((at + rise + stay - (double) t) / 10)
                                                   : 0;
        s->kb[t] += height * fmin(1, (t - at + 1.0) / rise) * left;
    }
    s->spike_at[s->spike_count++] = at;
}

// It would be hidden by what falls at the same time.
static bool falls(const series_t *s, unsigned at, double height)
{
    for (unsigned t = at; t < s->len && t <= at + WINDOW; t++)
        if (s->kb[at - 1] - s->kb[t] > 0.1 * height)
            return true;
    return false;
}

static void over_programs(rng_t *r, series_t *s)
{
    double limit = background(r, s, rng_uniform(r, 0.1, 0.5)), apart = rng_log(r, 25, 400);
    double at = 40 + rng_exponential(r, apart);

    while (at + 15 < s->len && s->spike_count < 6) {
        unsigned t = (unsigned) at;
        double height = 1.5 * fmax(limit, threshold(s, s->kb[t])) * rng_log(r, 1, 10);
        if (!falls(s, t, height))
            add_spike(r, s, t, height);
        at += 20 + rng_exponential(r, apart);
    }
    parts_finish(r, s);
}

static void none(rng_t *r, series_t *s)
{
    background(r, s, rng_uniform(r, 0.1, 0.7));
    parts_finish(r, s);
}

static void born_large(rng_t *r, series_t *s)
{
    double height;

    parts_begin(r, s, 20, 600);
    s->cls = SERIES_SPIKY;
    s->age_ms = (uint64_t) rng_uniform(r, 0, 1000);
    height = 1.4 * fmax(32 * MB, s->mem_total_kb / 200) * rng_log(r, 1, 8);
    part_ramp(s, 0, height, rng_uniform(r, 0.5, 4), 1e9);
    s->spike_at[s->spike_count++] = 0;
    parts_finish(r, s);
}

static void born_slow(rng_t *r, series_t *s)
{
    double limit;

    parts_begin(r, s, 60, 900);
    s->cls = SERIES_SPIKY;
    s->age_ms = (uint64_t) rng_uniform(r, 0, 1000);
    limit = threshold(s, 0);
    part_ramp(s, 0, limit * rng_log(r, 1, 10), 60, 1e9);
    for (unsigned t = 0; t < s->len; t++)
        s->kb[t] = fmin(s->kb[t], limit * 0.13 * (t + 1)); // never 65% of it in five seconds
    parts_finish(r, s);
}

const family_t forensics_composed_spikes[] = {
        {"SPIKE over programs", true, 4, over_programs},
        {"SPIKE born large", true, 2, born_large},
        {"programs, no spike", false, 6, none},
        {"born, but slowly", false, 2, born_slow},
};
const unsigned forensics_composed_spikes_count = ARRAY_SIZE(forensics_composed_spikes);
