// Suspicion within a minute: steady fast growth.

#include "common/cleanup.h"
#include "daemon/forensics/leak_rule.h"

#define MIB 1024.0

#define GROWTH_MIN_KB (24 * MIB)
#define GROWTH_MIN    0.012 // of the level it started from
#define SIGNAL_MIN    6.0   // growth over noise
#define BEND_MIN      (-0.24)
#define HOLD_SHARE    0.5 // a process that has held and given back so much of it is trusted

// Fine blocks, and over how many equal rises the growth is spread. Sampled every ten seconds, it
// can rise five times in ten of them.
#define BLOCKS        9
#define SPREAD_MIN    4.5
#define BLOCKS_SPARSE 10
#define SPREAD_SPARSE 3.5

// Of a process that is starting up.
#define STARTING_S     120
#define START_S        55 // younger than this: growth is no news
#define START_SPREAD   6.0
#define START_BEND_MIN (-0.1)
#define START_BEND_MAX 0.3

// In seconds; UINT64_MAX: unknown.
static uint64_t age(const leak_state_t *s, uint64_t now_ms)
{
    return s->age_s == UINT32_MAX ? UINT64_MAX : s->age_s + (now_ms - s->first_ms) / 1000;
}

static bool matters(const trend_t *t)
{
    return t->growth_kb >= GROWTH_MIN_KB && t->growth_kb >= GROWTH_MIN * t->start_kb;
}

static bool is_steady(const trend_t *t, bool sparse)
{
    return t->spread >= (sparse ? SPREAD_SPARSE : SPREAD_MIN) &&
           t->growth_kb >= SIGNAL_MIN * t->noise_kb && t->bend >= BEND_MIN;
}

static bool is_even(const trend_t *t)
{
    return t->spread >= START_SPREAD && t->bend >= START_BEND_MIN && t->bend <= START_BEND_MAX;
}

static bool has_given_back(const leak_state_t *s, double growth_kb)
{
    uint32_t v[FLOORS_MAX];
    unsigned n = floors_read(&s->floors, FLOORS_MID, v);

    return trend_longest_hold(v, n, HOLD_SHARE * growth_kb) > 0;
}

bool leak_judge_fast(const leak_state_t *s, uint64_t now_ms, unsigned closed, trend_t *ret)
{
    bool sparse = closed > 1;
    unsigned len = sparse ? BLOCKS_SPARSE : BLOCKS, n;
    uint32_t v[FLOORS_MAX];
    trend_t t;

    n = floors_read(&s->floors, FLOORS_FINE, v);
    if (n < len || s->floors.blocks - MAX(s->anchor, s->doubted) < len ||
            v[n - 1] < v[n - len] + GROWTH_MIN_KB || age(s, now_ms) < START_S)
        return false;
    if (!trend_judge(v, n, n - len, 0, &t) || t.n < len || !matters(&t) || !is_steady(&t, sparse))
        return false;
    if ((age(s, now_ms) < STARTING_S && !is_even(&t)) || has_given_back(s, t.growth_kb))
        return false;
    *ret = t;
    return true;
}
