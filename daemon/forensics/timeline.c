#include "daemon/forensics/timeline.h"
#include "common/arena.h"
#include "common/cleanup.h"
#include "protocol/cursor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// The gap wanders as processes share more or less; what is more than that leaves, or is there to
// stay when it has not moved for so long.
#define WANDER_KB (16 * 1024)
#define STAYS_MS  3000

#define UNSEEN_BEATS   3 // of its rhythm
#define RHYTHM_INERTIA 8

typedef struct {
    uint32_t index; // time / step
    ledger_t last, peak;
} step_t;

typedef struct {
    step_t *at; // `size` of them, the place of a step is index % size
    uint32_t size;
    uint32_t newest; // index
    bool any;
} level_t;

struct timeline {
    arena_t arena;
    level_t level[HISTORY_LEVELS];
    uint64_t last_ms;
    unseen_t unseen[TIMELINE_UNSEEN_MAX]; // from_ms 0: none
    uint32_t next_unseen;
    uint64_t rhythm_ms;     // usual time between two ledgers; 0: not known yet
    int64_t gap_kb;         // that is usual
    int64_t last_gap_kb;    // of the last ledger
    int64_t unexplained_kb; // of the last one of which nothing was leaving
    uint64_t still_ms;      // since when it has not moved
    uint64_t leaving_ms;    // since when something has been leaving; 0: nothing is
    bool has_gap;
};

static uint32_t steps_of(unsigned level)
{
    return history_levels[level].span_s / history_levels[level].step_s + 1;
}

int timeline_new(timeline_t **ret)
{
    timeline_t *t = calloc(1, sizeof(*t));
    size_t steps = 0;
    step_t *at;
    int r;

    if (!t)
        return -ENOMEM;
    for (unsigned i = 0; i < HISTORY_LEVELS; i++)
        steps += steps_of(i);
    r = arena_init(&t->arena, steps * sizeof(step_t));
    if (r < 0) {
        free(t);
        return r;
    }
    at = (step_t *) (void *) t->arena.base;
    for (unsigned i = 0; i < HISTORY_LEVELS; i++) {
        t->level[i] = (level_t){.at = at, .size = steps_of(i)};
        at += t->level[i].size;
    }
    *ret = t;
    return 0;
}

void timeline_free(timeline_t *t)
{
    if (!t)
        return;
    arena_done(&t->arena);
    free(t);
}

int64_t timeline_held_kb(const ledger_t *l)
{
    return l->used_kb - l->leaving_kb;
}

static void take_back(ledger_t *l, uint64_t since_ms, int64_t kb)
{
    if (l->time_ms >= since_ms)
        l->leaving_kb = MAX(l->leaving_kb - kb, INT64_C(0));
}

// What has stayed for so long was not leaving: processes share less than before. Otherwise memory
// would seem to come back that nobody has taken.
static void stayed(timeline_t *t, int64_t kb)
{
    for (unsigned i = 0; i < HISTORY_LEVELS; i++) {
        level_t *level = &t->level[i];

        for (uint32_t k = 0; k < level->size; k++) {
            step_t *s = &level->at[(level->newest - k) % level->size];

            if (s->last.time_ms < t->leaving_ms)
                break;
            take_back(&s->last, t->leaving_ms, kb);
            take_back(&s->peak, t->leaving_ms, kb);
            if (timeline_held_kb(&s->last) >= timeline_held_kb(&s->peak))
                s->peak = s->last;
        }
    }
}

static int64_t leaving_kb(timeline_t *t, const ledger_t *l)
{
    int64_t off = l->gap_kb - t->gap_kb, unexplained = l->kb[LEDGER_UNEXPLAINED];

    if (llabs(l->gap_kb - t->last_gap_kb) >= WANDER_KB)
        t->still_ms = l->time_ms;
    t->last_gap_kb = l->gap_kb;
    if (!t->has_gap || llabs(off) < WANDER_KB || l->time_ms - t->still_ms >= STAYS_MS) {
        if (t->leaving_ms > 0 && off >= WANDER_KB)
            stayed(t, off);
        t->gap_kb = l->gap_kb;
        t->has_gap = true;
        t->unexplained_kb = unexplained;
        t->leaving_ms = 0;
        return 0;
    }
    if (off < 0)
        return 0;
    if (t->leaving_ms == 0)
        t->leaving_ms = l->time_ms;
    // On its way a page is no process's any more before it is free.
    return off + MAX(unexplained - t->unexplained_kb, INT64_C(0));
}

bool timeline_gap_kb(const timeline_t *t, int64_t *ret)
{
    if (t->has_gap)
        *ret = t->gap_kb;
    return t->has_gap;
}

// Captures out of turn are closer than usual, and recorded samples may be further apart.
static void note_unseen(timeline_t *t, uint64_t now_ms)
{
    uint64_t passed_ms = now_ms - t->last_ms;

    if (t->rhythm_ms > 0 && passed_ms >= MAX(TIMELINE_UNSEEN_MS, UNSEEN_BEATS * t->rhythm_ms))
        t->unseen[t->next_unseen++ % TIMELINE_UNSEEN_MAX] = (unseen_t){t->last_ms, now_ms};
    else if (passed_ms > t->rhythm_ms)
        t->rhythm_ms = passed_ms;
    else
        t->rhythm_ms -= (t->rhythm_ms - passed_ms) / RHYTHM_INERTIA;
}

void timeline_record(timeline_t *t, const ledger_t *ledger)
{
    ledger_t l = *ledger;

    if (t->last_ms > 0)
        note_unseen(t, l.time_ms);
    l.leaving_kb = leaving_kb(t, ledger);
    for (unsigned i = 0; i < HISTORY_LEVELS; i++) {
        level_t *level = &t->level[i];
        uint32_t index = (uint32_t) (l.time_ms / 1000 / history_levels[i].step_s);
        step_t *s = &level->at[index % level->size];

        if (!level->any || level->newest != index)
            *s = (step_t){.index = index, .last = l, .peak = l};
        s->last = l;
        if (timeline_held_kb(&l) >= timeline_held_kb(&s->peak))
            s->peak = l;
        level->newest = index;
        level->any = true;
    }
    t->last_ms = l.time_ms;
}

void timeline_prepare(timeline_t *t)
{
    for (unsigned i = 0; i < HISTORY_LEVELS; i++) {
        const level_t *l = &t->level[i];

        arena_touch(&l->at[(l->newest + 1) % l->size], sizeof(step_t));
    }
}

// NULL: nothing is known of that step, or no longer.
static const step_t *step_at(const level_t *l, uint32_t index)
{
    const step_t *s = &l->at[index % l->size];

    return l->any && s->last.time_ms > 0 && s->index == index ? s : NULL;
}

// The first second that `level` is to be asked for: the levels below take over from there.
static uint64_t begin_of(const timeline_t *t, unsigned level)
{
    uint64_t now_s = t->last_ms / 1000;
    uint32_t above = level + 1 < HISTORY_LEVELS ? history_levels[level + 1].step_s : 1;
    uint64_t first = now_s - MIN(now_s, (uint64_t) history_levels[level].span_s -
                                                history_levels[level].step_s);

    return level + 1 < HISTORY_LEVELS ? (first + above - 1) / above * above : first;
}

typedef struct {
    uint64_t from_ms, to_ms;
    moment_t *at;
    size_t n;
} collection_t;

static void collect(collection_t *c, const moment_t *m)
{
    uint64_t time_ms = m->ledger->time_ms;

    if (time_ms > c->to_ms)
        return;
    // Of those before the span the last one is enough.
    if (time_ms <= c->from_ms && c->n == 1 && c->at[0].ledger->time_ms <= c->from_ms)
        c->n = 0;
    if (c->n < TIMELINE_MOMENTS_MAX)
        c->at[c->n++] = *m;
}

static void collect_step(collection_t *c, unsigned level, const step_t *s)
{
    const moment_t peak = {&s->peak, level, s->index, true}, last = {&s->last, level, s->index};

    if (s->peak.time_ms < s->last.time_ms)
        collect(c, &peak);
    collect(c, &last);
}

size_t timeline_moments(const timeline_t *t, uint64_t from_ms, uint64_t to_ms, moment_t *ret)
{
    collection_t c = {.from_ms = from_ms, .to_ms = to_ms, .at = ret};
    uint64_t now_s = t->last_ms / 1000;

    for (unsigned i = HISTORY_LEVELS; i-- > 0;) {
        uint32_t step = history_levels[i].step_s;
        uint64_t end = i > 0 ? begin_of(t, i - 1) : now_s + 1;

        for (uint64_t s = begin_of(t, i) / step; s * step < end; s++) {
            const step_t *at = step_at(&t->level[i], (uint32_t) s);

            if (at)
                collect_step(&c, i, at);
        }
    }
    return c.n;
}

bool timeline_unseen(const timeline_t *t, uint64_t from_ms, uint64_t to_ms, unseen_t *ret)
{
    uint64_t longest_ms = 0;

    for (size_t i = 0; i < TIMELINE_UNSEEN_MAX; i++) {
        const unseen_t *u = &t->unseen[i];

        if (u->from_ms >= to_ms || u->to_ms <= from_ms || u->to_ms - u->from_ms <= longest_ms)
            continue;
        longest_ms = u->to_ms - u->from_ms;
        *ret = *u;
    }
    return longest_ms > 0;
}

uint64_t timeline_first_ms(const timeline_t *t)
{
    uint64_t now_s = t->last_ms / 1000;

    for (unsigned i = HISTORY_LEVELS; i-- > 0;) {
        uint32_t step = history_levels[i].step_s;

        for (uint64_t s = begin_of(t, i) / step;
                s * step < (i > 0 ? begin_of(t, i - 1) : now_s + 1); s++) {
            const step_t *at = step_at(&t->level[i], (uint32_t) s);

            if (at)
                return MIN(at->peak.time_ms, at->last.time_ms);
        }
    }
    return 0;
}

// ---- Restart -----------------------------------------------------------------------------------

// Followed by that many steps of each level.
typedef struct {
    uint64_t last_ms;
    uint32_t newest[HISTORY_LEVELS], n[HISTORY_LEVELS];
    unseen_t unseen[TIMELINE_UNSEEN_MAX];
    uint32_t next_unseen;
} saved_t;

uint64_t timeline_layout(void)
{
    return (uint64_t) sizeof(step_t) << 40 | (uint64_t) sizeof(saved_t) << 16 | LEDGER_LINES;
}

static bool is_used(const step_t *s)
{
    return s->last.time_ms > 0;
}

void timeline_save(const timeline_t *t, buffer_t *out)
{
    saved_t x = {.last_ms = t->last_ms, .next_unseen = t->next_unseen};

    memcpy(x.unseen, t->unseen, sizeof(x.unseen));
    for (unsigned i = 0; i < HISTORY_LEVELS; i++) {
        const level_t *l = &t->level[i];

        x.newest[i] = l->newest;
        for (uint32_t k = 0; l->any && k < l->size; k++)
            x.n[i] += is_used(&l->at[k]);
    }
    buffer_put(out, &x, sizeof(x));
    for (unsigned i = 0; i < HISTORY_LEVELS; i++)
        for (uint32_t k = 0; k < t->level[i].size; k++)
            if (t->level[i].any && is_used(&t->level[i].at[k]))
                buffer_put(out, &t->level[i].at[k], sizeof(step_t));
}

int timeline_load(timeline_t *t, const void *data, size_t len)
{
    cursor_t c = cursor_of(data, len);
    const unsigned char *head = cursor_take(&c, sizeof(saved_t));
    uint64_t steps = 0;
    saved_t x;

    if (!head)
        return -EBADMSG;
    memcpy(&x, head, sizeof(x));
    for (unsigned i = 0; i < HISTORY_LEVELS; i++)
        steps += x.n[i];
    if (cursor_left(&c) != steps * sizeof(step_t))
        return -EBADMSG;
    for (unsigned i = 0; i < HISTORY_LEVELS; i++) {
        level_t *l = &t->level[i];

        for (uint32_t k = 0; k < x.n[i]; k++) {
            step_t s;

            memcpy(&s, cursor_take(&c, sizeof(s)), sizeof(s));
            l->at[s.index % l->size] = s;
        }
        l->newest = x.newest[i];
        l->any = x.n[i] > 0;
    }
    t->last_ms = x.last_ms;
    memcpy(t->unseen, x.unseen, sizeof(t->unseen));
    t->next_unseen = x.next_unseen;
    t->rhythm_ms = history_levels[0].step_s * 1000;
    return 0;
}
