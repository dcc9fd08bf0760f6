#include "daemon/forensics/trend.h"

#include <math.h>

#include "daemon/forensics/floors.h"

// A rise counts from this share of the mean rise per block on.
#define RISE_SHARE 0.25
#define FLAT_SHARE 0.03

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

static double mean(const uint32_t *v, unsigned n)
{
    double sum = 0;
    for (unsigned i = 0; i < n; i++)
        sum += v[i];
    return sum / n;
}

// Means of thirds: less noisy than differences of single floors.
static void measure_bend(const uint32_t *kept, unsigned n, trend_t *t)
{
    unsigned third = n / 3;
    double a = mean(kept, third), b = mean(kept + (n - third) / 2, third);
    double c = mean(kept + n - third, third);

    t->bend = c > a ? ((c - b) - (b - a)) / (c - a) : -1;
    t->bend_se = c > a ? t->noise_kb * sqrt(6.0 / third) / (c - a) : 1;
}

static void count_rises(const uint32_t *kept, unsigned n, trend_t *t)
{
    double enough = RISE_SHARE * t->growth_kb / (n - 1), largest = 0;
    unsigned quiet = 0;

    for (unsigned i = 1; i < n; i++) {
        double rise = kept[i] - kept[i - 1];
        if (rise > largest)
            largest = rise;
        quiet++;
        if (rise > enough) {
            t->rises++;
            quiet = 0;
        }
        if (quiet > t->pause)
            t->pause = quiet;
    }
    t->largest = t->growth_kb > 0 ? largest / t->growth_kb : 1;
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

bool trend_judge(const uint32_t *v, unsigned n, unsigned from, unsigned held, trend_t *ret)
{
    uint32_t kept[FLOORS_MAX];
    unsigned start;
    trend_t t = {0};

    if (n > FLOORS_MAX || n < from + TREND_MIN)
        return false;
    for (unsigned i = n; i-- > from;)
        kept[i - from] = i + 1 < n && kept[i + 1 - from] < v[i] ? kept[i + 1 - from] : v[i];
    t.growth_kb = (double) kept[n - 1 - from] - kept[0];
    t.held = trend_longest_hold(v, n, TREND_HOLD_SHARE * t.growth_kb);
    if (t.held < held)
        t.held = held;
    if (n < from + TREND_MIN + t.held)
        return false;

    t.n = n - from - t.held;
    start = skip_flat(kept, t.n);
    t.n -= start;
    if (t.n < TREND_MIN)
        return false;
    t.start_kb = kept[start];
    t.growth_kb = (double) kept[start + t.n - 1] - kept[start];
    fit_line(kept + start, t.n, &t);
    measure_bend(kept + start, t.n, &t);
    count_rises(kept + start, t.n, &t);
    *ret = t;
    return true;
}
