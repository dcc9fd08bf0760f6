#include "daemon/forensics/leak_rule.h"

#include <math.h>

#define MIB 1024.0

// Growth that matters at all, and growth that is large: small growth has to last longer, for the
// smaller it is the more ordinary things look like it.
#define GROWTH_MIN_KB   (8 * MIB)
#define GROWTH_MIN      0.012 // of the level it started from
#define GROWTH_LARGE_KB (192 * MIB)
#define GROWTH_LARGE    0.25
#define GROWTH_SMALL_KB (40 * MIB)
#define GROWTH_SMALL    0.06
#define RATE_MIN_KB_S   16.0

// Mid blocks (30 s) of growth that leave no ordinary explanation.
#define NEEDED_LARGE  15
#define NEEDED_NORMAL 20
#define NEEDED_SMALL  36

#define RISES_MIN   5
#define LARGEST_MAX 0.4   // a single rise that is most of the growth is a step
#define BEND_MIN    -0.07 // slowing down: half of a cache with a time constant of the window
#define SIGNAL_MIN  8.0   // growth over noise

#define FAST_BLOCKS     9
#define FAST_GROWTH_KB  (24 * MIB)
#define FAST_GROWTH     0.03
#define FAST_RISES      6
#define FAST_HOLD_SHARE 0.5

unsigned leak_block_ms(floors_level_t level)
{
    switch (level) {
    case FLOORS_FINE:
        return FLOORS_BLOCK_MS;
    case FLOORS_MID:
        return FLOORS_MID_MS;
    default:
        return FLOORS_COARSE_MS;
    }
}

static unsigned needed_mid_blocks(const trend_t *t, unsigned strict)
{
    unsigned needed = NEEDED_SMALL;

    if (t->growth_kb >= GROWTH_LARGE_KB || t->growth_kb >= GROWTH_LARGE * t->start_kb)
        needed = NEEDED_LARGE;
    else if (t->growth_kb >= GROWTH_SMALL_KB || t->growth_kb >= GROWTH_SMALL * t->start_kb)
        needed = NEEDED_NORMAL;
    return needed + needed * (strict < 3 ? strict : 3) / 3;
}

// What is missing in a window, the most basic thing first.
static leak_reason_t missing(const trend_t *t, floors_level_t level)
{
    double block_s = leak_block_ms(level) / 1000.0;

    if (t->growth_kb < GROWTH_MIN_KB || t->growth_kb < GROWTH_MIN * t->start_kb ||
            (t->slope_kb - t->slope_se) / block_s < RATE_MIN_KB_S)
        return t->held > 0 ? LEAK_REASON_GIVES_BACK : LEAK_REASON_NO_GROWTH;
    if (t->growth_kb < SIGNAL_MIN * t->noise_kb)
        return t->largest > LARGEST_MAX ? LEAK_REASON_STEPS : LEAK_REASON_NOISE;
    if (t->rises < RISES_MIN || t->largest > LARGEST_MAX)
        return LEAK_REASON_STEPS;
    if (t->bend - t->bend_se < BEND_MIN)
        return LEAK_REASON_SLOWING;
    return LEAK_REASON_NONE;
}

static void consider(const trend_t *t, floors_level_t level, unsigned needed, leak_judgement_t *j)
{
    leak_reason_t reason = missing(t, level);
    leak_tag_t tag = LEAK_NONE;

    if (reason == LEAK_REASON_NONE && t->n >= needed)
        tag = LEAK_SET;
    else if (reason == LEAK_REASON_NONE && t->n * 5 >= needed * 3)
        tag = LEAK_SUSPECTED;
    if (reason == LEAK_REASON_NONE && tag != LEAK_SET)
        reason = LEAK_REASON_TOO_SHORT;
    if (j->measured && (tag < j->tag || (tag == j->tag && reason != LEAK_REASON_TOO_SHORT)))
        return;
    *j = (leak_judgement_t){
            .trend = *t,
            .measured = true,
            .tag = tag,
            .reason = reason,
            .level = level,
            .needed = needed,
    };
}

static void judge_level(const floors_t *f, floors_level_t level, unsigned usable, unsigned held,
        unsigned strict, leak_judgement_t *j)
{
    static const uint8_t windows[FLOORS_LEVELS][8] = {
            [FLOORS_MID] = {9, 12, 15, 18, 22, 26, 32, 40},
            [FLOORS_COARSE] = {6, 7, 8, 9, 10, 11, 13, 15},
    };
    unsigned per_mid = level == FLOORS_COARSE ? FLOORS_MID_PER_COARSE : 1;
    uint32_t v[FLOORS_MAX];
    unsigned n = floors_read(f, level, v);
    trend_t t;

    for (unsigned i = 0; i < 8; i++) {
        unsigned len = windows[level][i] + held;

        if (len > n)
            len = n;
        if (len <= usable && trend_judge(v, n, n - len, held, &t))
            consider(&t, level, (needed_mid_blocks(&t, strict) + per_mid - 1) / per_mid, j);
        if (j->tag == LEAK_SET || len == n)
            return;
    }
}

void leak_judge(const floors_t *f, uint32_t anchor, unsigned strict, leak_judgement_t *ret)
{
    uint32_t coarse[FLOORS_MAX], now, then;
    unsigned fresh = f->blocks - anchor, n = floors_read(f, FLOORS_COARSE, coarse), held = 0;

    *ret = (leak_judgement_t){.reason = LEAK_REASON_NO_GROWTH};
    if (!floors_back(f, FLOORS_MID, 0, &now) || !floors_back(f, FLOORS_MID, 8, &then) ||
            now < then + GROWTH_MIN_KB / 8)
        return;
    if (n > 1)
        held = trend_longest_hold(coarse, n, TREND_HOLD_SHARE * (now - then));
    judge_level(
            f, FLOORS_MID, fresh / FLOORS_FINE_PER_MID, held * FLOORS_MID_PER_COARSE, strict, ret);
    if (ret->tag != LEAK_SET && n >= TREND_MIN)
        judge_level(f, FLOORS_COARSE, fresh / FLOORS_FINE_PER_COARSE, held, strict, ret);
}

bool leak_judge_fast(const floors_t *f, uint32_t anchor, trend_t *ret)
{
    uint32_t v[FLOORS_MAX], mid[FLOORS_MAX];
    unsigned n = floors_read(f, FLOORS_FINE, v), m;
    trend_t t;

    if (n < FAST_BLOCKS || f->blocks - anchor < FAST_BLOCKS ||
            v[n - 1] < v[n - FAST_BLOCKS] + FAST_GROWTH_KB)
        return false;
    if (!trend_judge(v, n, n - FAST_BLOCKS, 0, &t) || t.n < FAST_BLOCKS)
        return false;
    if (t.growth_kb < FAST_GROWTH_KB || t.growth_kb < FAST_GROWTH * t.start_kb ||
            t.rises < FAST_RISES || t.largest > LARGEST_MAX || t.bend < 2 * BEND_MIN)
        return false;
    m = floors_read(f, FLOORS_MID, mid);
    if (trend_longest_hold(mid, m, FAST_HOLD_SHARE * t.growth_kb) > 0)
        return false;
    *ret = t;
    return true;
}
