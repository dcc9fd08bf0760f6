// What a copy shares with its original, over time.

#include "common/cleanup.h"
#include "daemon/past/history.h"

#include <string.h>

// Between two points it became less evenly.
static uint64_t between(const history_shared_t *s, size_t i, size_t j, uint64_t time_ms)
{
    double part = (double) (time_ms - s->points[i].at_ms) /
                  (double) (s->points[j].at_ms - s->points[i].at_ms);

    return s->points[i].kb - (uint64_t) (part * (double) (s->points[i].kb - s->points[j].kb));
}

// Of those in between the one that can best be done without: the area is least by which the course
// would be another one.
static void drop_one(history_shared_t *s)
{
    double least = -1;
    size_t best = 1;

    for (size_t i = 1; i + 1 < s->n_points; i++) {
        uint64_t kb = between(s, i - 1, i + 1, s->points[i].at_ms);
        uint64_t off_kb = MAX(kb, s->points[i].kb) - MIN(kb, s->points[i].kb);
        double area = (double) off_kb * (double) (s->points[i + 1].at_ms - s->points[i - 1].at_ms);

        if (least >= 0 && area >= least)
            continue;
        least = area;
        best = i;
    }
    s->n_points--;
    memmove(&s->points[best], &s->points[best + 1], (s->n_points - best) * sizeof(s->points[0]));
}

// What it is now.
static void put_point(history_shared_t *s, uint64_t at_ms)
{
    if (s->n_points > 0 && s->points[s->n_points - 1].at_ms >= at_ms)
        return;
    if (s->n_points == HISTORY_SHARED_POINTS)
        drop_one(s);
    s->points[s->n_points].kb = s->kb;
    s->points[s->n_points++].at_ms = at_ms;
}

void history_shared_limit(history_shared_t *s, uint64_t kb, uint64_t before_ms, uint64_t now_ms)
{
    if (kb >= s->kb)
        return;
    if (s->n_points > 0 && s->points[s->n_points - 1].at_ms == now_ms)
        s->n_points--; // once more in the same capture
    put_point(s, before_ms);
    s->kb = kb;
    put_point(s, now_ms);
}

static uint64_t shared_at(const history_shared_t *s, uint64_t time_ms)
{
    size_t i = 0;

    if (s->until_ms != 0 && time_ms >= s->until_ms)
        return 0;
    while (i < s->n_points && s->points[i].at_ms <= time_ms)
        i++;
    if (i == s->n_points)
        return s->kb;
    return i == 0 ? s->points[0].kb : between(s, i - 1, i, time_ms);
}

uint64_t history_own_kb(const history_shared_t *s, uint64_t private_kb, uint64_t time_ms)
{
    return private_kb - MIN(shared_at(s, time_ms), private_kb);
}
