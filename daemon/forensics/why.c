#include "daemon/forensics/why.h"
#include "common/arena.h"
#include "common/cleanup.h"
#include "common/procmap.h"
#include "daemon/forensics/why_change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// A process with memory at the begin or the end of the change.
typedef struct {
    uint32_t series;
    history_identity_t who;
    uint64_t born_ms;
    uint64_t start_kb, end_kb;
    text_view_t name, unit;
    uint64_t uid;
    bool has_uid;
} member_t;

// Members next to each other.
typedef struct {
    size_t first, count;
    int64_t delta;
} group_t;

struct why {
    const capture_t *capture;
    const history_t *history;
    const departed_t *departed;
    const timeline_t *timeline;
    moment_t moments[TIMELINE_MOMENTS_MAX];
    uint64_t sums[TIMELINE_MOMENTS_MAX];
    size_t n_moments;
    member_t *members;
    size_t n_members, max_members;
    group_t *groups;
    size_t n_groups, max_groups;
    why_row_t rows[WHY_ROWS_MAX + LEDGER_LINES];
};

int why_new(why_t **ret, const capture_t *capture, const history_t *history,
        const departed_t *departed, const timeline_t *timeline)
{
    why_t *w = calloc(1, sizeof(*w));

    if (!w)
        return -ENOMEM;
    w->capture = capture;
    w->history = history;
    w->departed = departed;
    w->timeline = timeline;
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

// ---- What a process had ------------------------------------------------------------------------

static bool lives_at(const member_t *m, const moment_t *at)
{
    return m->born_ms <= at->ledger->time_ms &&
           (m->who.died_ms == 0 || at->ledger->time_ms < m->who.died_ms);
}

static uint64_t amount(const history_value_t *v, const moment_t *at)
{
    return at->is_peak ? v->private_max : v->private_last;
}

typedef struct {
    const moment_t *at;
    uint64_t kb;
} lookup_t;

static void take_value(void *user, uint64_t first_s, uint32_t count, const history_value_t *value)
{
    lookup_t *l = user;

    (void) first_s;
    (void) count;
    if (value)
        l->kb = amount(value, l->at);
}

static uint64_t value_at(const why_t *w, const member_t *m, const moment_t *at)
{
    uint64_t s = (uint64_t) at->index * history_levels[at->level].step_s;
    lookup_t l = {.at = at};

    if (lives_at(m, at))
        history_read(w->history, m->series, at->level, s, s, take_value, &l);
    return l.kb;
}

typedef struct {
    why_t *w;
    const member_t *member;
    unsigned level;
    size_t next; // moment
} adding_t;

static void add_run(void *user, uint64_t first_s, uint32_t count, const history_value_t *value)
{
    adding_t *a = user;
    const moment_t *moments = a->w->moments;
    uint64_t first = first_s / history_levels[a->level].step_s;

    while (a->next < a->w->n_moments && moments[a->next].level == a->level &&
            moments[a->next].index < first)
        a->next++;
    for (; a->next < a->w->n_moments && moments[a->next].level == a->level &&
            moments[a->next].index < first + count;
            a->next++)
        if (value && lives_at(a->member, &moments[a->next]))
            a->w->sums[a->next] += amount(value, &moments[a->next]);
}

// Adds what the process had at each moment to the sums.
static void add_series(why_t *w, const member_t *m)
{
    for (size_t i = 0; i < w->n_moments;) {
        adding_t a = {.w = w, .member = m, .level = w->moments[i].level, .next = i};
        uint32_t step = history_levels[a.level].step_s;
        size_t end = i;

        while (end < w->n_moments && w->moments[end].level == a.level)
            end++;
        history_read(w->history, m->series, a.level, (uint64_t) w->moments[i].index * step,
                (uint64_t) w->moments[end - 1].index * step, add_run, &a);
        i = end;
    }
}

static uint64_t peak_of(why_t *w, const group_t *g)
{
    uint64_t peak = 0;

    memset(w->sums, 0, w->n_moments * sizeof(w->sums[0]));
    for (size_t i = 0; i < g->count; i++)
        add_series(w, &w->members[g->first + i]);
    for (size_t i = 0; i < w->n_moments; i++)
        peak = MAX(peak, w->sums[i]);
    return peak;
}

// ---- Who they are ------------------------------------------------------------------------------

static bool grow(void **array, size_t *max, size_t n, size_t size)
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

static text_view_t text_of(const intern_t *strings, uint64_t id)
{
    text_view_t t;

    t.data = intern_get(strings, (uint32_t) id, &t.len);
    return t;
}

static bool identify(const why_t *w, member_t *m, owner_t *ret_owner)
{
    const snapshot_t *s = capture_current(w->capture);
    uint32_t slot = capture_find(w->capture, m->who.pid, m->who.start_time);
    departed_identity_t d;

    if (slot != PROCMAP_NONE) {
        const process_snapshot_t *p = &s->processes[slot];

        m->name = text_of(s->strings, p->name);
        m->unit = text_of(s->strings, p->unit);
        m->uid = p->uid;
        m->has_uid = PROCESS_KNOWN(p, uid);
        *ret_owner = capture_owner(w->capture, slot);
        return true;
    }
    if (!departed_get(w->departed, m->series, m->who.pid, m->who.start_time, &d))
        return false;
    m->name = (text_view_t){d.name, d.name_len};
    m->unit = (text_view_t){d.unit, d.unit_len};
    m->uid = d.uid;
    m->has_uid = d.has_uid;
    *ret_owner = d.owner;
    return true;
}

static int64_t delta_of(const member_t *m)
{
    return (int64_t) m->end_kb - (int64_t) m->start_kb;
}

static int find_members(
        why_t *w, const why_question_t *q, const change_t *change, why_answer_t *ret)
{
    uint64_t hz = capture_current(w->capture)->system.clock_ticks;
    member_t m = {.series = HISTORY_NONE};

    w->n_members = 0;
    while ((m.series = history_next(w->history, m.series, &m.who)) != HISTORY_NONE) {
        owner_t owner = {OWNER_ROOT_ONLY, OWNER_ROOT_ONLY};
        bool known;

        m.born_ms = hz ? m.who.start_time * 1000 / hz : 0;
        m.start_kb = value_at(w, &m, &w->moments[change->start]);
        m.end_kb = value_at(w, &m, &w->moments[change->end]);
        if (m.start_kb == 0 && m.end_kb == 0)
            continue;
        known = identify(w, &m, &owner);
        ret->processes_kb += delta_of(&m);
        if (!known || (q->sees && !q->sees(q->user, owner))) {
            ret->hidden_kb += delta_of(&m);
            continue;
        }
        if (!grow((void **) &w->members, &w->max_members, w->n_members, sizeof(member_t)))
            return -ENOMEM;
        w->members[w->n_members++] = m;
    }
    return 0;
}

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

static int (*const orders[])(const void *, const void *) = {[WHY_BY_PROCESS] = by_process,
        [WHY_BY_USER] = by_user,
        [WHY_BY_UNIT] = by_unit,
        [WHY_BY_NAME] = by_name};

static int make_groups(why_t *w, unsigned by)
{
    int (*order)(const void *, const void *) = orders[by < ARRAY_SIZE(orders) ? by : 0];

    w->n_groups = 0;
    if (w->n_members > 0)
        qsort(w->members, w->n_members, sizeof(member_t), order);
    for (size_t i = 0; i < w->n_members; i++) {
        group_t *g;

        if (i == 0 || order(&w->members[i - 1], &w->members[i]) != 0) {
            if (!grow((void **) &w->groups, &w->max_groups, w->n_groups, sizeof(group_t)))
                return -ENOMEM;
            w->groups[w->n_groups++] = (group_t){.first = i};
        }
        g = &w->groups[w->n_groups - 1];
        g->count++;
        g->delta += delta_of(&w->members[i]);
    }
    return 0;
}

static int largest_first(const void *x, const void *y)
{
    const group_t *a = x, *b = y;

    return compare_numbers((uint64_t) llabs(b->delta), (uint64_t) llabs(a->delta));
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
    row.peak_kb = MAX(peak_of(w, g), MAX(row.start_kb, row.end_kb));
    if (by == WHY_BY_PROCESS) {
        row.pid = m->who.pid;
        row.start_time = m->who.start_time;
    }
    if (by == WHY_BY_PROCESS || by == WHY_BY_NAME)
        row.name = m->name;
    if (by == WHY_BY_PROCESS || by == WHY_BY_UNIT)
        row.unit = m->unit;
    return row;
}

// ---- The answer --------------------------------------------------------------------------------

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

static void add_process_rows(why_t *w, const why_question_t *q, why_answer_t *ret)
{
    size_t limit = q->limit == 0 || q->limit > WHY_ROWS_MAX ? WHY_ROWS_MAX : q->limit;

    if (w->n_groups > 0)
        qsort(w->groups, w->n_groups, sizeof(group_t), largest_first);
    for (size_t i = 0; i < w->n_groups; i++) {
        if (w->groups[i].delta == 0)
            break;
        if (i < limit) {
            w->rows[ret->n_rows++] = row_of(w, &w->groups[i], q->by);
        } else {
            ret->others++;
            ret->others_kb += w->groups[i].delta;
        }
    }
}

// The lines that no process's private memory is part of. Returns what they changed by.
static int64_t add_ledger_rows(why_t *w, why_answer_t *ret)
{
    int64_t sum = 0;

    for (unsigned i = 1; i < LEDGER_LINES; i++) {
        int64_t start = ret->start->kb[i], end = ret->end->kb[i], peak = MAX(start, end);

        if (!ledger_is_used(i) || i == LEDGER_PROCESSES || i == LEDGER_SWAP ||
                i == LEDGER_UNEXPLAINED || start == end)
            continue;
        for (size_t m = 0; m < w->n_moments; m++)
            peak = MAX(peak, w->moments[m].ledger->kb[i]);
        w->rows[ret->n_rows++] = (why_row_t){.kind = i,
                .start_kb = (uint64_t) start,
                .end_kb = (uint64_t) end,
                .peak_kb = (uint64_t) peak};
        sum += end - start;
    }
    return sum;
}

static void describe(const why_t *w, const change_t *c, why_answer_t *ret)
{
    const moment_t *first = &w->moments[0], *last = &w->moments[w->n_moments - 1];
    const ledger_t *steep = w->moments[c->steep_start].ledger,
                   *steep_end = w->moments[c->steep_end].ledger;

    *ret = (why_answer_t){.known_ms = timeline_first_ms(w->timeline),
            .from_ms = first->ledger->time_ms,
            .to_ms = last->ledger->time_ms,
            .step_ms = history_levels[first->level].step_s * 1000,
            .used_from_kb = first->ledger->used_kb,
            .used_to_kb = last->ledger->used_kb,
            .start = w->moments[c->start].ledger,
            .end = w->moments[c->end].ledger,
            .steepest_from_ms = steep->time_ms,
            .steepest_to_ms = steep_end->time_ms,
            .steepest_kb = steep_end->used_kb - steep->used_kb};
}

int why_ask(why_t *w, const why_question_t *q, why_answer_t *ret)
{
    int64_t change, ledger;
    why_answer_t answer;
    change_t c;
    int r;

    w->n_moments = timeline_moments(w->timeline, q->from_ms, q->to_ms, w->moments);
    if (w->n_moments == 0)
        return -ENODATA;
    change_find(w->moments, w->n_moments, &c);
    if (q->whole) {
        c.start = 0;
        c.end = w->n_moments - 1;
    }
    describe(w, &c, &answer);
    r = find_members(w, q, &c, &answer);
    if (r == 0)
        r = make_groups(w, q->by);
    if (r < 0)
        return r;
    add_process_rows(w, q, &answer);
    ledger = add_ledger_rows(w, &answer);
    change = answer.end->used_kb - answer.start->used_kb;
    answer.unexplained_kb = change - answer.processes_kb - ledger;
    qsort(w->rows, answer.n_rows, sizeof(why_row_t), change < 0 ? falls_first : rises_first);
    answer.rows = w->rows;
    *ret = answer;
    return 0;
}
