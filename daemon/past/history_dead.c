// Whose past makes room for others': of all users, the dead of whoever has most. So nobody makes
// the daemon forget who else took memory by having many processes end.

#include "daemon/past/history_private.h"

void history_dead_init(history_t *h)
{
    for (int i = 0; i < DEAD_LISTS; i++)
        h->dead[i] = (dead_list_t){.oldest = HISTORY_NONE, .newest = HISTORY_NONE};
}

void history_set_user(history_t *h, uint32_t id, uint32_t uid)
{
    if (id != HISTORY_NONE)
        h->series[id].list = (uint8_t) (uid % DEAD_LISTS);
}

void history_dead_add(history_t *h, uint32_t id)
{
    series_t *s = &h->series[id];
    dead_list_t *l = &h->dead[s->list];

    s->newer = HISTORY_NONE;
    s->older = l->newest;
    if (l->newest != HISTORY_NONE)
        h->series[l->newest].newer = id;
    else
        l->oldest = id;
    l->newest = id;
    l->count++;
}

void history_dead_remove(history_t *h, uint32_t id)
{
    const series_t *s = &h->series[id];
    dead_list_t *l = &h->dead[s->list];

    if (s->older != HISTORY_NONE)
        h->series[s->older].newer = s->newer;
    else
        l->oldest = s->newer;
    if (s->newer != HISTORY_NONE)
        h->series[s->newer].older = s->older;
    else
        l->newest = s->older;
    l->count--;
}

// Whether the one whose oldest is `a` is to make room rather than that of `b`.
static bool comes_first(const history_t *h, const dead_list_t *a, const dead_list_t *b)
{
    if (a->count != b->count)
        return a->count > b->count;
    return h->series[a->oldest].died_ms < h->series[b->oldest].died_ms;
}

uint32_t history_dead_first(const history_t *h)
{
    const dead_list_t *first = NULL;

    for (int i = 0; i < DEAD_LISTS; i++)
        if (h->dead[i].count > 0 && (!first || comes_first(h, &h->dead[i], first)))
            first = &h->dead[i];
    return first ? first->oldest : HISTORY_NONE;
}

uint32_t history_dead_before(const history_t *h, uint64_t time_ms)
{
    for (int i = 0; i < DEAD_LISTS; i++)
        if (h->dead[i].count > 0 && h->series[h->dead[i].oldest].died_ms < time_ms)
            return h->dead[i].oldest;
    return HISTORY_NONE;
}
