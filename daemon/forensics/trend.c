#include "daemon/forensics/trend.h"
#include "common/cleanup.h"
#include "daemon/forensics/floors.h"

#include <math.h>

// A rise counts from this share of the mean rise per block on.
#define RISE_SHARE 0.17
#define FLAT_SHARE 0.03
#define PARTS      6
#define SXX        (PARTS * (PARTS * PARTS - 1) / 12.0)
#define WHOLE      ((PARTS + 1.0) / PARTS) // the middles of the parts do not span the whole time

#define PATIENCE_MAX 1.5
#define UNEVEN_FREE  0.004 // what even growth shows as well
#define STILL_GROWS  0.7   // of the rate in the window

unsigned trend_longest_hold(const uint32_t *v, unsigned n, double excess_kb)
{
    unsigned run = 0, longest = 0;
    uint32_t kept = UINT32_MAX;

    for (unsigned i = n; i-- > 0;) {
        if (v[i] < kept)
            kept = v[i];
        run = (double) (v[i] - kept) > excess_kb ? run + 1 : 0;
        if (run > longest)
            longest = run;
    }
    return longest;
}

static void fit_line(const uint32_t *kept, unsigned n, trend_t *t)
{
    double mid = (n - 1) / 2.0, sxx = n * ((double) n * n - 1) / 12;
    double sum = 0, sxy = 0, sse = 0;

    for (unsigned i = 0; i < n; i++)
        sum += kept[i];
    for (unsigned i = 0; i < n; i++)
        sxy += (i - mid) * (kept[i] - sum / n);
    t->slope_kb = sxy / sxx;
    for (unsigned i = 0; i < n; i++) {
        double r = kept[i] - (sum / n + t->slope_kb * (i - mid));
        sse += r * r;
    }
    t->noise_kb = sqrt(sse / (n - 2));
    t->slope_se = t->noise_kb / sqrt(sxx);
}

// Of kept[at..end), where both may lie within a block.
static double mean_level(const uint32_t *kept, unsigned n, double at, double end)
{
    double sum = 0;

    for (unsigned i = (unsigned) at; i < n && i < end; i++)
        sum += kept[i] * (MIN(i + 1.0, end) - MAX(i, at));
    return sum / (end - at);
}

// Growth from each of seven equal parts of the time to the next, by their means, for a single floor
// says little: a line through these six tells whether growth slows down, what is left over tells
// how far to believe that.
static void measure_bend(const uint32_t *kept, unsigned n, trend_t *t)
{
    double level[PARTS + 1], part[PARTS], step = n / (PARTS + 1.0), slope = 0, sse = 0, uneven;

    t->bend = -1;
    t->bend_se = 1;
    t->patience = PATIENCE_MAX;
    if (t->growth_kb <= 0)
        return;
    for (unsigned i = 0; i <= PARTS; i++)
        level[i] = mean_level(kept, n, i * step, (i + 1) * step);
    for (unsigned i = 0; i < PARTS; i++) {
        part[i] = (level[i + 1] - level[i]) / (level[PARTS] - level[0]);
        slope += (i - (PARTS - 1) / 2.0) * part[i];
    }
    slope /= SXX;
    for (unsigned i = 0; i < PARTS; i++) {
        double r = part[i] - 1.0 / PARTS - slope * (i - (PARTS - 1) / 2.0);
        sse += r * r;
    }
    t->bend = slope * PARTS * PARTS / 4.0 * WHOLE;
    t->bend_se = sqrt(sse / (PARTS - 2) * PARTS) * WHOLE;
    uneven = 1 + PARTS * MAX(0, sse - UNEVEN_FREE);
    t->patience = MIN(PATIENCE_MAX, uneven * uneven * (1 + PARTS * slope * slope * SXX));
}

static void count_rises(const uint32_t *kept, unsigned n, trend_t *t)
{
    double enough = RISE_SHARE * t->growth_kb / (n - 1), squares = 0;
    unsigned quiet = 0;

    for (unsigned i = 1; i < n; i++) {
        double rise = kept[i] - kept[i - 1];
        squares += rise * rise;
        quiet++;
        if (rise > enough) {
            t->rises++;
            quiet = 0;
        }
        if (quiet > t->pause)
            t->pause = quiet;
    }
    t->spread = squares > 0 ? t->growth_kb * t->growth_kb / squares : 0;
}

static void measure_end(const uint32_t *kept, unsigned n, trend_t *t)
{
    unsigned from = n - 1 - MIN(n - 1, t->pause + 1);

    if (t->slope_kb > 0)
        t->late = ((double) kept[n - 1] - kept[from]) / ((n - 1 - from) * t->slope_kb);
}

// The last floor of the flat part that a window may begin with: growth is timed from there.
static unsigned skip_flat(const uint32_t *kept, unsigned n)
{
    double flat = FLAT_SHARE * (kept[n - 1] - kept[0]);
    unsigned i = 0;

    while (i + 1 < n && kept[i + 1] - kept[0] <= flat)
        i++;
    return i;
}

// Floors after the last rise, unless they are more than passed between rises before: growth by
// steps is judged from step to step.
static unsigned quiet_end(const uint32_t *kept, unsigned n)
{
    double enough = RISE_SHARE * ((double) kept[n - 1] - kept[0]) / n;
    unsigned last = n - 1, at, pause = 0;

    while (last > 0 && kept[last] - kept[last - 1] <= enough)
        last--;
    at = last;
    for (unsigned i = last; i-- > 1;) {
        if (kept[i] - kept[i - 1] <= enough)
            continue;
        pause = MAX(pause, at - i - 1);
        at = i;
    }
    return n - 1 - last <= pause ? n - 1 - last : 0;
}

void trend_look_before(trend_t *t, double kept_kb, unsigned blocks)
{
    double rate = t->growth_kb / (t->n - 1);
    double before = rate > 0 ? (t->start_kb - kept_kb) / blocks / rate : 0;

    if (3 * t->before_n < t->n && 3 * blocks >= t->n)
        t->just_before = before;
    if (blocks <= t->n) {
        t->before_n = blocks;
        t->before = before;
    }
    if (3 * (blocks - t->mark_n) < t->n)
        return;
    if (rate > 0)
        t->slowest = MIN(t->slowest, (t->mark_kb - kept_kb) / (blocks - t->mark_n) / rate);
    t->mark_n = blocks;
    t->mark_kb = kept_kb;
    if (blocks >= t->n && t->slowest >= STILL_GROWS)
        t->faster = MAX(t->faster, before);
}

bool trend_judge(const uint32_t *v, unsigned n, unsigned from, unsigned held, trend_t *ret)
{
    uint32_t kept[FLOORS_MAX];
    unsigned before;
    trend_t t = {0};

    if (n > FLOORS_MAX || n < TREND_MIN || n - TREND_MIN < from)
        return false;
    for (unsigned i = n; i-- > 0;)
        kept[i] = i + 1 < n && kept[i + 1] < v[i] ? kept[i + 1] : v[i];
    t.growth_kb = (double) kept[n - 1] - kept[from];
    t.held = trend_longest_hold(v, n, TREND_HOLD_SHARE * t.growth_kb);
    if (t.held < held)
        t.held = held;
    if (n < from + TREND_MIN + t.held)
        return false;

    t.n = n - from - t.held;
    from += skip_flat(kept + from, t.n);
    t.n = n - from - t.held;
    t.quiet = quiet_end(kept + from, t.n);
    t.n -= t.quiet;
    if (t.n < TREND_MIN)
        return false;
    t.start_kb = kept[from];
    t.growth_kb = (double) kept[from + t.n - 1] - kept[from];
    t.slowest = INFINITY;
    t.mark_kb = t.start_kb;
    for (before = 0; before < MIN(from, 2 * t.n); before++)
        trend_look_before(&t, kept[from - before - 1], before + 1);
    fit_line(kept + from, t.n, &t);
    measure_bend(kept + from, t.n, &t);
    count_rises(kept + from, t.n, &t);
    measure_end(kept + from, t.n, &t);
    *ret = t;
    return true;
}
