// Leaks of every kind laid over programs that are put together from parts.

#include "common/cleanup.h"
#include "tests/bench/forensics_parts.h"

#include <math.h>
#include <stdlib.h>

static double load[SERIES_MAX];

static void begin(rng_t *r, series_t *s)
{
    parts_begin_any(r, s, load);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

// How far the series strays on its own while it leaks.
static double range_while_leaking(const series_t *s)
{
    static double v[SERIES_MAX];
    unsigned n = 0;

    for (unsigned t = s->onset; t < s->end; t++)
        v[n++] = s->kb[t];
    qsort(v, n, sizeof(v[0]), by_value);
    return v[n - 1 - n / 20] - v[n / 20];
}

// When it leaks and how fast: so fast that twenty minutes show beside what else goes on.
static double draw_leak(rng_t *r, series_t *s, double low, double high)
{
    double rate;

    s->onset =
            rng_chance(r, 0.35) || s->len < 1500 ? 0 : (unsigned) rng_uniform(r, 20, s->len - 1260);
    s->end = s->len;
    rate = fmax(rng_log(r, low, high), 1.2 * range_while_leaking(s) / 1200);
    rate = fmax(rate, 0.05 * s->kb[s->onset] / 1200);
    s->cls = rate >= 1.3 * MB ? SERIES_FAST : rate < 300 ? SERIES_MILD : SERIES_ANY;
    return rate;
}

static void background(rng_t *r, series_t *s, double size)
{
    static double live[SERIES_MAX];

    part_constant(s, size * rng_uniform(r, 0.2, 1));
    switch ((unsigned) rng_uniform(r, 0, 7)) {
    case 0:
        part_pool(r, s, load, size * 0.5);
        break;
    case 1:
        part_requests(r, s, load, size * 0.5);
        break;
    case 2:
        part_expiry(r, s, load, size, rng_log(r, 20, 300), rng_chance(r, 0.7));
        break;
    case 3:
        part_teeth(r, s, load, size, rng_log(r, 4, 150));
        break;
    case 4:
        parts_live(r, s, size, live);
        part_heap(r, s, load, live, size * rng_log(r, 0.05, 0.5));
        break;
    case 5:
        part_jobs(r, s, size * 0.5, rng_chance(r, 0.6) ? 60 : 300);
        break;
    default:
        part_saturates(s, 0, size, rng_log(r, 1, 200));
        break;
    }
}

static void leak_constant(rng_t *r, series_t *s)
{
    double rate;

    begin(r, s);
    background(r, s, rng_log(r, 10 * MB, 2 * GB));
    rate = draw_leak(r, s, 100, 8 * MB);
    for (unsigned t = s->onset; t < s->len; t++)
        s->kb[t] += rate * (t - s->onset);
    parts_finish(r, s);
}

static void leak_load(rng_t *r, series_t *s)
{
    double rate, lost = 0;

    begin(r, s);
    background(r, s, rng_log(r, 10 * MB, 2 * GB));
    rate = draw_leak(r, s, 100, 8 * MB);
    for (unsigned t = s->onset; t < s->len; t++)
        s->kb[t] += lost += rate * load[t];
    parts_finish(r, s);
}

static void leak_pareto(rng_t *r, series_t *s)
{
    double rate, lost = 0, every = rng_log(r, 1, 20);

    begin(r, s);
    background(r, s, rng_log(r, 10 * MB, 1 * GB));
    rate = draw_leak(r, s, 150, 6 * MB);
    for (unsigned t = s->onset; t < s->len; t++) {
        if (rng_chance(r, fmin(1, load[t] / every)))
            lost += rate * every * fmin(8, pow(rng_uniform(r, 1e-9, 1), -1 / 2.2)) / 1.75;
        s->kb[t] += lost;
    }
    parts_finish(r, s);
}

static void leak_clock(rng_t *r, series_t *s)
{
    double every = rng_chance(r, 0.5) ? 60 : rng_log(r, 3, 120), rate, lost = 0;

    begin(r, s);
    background(r, s, rng_log(r, 10 * MB, 1 * GB));
    rate = draw_leak(r, s, 100, 3 * MB);
    for (unsigned t = s->onset; t < s->len; t++) {
        if (fmod(t - s->onset, every) < 1)
            lost += rate * every * rng_uniform(r, 0.7, 1.3);
        s->kb[t] += lost;
    }
    if (s->cls == SERIES_FAST)
        s->cls = SERIES_ANY;
    parts_finish(r, s);
}

static void leak_power(rng_t *r, series_t *s)
{
    double power = rng_uniform(r, 0.95, 2.2), rate;

    begin(r, s);
    background(r, s, rng_log(r, 10 * MB, 1 * GB));
    rate = draw_leak(r, s, 200, 4 * MB);
    s->cls = SERIES_ANY;
    for (unsigned t = s->onset; t < s->len; t++)
        s->kb[t] += rate * 1200 * pow((t - s->onset) / 1200.0, power);
    parts_finish(r, s);
}

// The collector sees it: what lives grows, and the heap is resized in steps.
static void leak_heap(rng_t *r, series_t *s)
{
    static double live[SERIES_MAX];
    double size = rng_log(r, 20 * MB, 2 * GB), rate;

    begin(r, s);
    parts_live(r, s, size, live);
    rate = draw_leak(r, s, fmax(150, size / 2500), 6 * MB);
    s->cls = SERIES_ANY;
    for (unsigned t = s->onset; t < s->len; t++)
        live[t] += rate * (t - s->onset);
    part_heap(r, s, load, live, size * rng_log(r, 0.05, 0.5));
    parts_finish(r, s);
}

static void leak_tiny(rng_t *r, series_t *s)
{
    double rate;

    parts_begin(r, s, 2700, 3600);
    parts_load(r, s->len, load);
    part_constant(s, rng_log(r, 5 * MB, 300 * MB));
    s->onset = rng_chance(r, 0.5) ? 0 : (unsigned) rng_uniform(r, 20, 600);
    s->end = s->len;
    rate = rng_log(r, 30, 90);
    for (unsigned t = s->onset; t < s->len; t++)
        s->kb[t] += rate * (t - s->onset);
    parts_finish(r, s);
}

static void leak_pauses(rng_t *r, series_t *s)
{
    double on = rng_log(r, 20, 200), off = rng_log(r, 10, 120), rate, lost = 0;

    begin(r, s);
    background(r, s, rng_log(r, 10 * MB, 1 * GB));
    rate = draw_leak(r, s, 200, 6 * MB) * (on + off) / on;
    s->cls = SERIES_ANY;
    for (unsigned t = s->onset; t < s->len; t++) {
        if (fmod(t, on + off) < on)
            lost += rate * load[t];
        s->kb[t] += lost;
    }
    parts_finish(r, s);
}

static void leak_hours_later(rng_t *r, series_t *s)
{
    double rate;

    parts_begin(r, s, 7200, 14000);
    parts_load(r, s->len, load);
    part_constant(s, rng_log(r, 2 * MB, 1 * GB));
    background(r, s, rng_log(r, 10 * MB, 1 * GB));
    s->onset = s->len - (unsigned) rng_uniform(r, 1300, 3000);
    rate = draw_leak(r, s, 150, 6 * MB);
    s->onset = s->len - 1300;
    for (unsigned t = s->onset; t < s->len; t++)
        s->kb[t] += rate * (t - s->onset);
    parts_finish(r, s);
}

// Leaks, and is mended without a restart: switched off by a flag, or the client goes away.
static void leak_mended(rng_t *r, series_t *s)
{
    double rate;

    parts_begin(r, s, 2400, 3600);
    parts_load(r, s->len, load);
    part_constant(s, rng_log(r, 10 * MB, 1 * GB));
    rate = draw_leak(r, s, 300, 6 * MB);
    s->onset = (unsigned) rng_uniform(r, 0, 300);
    s->end = s->onset + (unsigned) rng_uniform(r, 1200, 1600);
    for (unsigned t = s->onset; t < s->len; t++)
        s->kb[t] += rate * ((t < s->end ? t : s->end) - s->onset);
    parts_finish(r, s);
}

const family_t forensics_composed_leaks[] = {
        {"LEAK constant", true, 3, leak_constant},
        {"LEAK with load", true, 3, leak_load},
        {"LEAK heavy-tailed", true, 2, leak_pareto},
        {"LEAK by the clock", true, 3, leak_clock},
        {"LEAK power law", true, 2, leak_power},
        {"LEAK resized heap", true, 2, leak_heap},
        {"LEAK tiny", true, 2, leak_tiny},
        {"LEAK with pauses", true, 2, leak_pauses},
        {"LEAK hours later", true, 1, leak_hours_later},
        {"LEAK mended", true, 2, leak_mended},
};
const unsigned forensics_composed_leaks_count = ARRAY_SIZE(forensics_composed_leaks);
