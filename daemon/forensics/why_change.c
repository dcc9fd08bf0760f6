#include "daemon/forensics/why_change.h"
#include "common/cleanup.h"

#include <stdlib.h>

#define FALL_FACTOR 2 // so much greater than the rise is the fall, where it is what matters
#define WORTH_KB    (32 * 1024) // a rise by so much and this part of RAM is always what matters:
#define WORTH_PART  512         // what fell before may well be what was asked about before
#define EDGE        50          // 1/EDGE of the change may be left out at both ends
#define STEP_MIN_MS 500         // captures out of turn follow each other closely

static int64_t used(const moment_t *m)
{
    return timeline_held_kb(m->ledger);
}

static int64_t distance(const moment_t *moments, const change_t *c)
{
    return llabs(used(&moments[c->end]) - used(&moments[c->start]));
}

// sign 1: the greatest rise; -1: the greatest fall.
static change_t greatest(const moment_t *moments, size_t n, int64_t sign)
{
    change_t best = {0};
    int64_t most = 0;
    size_t low = 0;

    for (size_t i = 1; i < n; i++) {
        if (sign * used(&moments[i]) <= sign * used(&moments[low])) {
            low = i;
        } else if (sign * (used(&moments[i]) - used(&moments[low])) > most) {
            most = sign * (used(&moments[i]) - used(&moments[low]));
            best = (change_t){.start = low, .end = i};
        }
    }
    return best;
}

static bool is_near(const moment_t *a, const moment_t *b, int64_t edge)
{
    return llabs(used(a) - used(b)) <= edge;
}

// From the last moment at which it had hardly begun to one at which it was almost over: the first
// at which the processes' own figures are of the same moment as the kernel's sums.
static void trim(const moment_t *moments, size_t n, change_t *c)
{
    int64_t edge = distance(moments, c) / EDGE, least = INT64_MAX;
    size_t start = c->start, top = c->end;

    for (size_t i = c->start; i < top; i++)
        if (is_near(&moments[i], &moments[c->start], edge))
            start = i;
    c->start = start;
    for (size_t i = start + 1; i < n && (i <= top || is_near(&moments[i], &moments[top], edge));
            i++) {
        int64_t gap = llabs(moments[i].ledger->gap_kb - moments[start].ledger->gap_kb);

        if (!is_near(&moments[i], &moments[top], edge) || gap + edge / 2 >= least)
            continue;
        least = gap;
        c->end = i;
    }
}

static void find_steepest(const moment_t *moments, change_t *c, int64_t sign)
{
    double most = -1;

    c->steep_start = c->start;
    c->steep_end = c->end;
    for (size_t i = c->start + 1; i <= c->end; i++) {
        uint64_t ms = moments[i].ledger->time_ms - moments[i - 1].ledger->time_ms;
        double rate = (double) (sign * (used(&moments[i]) - used(&moments[i - 1]))) /
                      (double) MAX(ms, (uint64_t) STEP_MIN_MS);

        if (rate > most) {
            most = rate;
            c->steep_start = i - 1;
            c->steep_end = i;
        }
    }
}

static bool is_worth_it(const moment_t *m, int64_t kb)
{
    int64_t total = 0;

    for (unsigned i = 1; i <= LEDGER_UNEXPLAINED; i++)
        total += m->ledger->kb[i];
    return kb >= MAX((int64_t) WORTH_KB, total / WORTH_PART);
}

void change_find(const moment_t *moments, size_t n, change_t *ret)
{
    change_t rise = greatest(moments, n, 1), fall = greatest(moments, n, -1);
    int64_t rose = distance(moments, &rise);
    bool falls = distance(moments, &fall) > FALL_FACTOR * rose && !is_worth_it(&moments[0], rose);

    *ret = falls ? fall : rise;
    if (distance(moments, ret) == 0) {
        *ret = (change_t){.end = n - 1, .steep_end = n - 1};
        return;
    }
    trim(moments, n, ret);
    find_steepest(moments, ret, falls ? -1 : 1);
}
