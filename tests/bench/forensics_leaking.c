// Curves of programs that leak: one function for every way to do it.

#include "common/cleanup.h"
#include "tests/bench/forensics_curves.h"

#include <math.h>

static void leaks_from(rng_t *r, series_t *s)
{
    s->onset = rng_chance(r, 0.4) ? 0 : (unsigned) rng_uniform(r, 30, s->len - 1020);
    s->end = s->len;
}

// Now and then a leak ends before the series does.
static void may_stop(rng_t *r, series_t *s)
{
    if (s->end - s->onset > 1500 && rng_chance(r, 0.2))
        s->end = s->onset + (unsigned) rng_uniform(r, 1200, s->end - s->onset);
}

static void add_leak(series_t *s, double rate)
{
    for (unsigned t = s->onset; t < s->len; t++)
        s->kb[t] += rate * (MIN(t, s->end) - s->onset);
}

static void leak_fast(rng_t *r, series_t *s)
{
    curve_begin(r, s, curve_any_base(r));
    leaks_from(r, s);
    may_stop(r, s);
    s->cls = SERIES_FAST;
    add_leak(s, rng_log(r, 1 * MB, 12 * MB));
    curve_finish(r, s);
}

static void leak_mild(rng_t *r, series_t *s)
{
    curve_begin(r, s, rng_log(r, 10 * MB, 4 * GB));
    leaks_from(r, s);
    may_stop(r, s);
    s->cls = SERIES_MILD;
    add_leak(s, rng_log(r, 90, 300));
    curve_finish_with(r, s, rng_log(r, 1e-4, 2e-3));
}

static void leak_slow(rng_t *r, series_t *s)
{
    curve_begin(r, s, rng_log(r, 10 * MB, 1 * GB));
    s->len = (unsigned) rng_uniform(r, 2400, 3600);
    for (unsigned t = 0; t < s->len; t++)
        s->kb[t] = s->kb[0];
    s->onset = rng_chance(r, 0.5) ? 0 : (unsigned) rng_uniform(r, 30, s->len - 2100);
    s->end = s->len;
    add_leak(s, rng_log(r, 30, 100));
    curve_finish_with(r, s, rng_log(r, 1e-4, 3e-3));
}

static void leak_slow_noisy(rng_t *r, series_t *s)
{
    double base = rng_log(r, 1 * GB, 3 * GB);

    curve_begin(r, s, base);
    s->len = 3600;
    for (unsigned t = 0; t < s->len; t++)
        s->kb[t] = base;
    s->onset = rng_chance(r, 0.4) ? 0 : (unsigned) rng_uniform(r, 30, 1500);
    s->end = s->len;
    add_leak(s, rng_log(r, 30, 100));
    curve_finish_with(r, s, rng_log(r, 2e-3, 1e-2));
}

static void leak_steps(rng_t *r, series_t *s)
{
    double every = rng_log(r, 5, 150), rate = rng_log(r, 100, 3 * MB),
           vary = rng_uniform(r, 0, 0.5), sum = 0;

    curve_begin(r, s, rng_log(r, 10 * MB, 4 * GB));
    leaks_from(r, s);
    s->cls = SERIES_MILD;
    for (double t = s->onset, next = t; t < s->len; t++) {
        if (t >= next) {
            sum += rate * every * rng_uniform(r, 1 - vary, 1 + vary);
            next += every * rng_uniform(r, 1 - vary, 1 + vary);
        }
        s->kb[(unsigned) t] += sum;
    }
    curve_finish_with(r, s, rng_log(r, 1e-4, 2e-3));
}

static void leak_bursts(rng_t *r, series_t *s)
{
    double on = rng_log(r, 15, 120), off = rng_log(r, 15, 150), rate = rng_log(r, 200, 4 * MB);
    double sum = 0, load = 0, left = on;
    bool busy = true;

    curve_begin(r, s, rng_log(r, 20 * MB, 4 * GB));
    leaks_from(r, s);
    for (unsigned t = s->onset; t < s->len; t++) {
        if ((left -= 1) < 0) {
            busy = !busy;
            left = (busy ? on : off) * rng_uniform(r, 0.6, 1.4);
        }
        load += ((busy ? 1 : 0) - load) / 5;
        sum += busy ? rate : 0;
        s->kb[t] += sum + load * rate * 20;
    }
    curve_finish(r, s);
}

static void leak_sawtooth(rng_t *r, series_t *s)
{
    double period = rng_log(r, 4, 150), height = rng_log(r, 20 * MB, 1 * GB);
    double rate = rng_log(r, fmax(100, height / 6000), 4 * MB), vary = rng_uniform(r, 0, 0.3);

    curve_begin(r, s, rng_log(r, 50 * MB, 4 * GB));
    leaks_from(r, s);
    s->cls = SERIES_MILD;
    curve_sawtooth(r, s, (curve_tooth_t){height, period, vary, 0});
    add_leak(s, rate);
    curve_finish_with(r, s, rng_log(r, 1e-4, 2e-3));
}

static void leak_doubling(rng_t *r, series_t *s)
{
    double twice = rng_uniform(r, 150, 600), x = rng_log(r, 10 * MB, 200 * MB);

    curve_begin(r, s, rng_log(r, 10 * MB, 500 * MB));
    leaks_from(r, s);
    for (unsigned t = s->onset; t < s->len; t++) {
        s->kb[t] += x * (pow(2, (t - s->onset) / twice) - 1);
        if (s->kb[t] > 64 * GB) {
            s->len = s->end = t;
            break;
        }
    }
    curve_finish(r, s);
}

static void leak_noisy(rng_t *r, series_t *s)
{
    double base = rng_log(r, 100 * MB, 4 * GB), noise = rng_log(r, 5e-3, 3e-2);

    curve_begin(r, s, base);
    leaks_from(r, s);
    add_leak(s, fmax(base * noise / 120, 100) * rng_log(r, 1, 4));
    curve_finish_with(r, s, noise);
}

static void leak_swapped(rng_t *r, series_t *s)
{
    curve_begin(r, s, curve_any_base(r));
    leaks_from(r, s);
    s->cls = SERIES_FAST;
    add_leak(s, rng_log(r, 1 * MB, 4 * MB));
    for (unsigned t = s->onset; t < s->len; t++)
        if (rng_chance(r, 0.05))
            s->kb[t] *= 1 + rng_uniform(r, -0.002, 0.002);
    curve_finish_with(r, s, 1e-3);
}

static void leak_late(rng_t *r, series_t *s)
{
    double base = curve_any_base(r);

    curve_begin(r, s, base);
    s->len = 14400;
    for (unsigned t = 0; t < s->len; t++)
        s->kb[t] = base;
    s->onset = (unsigned) rng_uniform(r, 7200, 13000);
    s->end = s->len;
    s->cls = SERIES_FAST;
    add_leak(s, rng_log(r, 1 * MB, 4 * MB));
    curve_finish(r, s);
}

static void leak_requests(rng_t *r, series_t *s)
{
    double rate = rng_log(r, 300, 6 * MB), sum = 0, load = 1, wave = rng_uniform(r, 0, 0.6);
    double period = rng_log(r, 60, 3600), phase = rng_uniform(r, 0, 2 * PI);

    curve_begin(r, s, curve_any_base(r) / 4);
    leaks_from(r, s);
    for (unsigned t = s->onset; t < s->len; t++) {
        if (t % 7 == 0)
            load = fmax(0, 1 + 0.5 * rng_normal(r));
        sum += rate * load * (1 + wave * sin(phase + 2 * PI * t / period));
        s->kb[t] += sum;
    }
    curve_finish(r, s);
}

static void leak_after_warmup(rng_t *r, series_t *s)
{
    double tau = rng_log(r, 5, 60), size = rng_log(r, 50 * MB, 1 * GB);

    curve_begin(r, s, 20 * MB);
    s->age_ms = 500;
    for (unsigned t = 0; t < s->len; t++)
        s->kb[t] += size * (1 - exp(-(t / tau)));
    s->onset = (unsigned) rng_uniform(r, 0, 240);
    s->end = s->len;
    s->cls = SERIES_FAST;
    add_leak(s, rng_log(r, 1 * MB, 6 * MB));
    curve_finish(r, s);
}

const family_t forensics_leaking[] = {
        {"LEAK fast", true, 2, leak_fast},
        {"LEAK 100 kB/s", true, 2, leak_mild},
        {"LEAK slow", true, 2, leak_slow},
        {"LEAK slow, noisy", true, 1, leak_slow_noisy},
        {"LEAK steps", true, 2, leak_steps},
        {"LEAK bursts", true, 2, leak_bursts},
        {"LEAK sawtooth", true, 2, leak_sawtooth},
        {"LEAK doubling", true, 1, leak_doubling},
        {"LEAK in noise", true, 2, leak_noisy},
        {"LEAK to swap", true, 1, leak_swapped},
        {"LEAK late", true, 1, leak_late},
        {"LEAK requests", true, 2, leak_requests},
        {"LEAK after warm-up", true, 1, leak_after_warmup},
};
const unsigned forensics_leaking_count = ARRAY_SIZE(forensics_leaking);
