// What processes had at two moments, and who they are.

#include "common/cleanup.h"
#include "common/procmap.h"
#include "daemon/forensics/why_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// ---- What a process had ------------------------------------------------------------------------

bool why_lives_at(const member_t *m, uint64_t time_ms)
{
    return m->born_ms <= time_ms && (m->who.died_ms == 0 || time_ms < m->who.died_ms);
}

static uint64_t own_kb(const member_t *m, uint64_t private_kb, const moment_t *at)
{
    return history_own_kb(&m->who.shared, private_kb, at->ledger->time_ms);
}

static uint64_t amount(const member_t *m, const history_value_t *v, const moment_t *at)
{
    return own_kb(m, at->is_peak ? v->private_max : v->private_last, at);
}

// Between these: at the host's peak not everybody has a peak.
typedef struct {
    uint64_t most_kb, least_kb;
    bool rises; // it has most at the end of the step
} range_t;

typedef struct {
    const member_t *member;
    const moment_t *at;
    range_t range;
} lookup_t;

static void take_value(void *user, uint64_t first_s, uint32_t count, const history_value_t *value)
{
    lookup_t *l = user;
    range_t *r = &l->range;

    (void) first_s;
    (void) count;
    if (!value)
        return;
    r->most_kb = amount(l->member, value, l->at);
    r->least_kb = l->at->is_peak ? own_kb(l->member, value->private_min, l->at) : r->most_kb;
    r->rises = value->private_last == value->private_max;
}

static range_t range_at(const why_t *w, const member_t *m, const moment_t *at)
{
    uint64_t s = (uint64_t) at->index * history_levels[at->level].step_s;
    lookup_t l = {.member = m, .at = at};

    if (why_lives_at(m, at->ledger->time_ms))
        history_read(w->from.history, m->series, at->level, s, s, take_value, &l);
    return l.range;
}

// What is not the most of those that rise, and of the others.
typedef struct {
    double rising, falling;
} spare_t;

static uint64_t value_at(
        const why_t *w, const member_t *m, const moment_t *at, const spare_t *spare)
{
    range_t r = range_at(w, m, at);
    double part = r.rises ? spare->rising : spare->falling;

    return r.most_kb - (uint64_t) (part * (double) (r.most_kb - MIN(r.least_kb, r.most_kb)));
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
        if (value && why_lives_at(a->member, moments[a->next].ledger->time_ms))
            a->w->sums[a->next] += amount(a->member, value, &moments[a->next]);
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
        history_read(w->from.history, m->series, a.level, (uint64_t) w->moments[i].index * step,
                (uint64_t) w->moments[end - 1].index * step, add_run, &a);
        i = end;
    }
}

uint64_t why_peak_of(why_t *w, const group_t *g)
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

static text_view_t text_of(const intern_t *strings, uint64_t id)
{
    text_view_t t;

    t.data = intern_get(strings, (uint32_t) id, &t.len);
    return t;
}

bool why_identify(const why_t *w, member_t *m, owner_t *ret_owner)
{
    const snapshot_t *s = capture_current(w->from.capture);
    uint32_t slot = capture_find(w->from.capture, m->who.pid, m->who.start_time);
    departed_identity_t d;

    if (slot != PROCMAP_NONE) {
        const process_snapshot_t *p = &s->processes[slot];

        m->name = text_of(s->strings, p->name);
        m->unit = text_of(s->strings, p->unit);
        m->uid = p->uid;
        m->has_uid = PROCESS_KNOWN(p, uid);
        *ret_owner = capture_owner(w->from.capture, slot);
        return true;
    }
    if (!departed_get(w->from.departed, m->series, m->who.pid, m->who.start_time, &d))
        return false;
    m->name = (text_view_t){d.name, d.name_len};
    m->unit = (text_view_t){d.unit, d.unit_len};
    m->uid = d.uid;
    m->has_uid = d.has_uid;
    *ret_owner = d.owner;
    return true;
}

int64_t why_delta_of(const member_t *m)
{
    return (int64_t) m->end_kb - (int64_t) m->start_kb;
}

bool why_next_member(const why_t *w, member_t *m)
{
    uint64_t hz = capture_current(w->from.capture)->system.clock_ticks;

    m->series = history_next(w->from.history, m->series, &m->who);
    m->born_ms = hz ? m->who.start_time * 1000 / hz : 0;
    return m->series != HISTORY_NONE;
}

static double part_of(double amount, double whole)
{
    return whole > 0 ? MIN(MAX(amount / whole, 0.0), 1.0) : 0;
}

// What all had together at a peak is known: where that is less than the sum of what each had at
// most in that step, those did that had more later, and then those that had more before.
static spare_t spare_at(const why_t *w, const moment_t *at)
{
    const int64_t *kb = at->ledger->kb;
    double over = -(double) (kb[LEDGER_PROCESSES] + kb[LEDGER_SWAP] - at->ledger->gap_kb);
    double rising = 0, falling = 0;
    member_t m = {.series = HISTORY_NONE};
    spare_t spare = {0};

    if (!at->is_peak)
        return spare;
    while (why_next_member(w, &m)) {
        range_t r = range_at(w, &m, at);

        over += (double) r.most_kb;
        *(r.rises ? &rising : &falling) += (double) (r.most_kb - MIN(r.least_kb, r.most_kb));
    }
    spare.rising = part_of(over, rising);
    spare.falling = part_of(over - rising, falling);
    return spare;
}

int why_find_members(why_t *w, const why_question_t *q, const change_t *change, why_answer_t *ret)
{
    const moment_t *start = &w->moments[change->start], *end = &w->moments[change->end];
    const spare_t spare_start = spare_at(w, start), spare_end = spare_at(w, end);
    member_t m = {.series = HISTORY_NONE};

    w->n_members = 0;
    while (why_next_member(w, &m)) {
        owner_t owner = {OWNER_ROOT_ONLY, OWNER_ROOT_ONLY};
        bool known, see_private;

        m.start_kb = value_at(w, &m, start, &spare_start);
        m.end_kb = value_at(w, &m, end, &spare_end);
        if (m.start_kb == 0 && m.end_kb == 0)
            continue;
        known = why_identify(w, &m, &owner);
        ret->processes_kb += why_delta_of(&m);
        if (!known || (q->sees && !q->sees(q->user, owner, &see_private))) {
            ret->hidden_kb += why_delta_of(&m);
            continue;
        }
        if (!why_grow((void **) &w->members, &w->max_members, w->n_members, sizeof(member_t)))
            return -ENOMEM;
        w->members[w->n_members++] = m;
        ret->estimated_kb += MIN(m.who.shared.estimated_kb, (uint64_t) llabs(why_delta_of(&m)));
    }
    return 0;
}
