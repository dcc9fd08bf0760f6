// Growth by doubling: a table, a queue or a retry storm that is twice as large each time. In KiB
// its last step is half of all, however many there were.

#include "common/cleanup.h"
#include "daemon/forensics/floors.h"
#include "daemon/forensics/leak_rule.h"

#include <math.h>

#define GROWTH_MIN_KB (64 * 1024)
#define DOUBLINGS_MAX 6.0 // what is smaller than the last by more is lost in what the program does
#define DOUBLINGS_MIN 4.5
#define BEND_SE_MAX   0.2    // so even as steps of one size are
#define UNITS         1024.0 // of a doubling

static double doublings(double growth, double least)
{
    return growth > least ? log2(growth / least) : 0;
}

bool leak_trend_of_doublings(
        const uint32_t *v, unsigned n, unsigned from, unsigned held, trend_t *ret)
{
    uint32_t scaled[FLOORS_MAX], low = UINT32_MAX;
    double growth_kb, least_kb, kb_per_unit;
    trend_t t;

    for (unsigned i = from; i < n; i++)
        low = MIN(low, v[i]);
    growth_kb = (double) v[n - 1] - low;
    if (growth_kb < GROWTH_MIN_KB)
        return false;
    least_kb = ldexp(growth_kb, -(int) DOUBLINGS_MAX);
    for (unsigned i = 0; i < n; i++)
        scaled[i] = (uint32_t) (UNITS * doublings((double) v[i] - low, least_kb));
    if (!trend_judge(scaled, n, from, held, &t) || t.growth_kb < DOUBLINGS_MIN * UNITS ||
            t.bend_se > BEND_SE_MAX)
        return false;
    kb_per_unit = growth_kb / t.growth_kb;
    t.start_kb = low;
    t.growth_kb = growth_kb;
    t.noise_kb *= kb_per_unit;
    t.slope_kb *= kb_per_unit;
    t.slope_se *= kb_per_unit;
    *ret = t;
    return true;
}
