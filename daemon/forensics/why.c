#include "daemon/forensics/why.h"
#include "common/cleanup.h"
#include "daemon/forensics/why_private.h"

#include <errno.h>
#include <stdlib.h>

int why_new(why_t **ret, const why_sources_t *sources)
{
    why_t *w = calloc(1, sizeof(*w));

    if (!w)
        return -ENOMEM;
    w->from = *sources;
    *ret = w;
    return 0;
}

void why_free(why_t *w)
{
    if (!w)
        return;
    free(w->members);
    free(w->groups);
    free(w);
}

const moment_t *why_moments(const why_t *w, size_t *ret_n)
{
    *ret_n = w->n_moments;
    return w->moments;
}

bool why_grow(void **array, size_t *max, size_t n, size_t size)
{
    size_t wanted = MAX(*max * 2, (size_t) 256);
    void *larger;

    if (n < *max)
        return true;
    larger = realloc(*array, wanted * size);
    if (!larger)
        return false;
    *array = larger;
    *max = wanted;
    return true;
}

static void describe(const why_t *w, const change_t *c, why_answer_t *ret)
{
    const moment_t *first = &w->moments[0], *last = &w->moments[w->n_moments - 1];
    const ledger_t *start = w->moments[c->start].ledger, *end = w->moments[c->end].ledger;
    const ledger_t *steep = w->moments[c->steep_start].ledger,
                   *steep_end = w->moments[c->steep_end].ledger;
    unseen_t unseen = {0};

    timeline_unseen(w->from.timeline, first->ledger->time_ms, last->ledger->time_ms, &unseen);
    *ret = (why_answer_t){.known_ms = timeline_first_ms(w->from.timeline),
            .from_ms = first->ledger->time_ms,
            .to_ms = last->ledger->time_ms,
            .step_ms = history_levels[first->level].step_s * 1000,
            .used_from_kb = timeline_held_kb(first->ledger),
            .used_to_kb = timeline_held_kb(last->ledger),
            .start = start,
            .end = end,
            .change_from_kb = timeline_held_kb(start),
            .change_to_kb = timeline_held_kb(end),
            .steepest_from_ms = steep->time_ms,
            .steepest_to_ms = steep_end->time_ms,
            .steepest_kb = timeline_held_kb(steep_end) - timeline_held_kb(steep),
            .unseen_from_ms = unseen.from_ms,
            .unseen_to_ms = unseen.to_ms};
}

int why_ask(why_t *w, const why_question_t *q, why_answer_t *ret)
{
    why_answer_t answer;
    change_t c;
    int r;

    w->n_moments = timeline_moments(w->from.timeline, q->from_ms, q->to_ms, w->moments);
    if (w->n_moments == 0)
        return -ENODATA;
    change_find(w->moments, w->n_moments, &c);
    if (q->whole) {
        c.start = 0;
        c.end = w->n_moments - 1;
    }
    describe(w, &c, &answer);
    r = why_find_members(w, q, &c, &answer);
    if (r == 0)
        r = why_make_rows(w, q, &answer);
    if (r == 0)
        *ret = answer;
    return r;
}
