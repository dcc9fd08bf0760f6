#include "tests/bench/forensics_parts.h"
#include "common/cleanup.h"

#include <math.h>
#include <string.h>

void parts_begin(rng_t *r, series_t *s, double shortest, double longest)
{
    s->len = (unsigned) rng_uniform(r, shortest, longest);
    s->onset = s->end = s->spike_count = 0;
    s->cls = SERIES_ANY;
    s->mem_total_kb = rng_log(r, 4 * GB, 128 * GB);
    s->age_ms = rng_chance(r, 0.3)   ? (uint64_t) rng_uniform(r, 0, 3000)
                : rng_chance(r, 0.1) ? UINT64_MAX
                                     : (uint64_t) rng_log(r, 3e5, 1e9);
    memset(s->kb, 0, sizeof(s->kb));
}

void parts_load(rng_t *r, unsigned len, double ret_load[SERIES_MAX])
{
    double dwell = rng_log(r, 20, 900), spread = rng_uniform(r, 0.05, 0.6), lag = rng_log(r, 1, 60);
    double level = 1, goal = 1, wobble = 0, shake = rng_uniform(r, 0.02, 0.3);

    for (unsigned t = 0; t < len; t++) {
        if (rng_chance(r, 1 / dwell))
            goal = exp(spread * rng_normal(r));
        level += (goal - level) / lag;
        wobble = 0.8 * wobble + 0.6 * rng_normal(r);
        ret_load[t] = fmax(0, level * (1 + shake * wobble));
    }
}

void parts_begin_any(rng_t *r, series_t *s, double ret_load[SERIES_MAX])
{
    parts_begin(r, s, 1200, 3600);
    parts_load(r, s->len, ret_load);
    part_constant(s, rng_log(r, 2 * MB, 1 * GB));
}

void parts_live(rng_t *r, const series_t *s, double size, double ret_live[SERIES_MAX])
{
    double tau = rng_log(r, 2, 300), steady = rng_uniform(r, 0.05, 0.9);

    for (unsigned t = 0; t < s->len; t++)
        ret_live[t] =
                size * (s->age_ms < 60000 ? steady + (1 - steady) * (1 - exp(-(t / tau))) : 1);
}

void part_constant(series_t *s, double size)
{
    for (unsigned t = 0; t < s->len; t++)
        s->kb[t] += size;
}

void part_saturates(series_t *s, double at, double size, double tau)
{
    for (unsigned t = (unsigned) at; t < s->len; t++)
        s->kb[t] += size * (1 - exp(-(t - at) / tau));
}

void part_logarithm(series_t *s, double at, double size, double tau)
{
    for (unsigned t = (unsigned) at; t < s->len; t++)
        s->kb[t] += size * fmax(0, log1p((t - at) / tau)) / log1p(s->len / tau);
}

void part_popular(series_t *s, double at, double size, double tau, double exponent)
{
    for (unsigned t = (unsigned) at; t < s->len; t++)
        s->kb[t] += size * (1 - pow(1 + fmax(0, t - at) / tau, -exponent));
}

void part_ramp(series_t *s, double at, double size, double rise, double hold)
{
    for (unsigned t = (unsigned) ceil(fmax(0, at)); t < s->len && t < at + rise + hold; t++)
        s->kb[t] += size * fmin(1, (t - at) / rise);
}

// Classes, modules, plans: loaded in bursts as paths are taken for the first time.
void part_classes(rng_t *r, series_t *s, double at, double size, double tau)
{
    double burst = rng_log(r, 0.005, 0.1), loaded = 0, pending = 0;

    for (unsigned t = (unsigned) at; t < s->len; t++) {
        pending = 1 - exp(-(t - at) / tau) - loaded;
        if (pending > 0 && rng_chance(r, fmin(1, pending / burst)))
            loaded += fmin(pending * 1.5, rng_exponential(r, burst));
        s->kb[t] += size * fmin(1, loaded);
    }
}

// Connections, threads, workers: as many as the load needs; opened at once, closed when idle.
void part_pool(rng_t *r, series_t *s, const double *load, double size)
{
    double open = rng_chance(r, 0.5) ? load[0] : 0, idle = rng_log(r, 10, 600);
    double unit = rng_log(r, 0.005, 0.1);

    for (unsigned t = 0; t < s->len; t++) {
        open += load[t] > open ? (load[t] - open) / 2 : (load[t] - open) / idle;
        s->kb[t] += size * ceil(open / unit) * unit;
    }
}

// Requests of very different size; what they free stays in arenas and goes back bit by bit.
void part_requests(rng_t *r, series_t *s, const double *load, double size)
{
    double tail = rng_uniform(r, 1.3, 3), kept = 0, trim = rng_log(r, 1e-3, 1);

    for (unsigned t = 0; t < s->len; t++) {
        double used = 0;
        for (unsigned i = 0; i < 4; i++)
            used += fmin(20, pow(rng_uniform(r, 1e-9, 1), -1 / tail)) / 8;
        used *= load[t];
        kept = used > kept ? used : kept + (used - kept) * trim;
        s->kb[t] += size * kept;
    }
}

// A heap that never goes back: the highest use so far, of requests that vary.
void part_records(rng_t *r, series_t *s, const double *load, double size)
{
    double tail = rng_uniform(r, 2.5, 8), high = 0;

    for (unsigned t = 0; t < s->len; t++) {
        high = fmax(high, fmin(6, pow(rng_uniform(r, 1e-9, 1), -1 / tail)) * load[t]);
        s->kb[t] += size * high / 2;
    }
}

// What comes in goes again after a fixed time.
void part_expiry(rng_t *r, series_t *s, const double *load, double size, double ttl, bool full)
{
    double used = full ? size : 0, chunk = rng_chance(r, 0.5) ? 0 : rng_log(r, 1, 60), due = 0;
    unsigned keep = (unsigned) ttl;

    for (unsigned t = 0; t < s->len; t++) {
        used += size / ttl * load[t];
        due += t >= keep ? size / ttl * load[t - keep] : full ? size / ttl : 0;
        if (chunk < 1 || fmod(t, chunk) < 1) { // swept now and then
            used = fmax(0, used - due);
            due = 0;
        }
        s->kb[t] += used;
    }
}

// Filled in proportion to the load, emptied when full: memtables, buffers, nurseries.
void part_teeth(rng_t *r, series_t *s, const double *load, double size, double period)
{
    double full = rng_uniform(r, 0, 1), flush = rng_log(r, 1, 15), left = 0, rest = 0;

    for (unsigned t = 0; t < s->len; t++) {
        full += load[t] / period;
        if (full >= 1) {
            left += full - rest;
            full = rest = rng_uniform(r, 0, 0.08);
        }
        left -= left / flush;
        s->kb[t] += size * (full + left);
    }
}

void part_jobs(rng_t *r, series_t *s, double size, double every)
{
    double runs = every * rng_uniform(r, 0.02, 0.5), vary = rng_uniform(r, 0, 0.5);

    for (double at = -every * rng_uniform(r, 0, 1); at < s->len; at += every) {
        double part = rng_uniform(r, 0.1, 1), took = fmin(360, runs * rng_uniform(r, 0.6, 1.4));
        if (at >= 0)
            part_ramp(
                    s, at, size * rng_uniform(r, 1 - vary, 1), took * part + 1, took * (1 - part));
    }
}

// Somebody opens some over a few minutes, reads, closes some.
void part_tabs(rng_t *r, series_t *s, double size)
{
    double at = rng_uniform(r, 0, 300);

    while (at < s->len) {
        double every = rng_log(r, 8, 40), stay = rng_log(r, 120, 3000);
        for (unsigned i = (unsigned) rng_uniform(r, 2, 10); i > 0; i--) {
            double gone = rng_exponential(r, stay), one = size * rng_log(r, 0.1, 1), t;
            for (t = ceil(at); t < s->len && t < at + gone; t++)
                s->kb[(unsigned) t] += one * (1 - exp(-(t - at) / 6));
            at += rng_exponential(r, every);
        }
        at += rng_exponential(r, 900);
    }
}

void part_day(rng_t *r, series_t *s, double size, double swing)
{
    double phase = rng_uniform(r, 0, 2 * PI), second = rng_uniform(r, 0, 0.3);

    for (unsigned t = 0; t < s->len; t++) {
        double x = phase + 2 * PI * t / 86400;
        s->kb[t] += size * (1 + swing * (sin(x) + second * sin(2 * x + 1)) / 2);
    }
}

void part_wander(rng_t *r, series_t *s, double size, double sd, double tau)
{
    double x = rng_normal(r), keep = exp(-1 / tau);

    for (unsigned t = 0; t < s->len; t++) {
        x = keep * x + sqrt(1 - keep * keep) * rng_normal(r);
        s->kb[t] += size * (1 + sd * x);
    }
}

void part_heap(rng_t *r, series_t *s, const double *load, const double *live, double young)
{
    double eden = 0, old = 0, committed = live[0] * 1.5 + young, touched = 0;
    double rate = young / rng_log(r, 2, 40), cycle = rng_log(r, 20, 450), survive;
    double low = rng_uniform(r, 0.3, 0.5), high = rng_uniform(r, 0.6, 0.9), step;
    bool uncommits = rng_chance(r, 0.5), compacts = rng_chance(r, 0.5);

    step = rng_uniform(r, 1.05, 1.5);
    survive = fmin(0.5, high * committed / cycle / rate); // what is promoted fills it in a cycle
    for (unsigned t = 0; t < s->len; t++) {
        eden += rate * load[t];
        if (eden > young) {
            old += eden * survive * rng_uniform(r, 0.5, 1.5);
            eden = 0;
        }
        if (live[t] + old > high * committed) { // collect; resize by what is left
            old *= rng_uniform(r, 0, 0.1);
            if (live[t] + old > high * 0.8 * committed)
                committed *= step;
            else if (uncommits && live[t] + old < low * committed)
                committed = fmax(committed / step, live[t] * 1.2);
            touched = compacts ? live[t] + old : touched;
        }
        touched = fmin(committed, fmax(touched, live[t] + old));
        s->kb[t] += touched + (uncommits ? eden : young * fmin(1, t / 20.0));
    }
}

// Reclaim moves pages to swap and back; a page may be counted in both for a moment, or in neither.
static void squeeze(rng_t *r, series_t *s)
{
    double at = rng_uniform(r, 0, s->len), lasts = rng_log(r, 5, 600),
           part = rng_log(r, 1e-4, 3e-3);

    for (unsigned t = (unsigned) at; t < s->len && t < at + lasts; t++)
        s->kb[t] *= 1 + part * rng_uniform(r, -1, 1);
}

static void sample(rng_t *r, series_t *s)
{
    uint64_t now = (uint64_t) rng_log(r, 1e5, 1e10);
    double stalls = rng_chance(r, 0.15) ? rng_log(r, 1e-4, 3e-3) : 0;
    double blind = rng_chance(r, 0.1) ? rng_uniform(r, 0, s->len) : 1e9, lasts = rng_log(r, 5, 200);

    for (unsigned t = 0; t < s->len; t++) {
        uint64_t at = now + t * UINT64_C(1000) + rng_next(&(rng_t){now + t}) % 40;
        s->time_ms[t] = at;
        if (t > 0 && ((t >= blind && t < blind + lasts) || rng_chance(r, stalls)))
            s->time_ms[t] = 0;
    }
}

void parts_finish(rng_t *r, series_t *s)
{
    double page = rng_chance(r, 0.2) ? 2 * MB : rng_chance(r, 0.3) ? 64 : 4;
    double noise = rng_chance(r, 0.3) ? 0 : rng_log(r, 2e-5, 2e-3), x = 0;
    double keep = exp(-1 / rng_log(r, 1, 60));

    if (rng_chance(r, 0.2))
        squeeze(r, s);
    for (unsigned t = 0; t < s->len; t++) {
        x = keep * x + sqrt(1 - keep * keep) * rng_normal(r);
        s->kb[t] = fmax(400, s->kb[t] * (1 + noise * x));
        s->kb[t] = ceil(s->kb[t] / page) * page + 4 * (double) (rng_next(r) % 8);
    }
    sample(r, s);
}
