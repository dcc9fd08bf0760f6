// The table of an answer: members in groups, and the ledger's lines.

#include "common/cleanup.h"
#include "daemon/forensics/why_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// ---- Groups ------------------------------------------------------------------------------------

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_texts(const text_view_t *a, const text_view_t *b)
{
    int r = memcmp(a->data, b->data, MIN(a->len, b->len));

    return r ? r : compare_numbers(a->len, b->len);
}

static int by_process(const void *x, const void *y)
{
    const member_t *a = x, *b = y;
    int r = compare_numbers(a->who.pid, b->who.pid);

    return r ? r : compare_numbers(a->who.start_time, b->who.start_time);
}

static int by_user(const void *x, const void *y)
{
    const member_t *a = x, *b = y;

    return compare_numbers(a->has_uid ? a->uid + 1 : 0, b->has_uid ? b->uid + 1 : 0);
}

static int by_unit(const void *x, const void *y)
{
    return compare_texts(&((const member_t *) x)->unit, &((const member_t *) y)->unit);
}

static int by_name(const void *x, const void *y)
{
    return compare_texts(&((const member_t *) x)->name, &((const member_t *) y)->name);
}

// Processes with the same name in the same unit.
static int by_program(const void *x, const void *y)
{
    int r = by_name(x, y);

    return r ? r : by_unit(x, y);
}

static int by_process_or_program(const void *x, const void *y)
{
    const member_t *a = x, *b = y;

    if (a->folded != b->folded)
        return a->folded ? 1 : -1;
    return a->folded ? by_program(a, b) : by_process(a, b);
}

static int (*const orders[])(const void *, const void *) = {
        [WHY_BY_PROCESS] = by_process_or_program,
        [WHY_BY_USER] = by_user,
        [WHY_BY_UNIT] = by_unit,
        [WHY_BY_NAME] = by_name};

static int largest_first(const void *x, const void *y)
{
    const group_t *a = x, *b = y;

    return compare_numbers((uint64_t) llabs(b->delta), (uint64_t) llabs(a->delta));
}

static int make_groups(why_t *w, unsigned by)
{
    int (*order)(const void *, const void *) = orders[by < ARRAY_SIZE(orders) ? by : 0];

    w->n_groups = 0;
    if (w->n_members > 0)
        qsort(w->members, w->n_members, sizeof(member_t), order);
    for (size_t i = 0; i < w->n_members; i++) {
        group_t *g;

        if (i == 0 || order(&w->members[i - 1], &w->members[i]) != 0) {
            if (!why_grow((void **) &w->groups, &w->max_groups, w->n_groups, sizeof(group_t)))
                return -ENOMEM;
            w->groups[w->n_groups++] = (group_t){.first = i};
        }
        g = &w->groups[w->n_groups - 1];
        g->count++;
        g->delta += why_delta_of(&w->members[i]);
    }
    if (w->n_groups > 0)
        qsort(w->groups, w->n_groups, sizeof(group_t), largest_first);
    return 0;
}

// What those beyond the limit took that are of the same program as this one.
static int64_t folded_delta(const why_t *w, const member_t *m, size_t limit)
{
    int64_t sum = 0;

    for (size_t i = limit; i < w->n_groups; i++) {
        const member_t *other = &w->members[w->groups[i].first];

        if (by_program(m, other) == 0)
            sum += w->groups[i].delta;
    }
    return sum;
}

static bool is_asked_for(const why_question_t *q, const member_t *m)
{
    return q->pid != 0 && m->who.pid == q->pid && m->who.start_time == q->start_time;
}

// Of a program with more processes than there are rows each may be small, and the program the
// culprit: those beyond the limit are one row, and so are, with them, those of the program that
// took less than half of that. True where the groups are to be made again.
static bool fold(why_t *w, const why_question_t *q, size_t limit)
{
    if (w->n_groups <= limit || w->groups[limit].delta == 0)
        return false;
    for (size_t i = 0; i < w->n_groups && w->groups[i].delta != 0; i++) {
        member_t *m = &w->members[w->groups[i].first];

        if (!is_asked_for(q, m))
            m->folded =
                    i >= limit || llabs(folded_delta(w, m, limit)) > 2 * llabs(w->groups[i].delta);
    }
    return true;
}

static why_row_t row_of(why_t *w, const group_t *g, unsigned by)
{
    const member_t *m = &w->members[g->first];
    why_row_t row = {.count = g->count, .uid = m->uid, .has_uid = m->has_uid};
    bool lives = false;

    for (size_t i = 0; i < g->count; i++) {
        const member_t *other = m + i;

        row.start_kb += other->start_kb;
        row.end_kb += other->end_kb;
        row.has_uid &= other->has_uid && other->uid == m->uid;
        row.exited_ms = MAX(row.exited_ms, other->who.died_ms);
        lives |= other->who.died_ms == 0;
    }
    if (lives)
        row.exited_ms = 0;
    row.peak_kb = MAX(why_peak_of(w, g), MAX(row.start_kb, row.end_kb));
    if (by == WHY_BY_PROCESS && g->count == 1) {
        row.pid = m->who.pid;
        row.start_time = m->who.start_time;
        row.story = lineage_run(w->from.lineage, row.pid, row.start_time);
    }
    if (by == WHY_BY_PROCESS || by == WHY_BY_NAME)
        row.name = m->name;
    if (by == WHY_BY_PROCESS || by == WHY_BY_UNIT)
        row.unit = m->unit;
    return row;
}

// ---- Rows ---------------------------------------------------------------------------------------

static int64_t row_delta(const why_row_t *r)
{
    return (int64_t) (r->end_kb - r->start_kb);
}

static int rises_first(const void *x, const void *y)
{
    int64_t a = row_delta(x), b = row_delta(y);

    return a > b ? -1 : a < b;
}

static int falls_first(const void *x, const void *y)
{
    return rises_first(y, x);
}

static void add_process_rows(why_t *w, const why_question_t *q, size_t limit, why_answer_t *ret)
{
    bool by_process = q->by == WHY_BY_PROCESS;

    for (size_t i = 0; i < w->n_groups; i++) {
        if (w->groups[i].delta == 0)
            break;
        if (i < limit || (by_process && is_asked_for(q, &w->members[w->groups[i].first]))) {
            w->rows[ret->n_rows++] = row_of(w, &w->groups[i], q->by);
        } else {
            ret->others += by_process ? w->groups[i].count : 1;
            ret->others_kb += w->groups[i].delta;
        }
    }
}

// Who filled tmpfs, where one process wrote most of it and the viewer may know what it wrote.
static void name_writer(
        const why_t *w, const why_question_t *q, const why_answer_t *a, why_row_t *r)
{
    bool see_private = true;
    writer_t who;

    if (r->end_kb < r->start_kb ||
            !writers_find(w->from.writers, a->start->time_ms, a->end->time_ms, &who) ||
            who.kb < (r->end_kb - r->start_kb) / 2)
        return;
    if (q->sees && (!q->sees(q->user, who.owner, &see_private) || !see_private))
        return;
    r->pid = who.pid;
    r->start_time = who.start_time;
    r->uid = who.uid;
    r->has_uid = who.has_uid;
    r->name = (text_view_t){who.name, who.name_len};
    r->unit = (text_view_t){who.unit, who.unit_len};
}

// The lines that no process's private memory is part of. Returns what they changed by.
static int64_t add_ledger_rows(why_t *w, const why_question_t *q, why_answer_t *ret)
{
    size_t first = ret->n_rows;
    int64_t sum = 0;

    for (unsigned i = 1; i < LEDGER_LINES; i++) {
        int64_t start = ret->start->kb[i], end = ret->end->kb[i], peak = MAX(start, end);

        if (!ledger_is_used(i) || i == LEDGER_PROCESSES || i == LEDGER_SWAP ||
                i == LEDGER_UNEXPLAINED || start == end)
            continue;
        for (size_t m = 0; m < w->n_moments; m++)
            peak = MAX(peak, w->moments[m].ledger->kb[i]);
        w->rows[ret->n_rows] = (why_row_t){.kind = i,
                .start_kb = (uint64_t) start,
                .end_kb = (uint64_t) end,
                .peak_kb = (uint64_t) peak};
        if (i == LEDGER_SHMEM)
            name_writer(w, q, ret, &w->rows[ret->n_rows]);
        ret->n_rows++;
        sum += end - start;
    }
    why_name_newcomers(w, q, ret, &w->rows[first], ret->n_rows - first);
    return sum;
}

int why_make_rows(why_t *w, const why_question_t *q, why_answer_t *ret)
{
    int64_t change = ret->change_to_kb - ret->change_from_kb, ledger;
    size_t limit = q->limit == 0 || q->limit > WHY_ROWS_MAX ? WHY_ROWS_MAX : q->limit;
    int r = make_groups(w, q->by);

    if (r == 0 && q->by == WHY_BY_PROCESS && fold(w, q, limit))
        r = make_groups(w, q->by);
    if (r < 0)
        return r;
    add_process_rows(w, q, limit, ret);
    ledger = add_ledger_rows(w, q, ret);
    ret->unexplained_kb = change - ret->processes_kb - ledger;
    qsort(w->rows, ret->n_rows, sizeof(why_row_t), change < 0 ? falls_first : rises_first);
    ret->rows = w->rows;
    return 0;
}
