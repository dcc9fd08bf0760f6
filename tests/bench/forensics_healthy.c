// Curves of programs that do not leak: one function for everything that LEAK is not.

#include "common/cleanup.h"
#include "tests/bench/forensics_curves.h"

#include <math.h>

static void flat(rng_t *r, series_t *s)
{
    curve_begin(r, s, curve_any_base(r));
    curve_finish_with(r, s, rng_log(r, 1e-4, 3e-2));
}

static void warmup_curve(rng_t *r, series_t *s)
{
    double tau = rng_log(r, 5, 150), size = rng_log(r, 20 * MB, 8 * GB);

    curve_begin(r, s, rng_log(r, 5 * MB, size));
    s->age_ms = (uint64_t) rng_uniform(r, 0, 5000);
    for (unsigned t = 0; t < s->len; t++)
        s->kb[t] += size * (1 - exp(-(t / tau)));
    curve_finish(r, s);
}

static void warmup_stages(rng_t *r, series_t *s)
{
    unsigned stages = (unsigned) rng_uniform(r, 1, 4);
    double at = 0;

    curve_begin(r, s, rng_log(r, 5 * MB, 100 * MB));
    s->age_ms = (uint64_t) rng_uniform(r, 0, 5000);
    for (unsigned i = 0; i < stages; i++) {
        double size = rng_log(r, 10 * MB, 3 * GB), ramp = rng_log(r, 3, 150);
        for (unsigned t = (unsigned) at; t < s->len; t++)
            s->kb[t] += size * fmin(1, (t - at) / ramp);
        at += ramp + rng_log(r, 5, 120);
    }
    curve_finish(r, s);
}

static void cache_fills(rng_t *r, series_t *s)
{
    double tau = rng_log(r, 60, 720), size = rng_log(r, 50 * MB, 8 * GB);
    double start = rng_chance(r, 0.5) ? 0 : rng_uniform(r, 0, 900);

    curve_begin(r, s, curve_any_base(r));
    for (unsigned t = (unsigned) start; t < s->len; t++)
        s->kb[t] += size * (1 - exp(-(t - start) / tau));
    curve_finish(r, s);
}

static void cache_stops(rng_t *r, series_t *s)
{
    double fill = rng_uniform(r, 40, 360), size = rng_log(r, 30 * MB, 4 * GB);
    double start = rng_chance(r, 0.5) ? 0 : rng_uniform(r, 0, 900);

    curve_begin(r, s, curve_any_base(r));
    for (unsigned t = (unsigned) start; t < s->len; t++)
        s->kb[t] += size * fmin(1, (t - start) / fill);
    curve_finish(r, s);
}

static void sawtooth(rng_t *r, series_t *s)
{
    double period = rng_log(r, 4, 300), height = rng_log(r, 10 * MB, 2 * GB), phase;
    double vary = rng_uniform(r, 0, 0.3);

    curve_begin(r, s, curve_any_base(r));
    phase = rng_uniform(r, 0, period);
    curve_sawtooth(r, s, (curve_tooth_t){height, period, vary, phase});
    curve_finish(r, s);
}

static void two_level_gc(rng_t *r, series_t *s)
{
    double minor = rng_log(r, 3, 40), young = rng_log(r, 20 * MB, 800 * MB);
    double major = rng_uniform(r, 150, 660), old = rng_log(r, 100 * MB, 6 * GB);
    double a = rng_uniform(r, 0, minor), b = rng_uniform(r, 0, major), vary = 1;

    curve_begin(r, s, rng_log(r, 50 * MB, 4 * GB));
    for (unsigned t = 0; t < s->len; t++) {
        if ((a += 1) >= minor)
            a -= minor;
        if ((b += 1) >= major * vary) {
            b = 0;
            vary = rng_uniform(r, 0.8, 1.2);
        }
        s->kb[t] += young * a / minor + old * b / major;
    }
    curve_finish(r, s);
}

static void heap_to_limit(rng_t *r, series_t *s)
{
    double limit = rng_log(r, 200 * MB, 8 * GB), floor_kb = limit * rng_uniform(r, 0.2, 0.6);
    double grow = rng_log(r, 40, 500), period = rng_log(r, 10, 240), tau = grow / 2.5, phase = 0;
    bool straight = rng_chance(r, 0.3);

    curve_begin(r, s, 0);
    s->age_ms = rng_chance(r, 0.7) ? 500 : s->age_ms;
    if (straight)
        grow = fmin(grow, 330);
    for (unsigned t = 0; t < s->len; t++) {
        if (t < grow) {
            s->kb[t] = 30 * MB + limit * (straight ? t / grow : 1 - exp(-(t / tau)));
            continue;
        }
        phase = fmod(t - grow, period) / period;
        s->kb[t] = floor_kb + (limit - floor_kb) * phase;
    }
    curve_finish(r, s);
}

static void batch_once(rng_t *r, series_t *s)
{
    curve_begin(r, s, rng_log(r, 10 * MB, 4 * GB));
    curve_job(s, rng_uniform(r, 0, s->len - 600), rng_log(r, 30, 420), rng_log(r, 2, 300),
            rng_log(r, 50 * MB, 8 * GB));
    curve_finish(r, s);
}

static void batch_exits(rng_t *r, series_t *s)
{
    double rise = rng_log(r, 60, 450);

    curve_begin(r, s, rng_log(r, 10 * MB, 100 * MB));
    s->age_ms = (uint64_t) rng_uniform(r, 0, 1000);
    s->len = (unsigned) (rise + rng_log(r, 2, 300));
    curve_job(s, 0, rise, 1e6, rng_log(r, 50 * MB, 8 * GB));
    curve_finish(r, s);
}

static void batch_repeats(rng_t *r, series_t *s)
{
    double every = rng_uniform(r, 240, 1200), at = rng_uniform(r, 0, every);
    double rise = rng_uniform(r, 0.1, 0.5) * fmin(every, 840), height = rng_log(r, 50 * MB, 4 * GB);

    curve_begin(r, s, rng_log(r, 10 * MB, 4 * GB));
    for (; at < s->len; at += every * rng_uniform(r, 0.9, 1.1))
        curve_job(s, at, rise * rng_uniform(r, 0.8, 1.2), rng_uniform(r, 2, every * 0.3),
                height * rng_uniform(r, 0.8, 1.2));
    curve_finish(r, s);
}

static void day_curve(rng_t *r, series_t *s)
{
    double period = rng_uniform(r, 14, 24) * 3600, phase = rng_uniform(r, 0, 2 * PI);
    double base = rng_log(r, 50 * MB, 8 * GB), part = rng_uniform(r, 0.05, 0.35);

    curve_begin(r, s, base);
    s->len = (unsigned) rng_uniform(r, 3600, 14400);
    for (unsigned t = 0; t < s->len; t++)
        s->kb[t] = base * (1 + part * sin(phase + 2 * PI * t / period));
    curve_finish_with(r, s, rng_log(r, 1e-3, 2e-2));
}

static void mapped(rng_t *r, series_t *s)
{
    curve_begin(r, s, rng_log(r, 5 * MB, 500 * MB)); // what is mapped is not in the series
    curve_finish(r, s);
}

static void wander(rng_t *r, series_t *s)
{
    double tau = rng_log(r, 20, 900), sd = rng_log(r, 0.005, 0.08), keep = exp(-1 / tau);
    double x = rng_normal(r), base = curve_any_base(r);

    curve_begin(r, s, base);
    for (unsigned t = 0; t < s->len; t++) {
        x = keep * x + sqrt(1 - keep * keep) * rng_normal(r);
        s->kb[t] = base * (1 + sd * x);
    }
    curve_finish_with(r, s, 1e-4);
}

static void walk_between_walls(rng_t *r, series_t *s)
{
    double base = curve_any_base(r), wall = rng_log(r, 0.02, 0.3),
           step = wall * rng_log(r, 0.01, 0.2);
    double x = rng_uniform(r, 0, wall);

    curve_begin(r, s, base);
    for (unsigned t = 0; t < s->len; t++) {
        x += step * rng_normal(r);
        x = fabs(x);
        x = x > wall ? 2 * wall - x : x;
        s->kb[t] = base * (1 + x);
    }
    curve_finish_with(r, s, 1e-4);
}

static void few_steps(rng_t *r, series_t *s)
{
    unsigned steps = (unsigned) rng_uniform(r, 1, 5);

    curve_begin(r, s, curve_any_base(r));
    for (unsigned i = 0; i < steps; i++) {
        unsigned at = (unsigned) rng_uniform(r, 0, s->len);
        double height = rng_log(r, 10 * MB, 2 * GB);
        for (unsigned t = at; t < s->len; t++)
            s->kb[t] += height;
    }
    curve_finish(r, s);
}

static void compiler(rng_t *r, series_t *s)
{
    double size = rng_log(r, 50 * MB, 3 * GB), shape = rng_uniform(r, 0.4, 1.6);

    curve_begin(r, s, 10 * MB);
    s->len = (unsigned) rng_log(r, 4, 180);
    s->age_ms = (uint64_t) rng_uniform(r, 0, 1000);
    for (unsigned t = 0; t < s->len; t++)
        s->kb[t] += size * pow((double) t / s->len, shape);
    curve_finish(r, s);
}

static void swaps(rng_t *r, series_t *s)
{
    curve_begin(
            r, s, curve_any_base(r)); // moves between anonymous and swap: the sum hardly notices
    for (unsigned t = 0; t < s->len; t++)
        if (rng_chance(r, 0.02))
            s->kb[t] += rng_uniform(r, -0.01, 0.01) * s->kb[t];
    curve_finish_with(r, s, 1e-4);
}

static void shrinks(rng_t *r, series_t *s)
{
    double part = rng_uniform(r, 0.1, 0.9), over = rng_uniform(r, 60, 3000);

    curve_begin(r, s, curve_any_base(r));
    for (unsigned t = 0; t < s->len; t++)
        s->kb[t] *= 1 - part * fmin(1, t / over);
    curve_finish(r, s);
}

static void tabs(rng_t *r, series_t *s)
{
    double every = rng_log(r, 20, 240), life = every * rng_uniform(r, 2, 8);

    curve_begin(r, s, rng_log(r, 100 * MB, 1 * GB));
    for (double at = -4 * life; at < s->len; at += rng_exponential(r, every)) {
        double size = rng_log(r, 10 * MB, 300 * MB), gone = at + rng_exponential(r, life);
        for (double t = fmax(0, ceil(at)); t < s->len && t < gone; t++)
            s->kb[(unsigned) t] += size * (1 - exp(-(t - at) / 10));
    }
    curve_finish(r, s);
}

static void buffer_pool(rng_t *r, series_t *s)
{
    double pool = rng_log(r, 200 * MB, 16 * GB), full = 0, speed = rng_log(r, 60, 600);
    double load = 1, uneven = rng_uniform(r, 0, 0.7);

    curve_begin(r, s, rng_log(r, 50 * MB, 500 * MB));
    for (unsigned t = 0; t < s->len; t++) {
        if (t % 20 == 0)
            load = fmax(0, 1 + uneven * rng_normal(r));
        full += (1 - full) * load / speed; // ever more pages are there already
        s->kb[t] += pool * full;
    }
    curve_finish(r, s);
}

static void cron(rng_t *r, series_t *s)
{
    double every = rng_chance(r, 0.5) ? 60 : 300, height = rng_log(r, 20 * MB, 1 * GB);

    curve_begin(r, s, rng_log(r, 20 * MB, 4 * GB));
    for (double at = rng_uniform(r, 0, every); at < s->len; at += every)
        curve_job(s, at, rng_uniform(r, 1, every / 6), rng_uniform(r, 1, every / 3),
                height * rng_uniform(r, 0.5, 1.5));
    curve_finish(r, s);
}

static void sessions(rng_t *r, series_t *s)
{
    double every = rng_log(r, 2, 60), life = rng_log(r, 120, 1200),
           size = rng_log(r, 0.5 * MB, 40 * MB);
    double wave = rng_uniform(r, 0, 0.5), period = rng_uniform(r, 600, 7200);

    curve_begin(r, s, rng_log(r, 50 * MB, 2 * GB));
    for (double at = -2 * life; at < s->len; at += rng_exponential(r, every)) {
        if (rng_chance(r, wave * (1 + sin(2 * PI * at / period))))
            continue;
        double gone = at + life * rng_uniform(r, 0.8, 1.2);
        for (double t = fmax(0, ceil(at)); t < s->len && t < gone; t++)
            s->kb[(unsigned) t] += size;
    }
    curve_finish(r, s);
}

static void load_levels(rng_t *r, series_t *s)
{
    double level = 1, x = 1, base = rng_log(r, 50 * MB, 4 * GB), part = rng_uniform(r, 0.05, 0.6);
    double lag = rng_log(r, 2, 120), stay = rng_log(r, 60, 1200);

    curve_begin(r, s, base);
    for (unsigned t = 0; t < s->len; t++) {
        if (rng_chance(r, 1 / stay))
            level = rng_uniform(r, 0, 1);
        x += (level - x) / lag;
        s->kb[t] = base * (1 + part * x);
    }
    curve_finish(r, s);
}

const family_t forensics_healthy[] = {
        {"flat", false, 1, flat},
        {"warm-up, curve", false, 1, warmup_curve},
        {"warm-up, stages", false, 1, warmup_stages},
        {"cache that fills", false, 1, cache_fills},
        {"cache that stops", false, 1, cache_stops},
        {"sawtooth", false, 1, sawtooth},
        {"two-level gc", false, 1, two_level_gc},
        {"heap to its limit", false, 1, heap_to_limit},
        {"batch, once", false, 1, batch_once},
        {"batch, exits", false, 3, batch_exits},
        {"batch, repeats", false, 1, batch_repeats},
        {"day curve", false, 1, day_curve},
        {"mapped files", false, 1, mapped},
        {"wander", false, 1, wander},
        {"walk between walls", false, 1, walk_between_walls},
        {"few steps", false, 1, few_steps},
        {"compilers", false, 20, compiler},
        {"swap in and out", false, 1, swaps},
        {"shrinking", false, 1, shrinks},
        {"tabs", false, 1, tabs},
        {"buffer pool", false, 1, buffer_pool},
        {"cron", false, 1, cron},
        {"sessions", false, 1, sessions},
        {"load levels", false, 1, load_levels},
};
const unsigned forensics_healthy_count = ARRAY_SIZE(forensics_healthy);
