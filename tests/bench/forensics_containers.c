// Containers as cluster traces show them: a limit, use that follows the day and the load of
// minutes, deploys, waves of batch work, recorded as means of 10 to 60 s, at times in whole per
// cent of the limit only. Written after the rules, which were not fitted to these.

#include "common/cleanup.h"
#include "tests/bench/forensics_parts.h"

#include <math.h>

static const double limits[] = {0.5 * GB, 1 * GB, 2 * GB, 4 * GB, 8 * GB, 16 * GB, 32 * GB};

typedef struct {
    double limit, base;
} container_t;

static container_t begin(rng_t *r, series_t *s, double shortest, double longest)
{
    container_t c = {.limit = limits[rng_next(r) % ARRAY_SIZE(limits)]};

    s->len = (unsigned) rng_uniform(r, shortest, longest);
    s->onset = s->end = s->spike_count = 0;
    s->cls = SERIES_ANY;
    s->mem_total_kb = 256 * GB;
    s->age_ms = (uint64_t) rng_log(r, 3e6, 1e10);
    c.base = c.limit * rng_uniform(r, 0.1, 0.5);
    for (unsigned t = 0; t < s->len; t++)
        s->kb[t] = c.base;
    return c;
}

// Use strays by some per cent over minutes, and swings with the day.
static void breathe(rng_t *r, series_t *s, const container_t *c)
{
    double sd = rng_log(r, 5e-4, 8e-3), tau = rng_log(r, 10, 240), x = rng_normal(r);
    double keep = exp(-1 / tau), swing = rng_chance(r, 0.5) ? rng_uniform(r, 0.01, 0.15) : 0;
    double phase = rng_uniform(r, 0, 2 * PI);

    for (unsigned t = 0; t < s->len; t++) {
        x = keep * x + sqrt(1 - keep * keep) * rng_normal(r);
        s->kb[t] += c->base * (sd * x + swing * sin(phase + 2 * PI * t / 86400));
    }
}

// What a collector reports: a mean, or the value at that moment; whole per cent, or pages.
static void record(rng_t *r, series_t *s, const container_t *c)
{
    static const unsigned intervals[] = {1, 10, 10, 30, 60};
    unsigned every = intervals[rng_next(r) % ARRAY_SIZE(intervals)];
    bool means = rng_chance(r, 0.5);
    double unit = c->limit <= 4 * GB && rng_chance(r, 0.25) ? c->limit / 100 : 4;

    for (unsigned t = 0; t < s->len; t++) {
        double sum = 0;

        s->time_ms[t] = 0;
        if (t % every != 0)
            continue;
        for (unsigned i = 0; i < every && i <= t; i++)
            sum += s->kb[t - i] / MIN(every, t + 1);
        s->time_ms[t] = UINT64_C(5000000) + t * UINT64_C(1000);
        s->kb[t] = floor(fmin(c->limit, fmax(1000, means ? sum : s->kb[t])) / unit) * unit;
    }
}

static void finish(rng_t *r, series_t *s, const container_t *c)
{
    breathe(r, s, c);
    record(r, s, c);
}

/* ------------------------------------------------------------------ healthy */

static void online(rng_t *r, series_t *s)
{
    container_t c = begin(r, s, 3600, 14000);

    finish(r, s, &c);
}

// Deployed while we look: it starts, fills its caches, and stays.
static void deployed(rng_t *r, series_t *s)
{
    container_t c = begin(r, s, 2400, 7200);

    s->age_ms = (uint64_t) rng_uniform(r, 0, 60000);
    part_saturates(s, 0, c.limit * rng_uniform(r, 0.05, 0.3), rng_log(r, 5, 120));
    part_saturates(s, 0, c.limit * rng_uniform(r, 0.02, 0.2), rng_log(r, 60, 600));
    finish(r, s, &c);
}

// A heap that is filled before it is collected for the first time, and then stays near its limit.
static void heap_fills(rng_t *r, series_t *s)
{
    container_t c = begin(r, s, 2400, 7200);

    s->age_ms = (uint64_t) rng_uniform(r, 0, 60000);
    part_ramp(s, 0, c.limit * rng_uniform(r, 0.1, 0.5), rng_log(r, 30, 360), 1e9);
    part_wander(r, s, 0.02 * c.limit, rng_log(r, 0.1, 1), rng_log(r, 5, 60));
    finish(r, s, &c);
}

static void shifts(rng_t *r, series_t *s)
{
    container_t c = begin(r, s, 3600, 14000);
    double every = rng_log(r, 600, 5000), level = 0;

    for (unsigned t = 0; t < s->len; t++) {
        if (rng_chance(r, 1 / every))
            level = c.limit * rng_uniform(r, -0.08, 0.3);
        s->kb[t] += level;
    }
    finish(r, s, &c);
}

// Waves of tasks in one worker: each loads, computes, writes, frees.
static void waves(rng_t *r, series_t *s)
{
    container_t c = begin(r, s, 1800, 9000);

    part_jobs(r, s, c.limit * rng_uniform(r, 0.1, 0.45), rng_log(r, 60, 1800));
    finish(r, s, &c);
}

static void task(rng_t *r, series_t *s)
{
    container_t c = begin(r, s, 20, 21);
    double rise;

    s->len = (unsigned) rng_log(r, 20, 1500);
    s->age_ms = (uint64_t) rng_uniform(r, 0, 10000);
    rise = fmin(s->len, 360) * rng_uniform(r, 0.05, 1);
    for (unsigned t = 0; t < s->len; t++)
        s->kb[t] = 0.2 * c.base;
    part_ramp(s, 0, c.base, rise, 1e9);
    finish(r, s, &c);
}

// Training: every epoch fills buffers and lets them go. None takes exactly as long as another.
static void epochs(rng_t *r, series_t *s)
{
    container_t c = begin(r, s, 3600, 14000);
    double period = rng_log(r, 30, 400), height = c.limit * rng_uniform(r, 0.02, 0.4);
    double phase = rng_uniform(r, 0, 1), speed = 1;

    for (unsigned t = 0; t < s->len; t++) {
        phase += speed / period;
        if (phase >= 1) {
            phase -= 1;
            speed = rng_uniform(r, 0.97, 1.03);
        }
        s->kb[t] += height * fmin(1, phase / 0.7);
    }
    finish(r, s, &c);
}

static void collected(rng_t *r, series_t *s)
{
    static double load[SERIES_MAX], live[SERIES_MAX];
    container_t c = begin(r, s, 3600, 14000);

    parts_load(r, s->len, load);
    parts_live(r, s, c.limit * rng_uniform(r, 0.05, 0.15), live);
    part_heap(r, s, load, live, c.limit * rng_uniform(r, 0.02, 0.1));
    finish(r, s, &c);
}

/* ------------------------------------------------------------------ leaking: full in hours */

static double draw_leak(rng_t *r, series_t *s, const container_t *c)
{
    double rate = c->limit * 0.45 / (3600 * rng_log(r, 0.5, 4));

    rate = fmax(rate, fmax(40, c->base * 0.25 / 3600));
    s->onset = rng_chance(r, 0.4) ? 0 : (unsigned) rng_uniform(r, 60, s->len - 3600);
    s->end = s->len = (unsigned) fmin(s->len, s->onset + c->limit * 0.45 / rate);
    s->cls = rate >= 1.3 * MB ? SERIES_FAST : SERIES_ANY;
    return rate;
}

static void leak_online(rng_t *r, series_t *s)
{
    container_t c = begin(r, s, 5400, 14000);
    double rate = draw_leak(r, s, &c);

    for (unsigned t = s->onset; t < s->len; t++)
        s->kb[t] += rate * (t - s->onset);
    finish(r, s, &c);
}

static void leak_load(rng_t *r, series_t *s)
{
    static double load[SERIES_MAX];
    container_t c = begin(r, s, 5400, 14000);
    double rate = draw_leak(r, s, &c), lost = 0;

    parts_load(r, s->len, load);
    for (unsigned t = s->onset; t < s->len; t++)
        s->kb[t] += lost += rate * load[t];
    finish(r, s, &c);
}

static void leak_tasks(rng_t *r, series_t *s)
{
    container_t c = begin(r, s, 5400, 14000);
    double rate = draw_leak(r, s, &c), every = rng_log(r, 10, 180), lost = 0;

    part_jobs(r, s, c.limit * rng_uniform(r, 0.02, 0.2), every);
    for (unsigned t = s->onset; t < s->len; t++) {
        if (fmod(t, every) < 1)
            lost += rate * every * rng_uniform(r, 0.5, 1.5);
        s->kb[t] += lost;
    }
    finish(r, s, &c);
}

static void leak_collected(rng_t *r, series_t *s)
{
    static double load[SERIES_MAX], live[SERIES_MAX];
    container_t c = begin(r, s, 5400, 14000);
    double rate = draw_leak(r, s, &c);

    parts_load(r, s->len, load);
    parts_live(r, s, c.limit * rng_uniform(r, 0.03, 0.08), live);
    for (unsigned t = s->onset; t < s->len; t++)
        live[t] += rate * (t - s->onset);
    part_heap(r, s, load, live, c.limit * rng_uniform(r, 0.01, 0.05));
    finish(r, s, &c);
}

static void leak_deployed(rng_t *r, series_t *s)
{
    container_t c = begin(r, s, 5400, 14000);
    double rate;

    s->age_ms = (uint64_t) rng_uniform(r, 0, 60000);
    part_saturates(s, 0, c.limit * rng_uniform(r, 0.02, 0.1), rng_log(r, 5, 300));
    rate = draw_leak(r, s, &c);
    for (unsigned t = s->onset; t < s->len; t++)
        s->kb[t] += rate * (t - s->onset);
    finish(r, s, &c);
}

const family_t forensics_containers[] = {
        {"online", false, 4, online},
        {"deployed", false, 3, deployed},
        {"heap that fills", false, 2, heap_fills},
        {"level shifts", false, 2, shifts},
        {"waves of tasks", false, 2, waves},
        {"tasks", false, 10, task},
        {"epochs", false, 2, epochs},
        {"collected heap", false, 2, collected},
        {"LEAK online", true, 3, leak_online},
        {"LEAK with load", true, 3, leak_load},
        {"LEAK by tasks", true, 2, leak_tasks},
        {"LEAK collected heap", true, 2, leak_collected},
        {"LEAK deployed", true, 2, leak_deployed},
};
const unsigned forensics_containers_count = ARRAY_SIZE(forensics_containers);
