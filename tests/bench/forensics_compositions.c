// Healthy programs put together from parts: a dominant habit that names the family, and at random
// one or two lesser ones beside it.

#include "common/cleanup.h"
#include "tests/bench/forensics_parts.h"

#include <math.h>

static double load[SERIES_MAX];

static double any_size(rng_t *r)
{
    return rng_log(r, 12 * MB, 12 * GB);
}

static double any_start(rng_t *r, const series_t *s)
{
    return s->age_ms < 60000 || rng_chance(r, 0.3) ? rng_uniform(r, 0, 10)
                                                   : rng_uniform(r, 10, s->len * 0.7);
}

static void begin(rng_t *r, series_t *s)
{
    parts_begin_any(r, s, load);
}

// Lesser habits, and the rendering. `size`: of the dominant one.
static void finish(rng_t *r, series_t *s, double size)
{
    for (unsigned i = (unsigned) rng_uniform(r, 0, 3); i > 0; i--) {
        double lesser = size * rng_log(r, 0.01, 0.25);
        switch ((unsigned) rng_uniform(r, 0, 7)) {
        case 0:
            part_saturates(s, any_start(r, s), lesser, rng_log(r, 2, 300));
            break;
        case 1:
            part_pool(r, s, load, lesser);
            break;
        case 2:
            part_requests(r, s, load, lesser);
            break;
        case 3:
            part_teeth(r, s, load, lesser, rng_log(r, 3, 240));
            break;
        case 4:
            part_jobs(r, s, lesser, rng_chance(r, 0.5) ? 60 : 300);
            break;
        case 5:
            part_wander(r, s, lesser, rng_log(r, 0.01, 0.2), rng_log(r, 5, 300));
            break;
        default:
            part_constant(s, lesser);
            break;
        }
    }
    if (s->onset == s->end && rng_chance(r, 0.1)) // restarted: another process goes on
        s->len = (unsigned) rng_uniform(r, 300, s->len);
    parts_finish(r, s);
}

static void saturating(rng_t *r, series_t *s)
{
    double size = any_size(r), at;

    begin(r, s);
    at = any_start(r, s);
    part_saturates(s, at, size, rng_log(r, 1, 900));
    if (rng_chance(r, 0.4))
        part_saturates(s, at, size * rng_log(r, 0.1, 1), rng_log(r, 1, 900));
    finish(r, s, size);
}

static void logarithmic(rng_t *r, series_t *s)
{
    double size = any_size(r);

    begin(r, s);
    part_logarithm(s, any_start(r, s), size, rng_log(r, 1, 120));
    finish(r, s, size);
}

static void popularity(rng_t *r, series_t *s)
{
    double size = any_size(r);

    begin(r, s);
    part_popular(s, any_start(r, s), size, rng_log(r, 5, 600), rng_uniform(r, 0.3, 2));
    finish(r, s, size);
}

static void fills_and_stops(rng_t *r, series_t *s)
{
    double size = any_size(r), at, left = 1;

    begin(r, s);
    at = any_start(r, s);
    for (unsigned i = (unsigned) rng_uniform(r, 1, 4); i > 0; i--) { // in stages
        double part = i == 1 ? left : left * rng_uniform(r, 0.2, 0.8), rise = rng_log(r, 5, 330);
        part_ramp(s, at, size * part, rise, 1e9);
        at += rise + rng_log(r, 5, 600);
        left -= part;
    }
    finish(r, s, size);
}

static void metaspace(rng_t *r, series_t *s)
{
    double size = rng_log(r, 20 * MB, 1 * GB);

    begin(r, s);
    part_classes(r, s, any_start(r, s), size, rng_log(r, 10, 600));
    finish(r, s, size);
}

static void pools(rng_t *r, series_t *s)
{
    double size = any_size(r);

    begin(r, s);
    part_pool(r, s, load, size);
    finish(r, s, size);
}

static void arenas(rng_t *r, series_t *s)
{
    double size = rng_log(r, 12 * MB, 4 * GB);

    begin(r, s);
    part_requests(r, s, load, size);
    finish(r, s, size);
}

static void high_water(rng_t *r, series_t *s)
{
    double size = rng_log(r, 12 * MB, 4 * GB);

    begin(r, s);
    part_records(r, s, load, size);
    finish(r, s, size);
}

static void with_expiry(rng_t *r, series_t *s)
{
    double size = rng_log(r, 20 * MB, 8 * GB);

    begin(r, s);
    part_expiry(r, s, load, size, rng_log(r, 20, 390), rng_chance(r, 0.5));
    finish(r, s, size);
}

static void memtables(rng_t *r, series_t *s)
{
    double size = rng_log(r, 16 * MB, 4 * GB);

    begin(r, s);
    part_teeth(r, s, load, size, rng_log(r, 5, 360));
    finish(r, s, size);
}

static void heaps(rng_t *r, series_t *s)
{
    static double live[SERIES_MAX];
    double size = rng_log(r, 12 * MB, 8 * GB);

    begin(r, s);
    parts_live(r, s, size, live);
    part_heap(r, s, load, live, size * rng_log(r, 0.05, 1));
    finish(r, s, size);
}

static void jobs(rng_t *r, series_t *s)
{
    static const double every[] = {60, 120, 300, 600, 900, 1800, 3600};
    double size = any_size(r);

    begin(r, s);
    part_jobs(r, s, size, every[rng_next(r) % ARRAY_SIZE(every)]);
    finish(r, s, size);
}

static void tabs(rng_t *r, series_t *s)
{
    double size = rng_log(r, 20 * MB, 300 * MB);

    begin(r, s);
    part_tabs(r, s, size);
    finish(r, s, 4 * size);
}

static void day_flank(rng_t *r, series_t *s)
{
    double size = any_size(r);

    begin(r, s);
    part_day(r, s, size, rng_uniform(r, 0.05, 0.7));
    finish(r, s, 0.1 * size);
}

static void wandering(rng_t *r, series_t *s)
{
    double size = any_size(r);

    begin(r, s);
    part_wander(r, s, size, rng_log(r, 0.003, 0.12), rng_log(r, 1, 900));
    finish(r, s, 0.2 * size);
}

static void quiet(rng_t *r, series_t *s)
{
    begin(r, s);
    part_constant(s, any_size(r));
    finish(r, s, 10 * MB);
}

static void short_lived(rng_t *r, series_t *s)
{
    double size = rng_log(r, 10 * MB, 4 * GB);

    parts_begin(r, s, 2, 3);
    s->age_ms = (uint64_t) rng_uniform(r, 0, 900);
    s->len = (unsigned) rng_log(r, 3, 420);
    parts_load(r, s->len, load);
    if (rng_chance(r, 0.5))
        part_ramp(s, 0, size, s->len * rng_uniform(r, 0.3, 1.2), 1e9);
    else
        part_saturates(s, 0, size, s->len * rng_uniform(r, 0.1, 1));
    part_requests(r, s, load, size * rng_log(r, 0.02, 0.5));
    parts_finish(r, s);
}

/* ------------------------------------------------------------------ beyond reach of any rule */

static void expiry_long(rng_t *r, series_t *s)
{
    double size = rng_log(r, 100 * MB, 8 * GB);

    begin(r, s);
    part_expiry(r, s, load, size, rng_log(r, 600, 2400), false);
    finish(r, s, size);
}

static void head_block(rng_t *r, series_t *s)
{
    double size = rng_log(r, 500 * MB, 8 * GB);

    begin(r, s);
    s->len = 10800;
    parts_load(r, s->len, load);
    part_constant(s, size);
    part_teeth(r, s, load, size, 7200);
    finish(r, s, size);
}

const family_t forensics_compositions[] = {
        {"saturating", false, 3, saturating},
        {"logarithmic", false, 2, logarithmic},
        {"popularity", false, 2, popularity},
        {"fills and stops", false, 3, fills_and_stops},
        {"metaspace", false, 1, metaspace},
        {"pools", false, 2, pools},
        {"arenas", false, 2, arenas},
        {"high water", false, 2, high_water},
        {"with expiry", false, 2, with_expiry},
        {"memtables", false, 2, memtables},
        {"heaps resized", false, 3, heaps},
        {"jobs", false, 2, jobs},
        {"tabs", false, 2, tabs},
        {"day flank", false, 2, day_flank},
        {"wandering", false, 2, wandering},
        {"quiet", false, 2, quiet},
        {"short-lived", false, 15, short_lived},
};
const unsigned forensics_compositions_count = ARRAY_SIZE(forensics_compositions);

const family_t forensics_beyond[] = {
        {"expiry, long", false, 1, expiry_long},
        {"head block of 2 h", false, 1, head_block},
};
const unsigned forensics_beyond_count = ARRAY_SIZE(forensics_beyond);
