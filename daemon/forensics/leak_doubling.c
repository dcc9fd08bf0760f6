// Growth by doubling: a table, a queue or a retry storm that is twice as large each time, or half
// as large again. In KiB its last step is the better part of all, however many there were.

#include "common/cleanup.h"
#include "daemon/forensics/floors.h"
#include "daemon/forensics/leak_rule.h"

#include <math.h>

#define GROWTH_MIN_KB (64 * 1024)
#define HALF_MAX      0.35 // of the growth by the middle of the window: four doublings leave a fifth
#define DOUBLINGS_MIN 4
#define DOUBLINGS_MAX 6
#define SEEN_MIN      3.5    // of them in what is old enough to be judged
#define SPREAD_MIN    4.5    // equal steps on that scale: four are a few
#define BEND_SE_MAX   0.25   // so even as steps of one size are
#define UNITS         1024.0 // of a doubling

// On the scale where the window's growth is so many doublings of what it began with.
static bool judge(const uint32_t *v, unsigned n, unsigned from, unsigned held, uint32_t low,
        unsigned doublings, trend_t *ret)
{
    double least_kb = ((double) v[n - 1] - low) / (exp2(doublings) - 1);
    uint32_t scaled[FLOORS_MAX];

    for (unsigned i = 0; i < n; i++)
        scaled[i] = (uint32_t) (UNITS * log2(1 + MAX(0, (double) v[i] - low) / least_kb));
    return trend_judge(scaled, n, from, held, ret) && ret->growth_kb >= SEEN_MIN * UNITS &&
           ret->spread >= SPREAD_MIN && ret->bend_se <= BEND_SE_MAX;
}

bool leak_trend_of_doublings(
        const uint32_t *v, unsigned n, unsigned from, unsigned held, trend_t *ret)
{
    uint32_t low = UINT32_MAX;
    double growth_kb, kb_per_unit;
    bool found = false;
    trend_t t;

    for (unsigned i = from; i < n; i++)
        low = MIN(low, v[i]);
    growth_kb = (double) v[n - 1] - low;
    if (growth_kb < GROWTH_MIN_KB || v[(from + n) / 2] > low + HALF_MAX * growth_kb)
        return false;
    // What it began with is not known: the scale on which it is straightest tells.
    for (unsigned doublings = DOUBLINGS_MIN; doublings <= DOUBLINGS_MAX; doublings++) {
        if (judge(v, n, from, held, low, doublings, &t) && (!found || t.bend_se < ret->bend_se)) {
            *ret = t;
            found = true;
        }
    }
    if (!found)
        return false;
    kb_per_unit = growth_kb / ret->growth_kb;
    ret->start_kb = low;
    ret->growth_kb = growth_kb;
    ret->noise_kb *= kb_per_unit;
    ret->slope_kb *= kb_per_unit;
    ret->slope_se *= kb_per_unit;
    return true;
}
