#include "client/exporter/tally.h"

#include "common/cleanup.h"
#include <errno.h>
#include <string.h>

#define GAP_MAX_MS     10000 // for so long without a sample rates are taken to have gone on
#define REMEMBERED_MIN 64    // lines that are gone and may come back: that many, or `top`

// A line that is there, or was.
typedef struct {
    tally_line_t line;
    uint32_t id; // of its label
    bool shown;
    uint64_t left; // the update in which it was shown last
} series_t;

// A group on its way to a line.
typedef struct {
    const group_t *group;
    uint64_t rank;
    series_t *series; // NULL: it never had a line
} candidate_t;

struct tally {
    size_t top;
    groups_t *groups;
    candidate_t *candidates;
    size_t candidates_cap;

    series_t *series;
    size_t n_series, series_cap;
    tally_line_t other;
    bool has_other;

    const tally_line_t **lines;
    size_t n_lines;
    uint64_t private_kb;
    uint64_t updates, last_ms;
};

int tally_new(tally_t **ret, group_kind_t by, size_t top)
{
    tally_t *t = calloc(1, sizeof(*t));

    if (!t)
        return -ENOMEM;
    t->top = top;
    t->series_cap = top + MAX(top, (size_t) REMEMBERED_MIN);
    t->series = calloc(t->series_cap, sizeof(*t->series));
    t->lines = calloc(top + 1, sizeof(const tally_line_t *));
    strcpy(t->other.label, GROUP_OTHER);
    if (!t->series || !t->lines || groups_new(&t->groups, by) < 0) {
        tally_free(t);
        return -ENOMEM;
    }
    *ret = t;
    return 0;
}

void tally_free(tally_t *t)
{
    if (!t)
        return;
    groups_free(t->groups);
    free(t->candidates);
    free(t->series);
    free(t->lines);
    free(t);
}

void tally_clear(tally_t *t)
{
    groups_clear(t->groups);
    t->n_lines = 0;
    t->private_kb = 0;
}

// ---- Who gets a line ---------------------------------------------------------------------------

static bool leaks(const group_sums_t *s)
{
    return s->tagged[tag_place(TAG_LEAK)] > 0;
}

static series_t *find_series(tally_t *t, uint32_t id)
{
    for (size_t i = 0; i < t->n_series; i++)
        if (t->series[i].id == id)
            return &t->series[i];
    return NULL;
}

// In place of the one that is gone for longest, once there are as many as are kept.
static series_t *new_series(tally_t *t, const group_t *g)
{
    intern_t *labels = groups_labels(t->groups);
    series_t *s = NULL;

    if (t->n_series < t->series_cap) {
        s = &t->series[t->n_series++];
    } else {
        for (size_t i = 0; i < t->n_series; i++)
            if (!t->series[i].shown && (!s || t->series[i].left < s->left))
                s = &t->series[i];
        intern_unref(labels, s->id);
    }
    *s = (series_t){.id = intern_ref_id(labels, g->id)};
    memcpy(s->line.label, g->label, sizeof(s->line.label));
    return s;
}

static int compare_candidates(const void *a, const void *b)
{
    const candidate_t *x = a, *y = b;

    if (x->rank != y->rank)
        return x->rank < y->rank ? 1 : -1;
    return strcmp(x->group->label, y->group->label);
}

// Who has a line keeps it until another has a tenth more: lines that come and go cost whoever
// stores them.
static int rank_groups(tally_t *t, size_t *ret_n)
{
    const group_t *groups = groups_all(t->groups, ret_n);

    if (*ret_n > t->candidates_cap) {
        size_t cap = *ret_n + *ret_n / 2;
        candidate_t *grown = realloc(t->candidates, cap * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        t->candidates = grown;
        t->candidates_cap = cap;
    }
    for (size_t i = 0; i < *ret_n; i++) {
        candidate_t c = {.group = &groups[i],
                .rank = groups[i].sums.private_kb,
                .series = find_series(t, groups[i].id)};

        if (c.series && c.series->shown)
            c.rank += c.rank / 10;
        if (leaks(&c.group->sums))
            c.rank |= UINT64_C(1) << 62;
        t->private_kb += c.group->sums.private_kb;
        t->candidates[i] = c;
    }
    if (*ret_n > 0)
        qsort(t->candidates, *ret_n, sizeof(*t->candidates), compare_candidates);
    return 0;
}

// ---- Lines -------------------------------------------------------------------------------------

// Takes over what is of now, and adds to what is counted.
static void add_up(group_sums_t *to, const group_sums_t *sample)
{
    group_sums_t before = *to;

    *to = *sample;
    to->has_pss &= !to->lacks_pss;
    to->cpu_us += before.cpu_us;
    to->read_bytes += before.read_bytes;
    to->written_bytes += before.written_bytes;
    to->has_cpu |= before.has_cpu;
    to->has_io |= before.has_io;
}

static int compare_lines(const void *a, const void *b)
{
    const tally_line_t *x = *(const tally_line_t *const *) a, *y = *(const tally_line_t *const *) b;

    if (leaks(&x->sums) != leaks(&y->sums))
        return leaks(&x->sums) ? -1 : 1;
    if (x->sums.private_kb != y->sums.private_kb)
        return x->sums.private_kb < y->sums.private_kb ? 1 : -1;
    return strcmp(x->label, y->label);
}

static int make_lines(tally_t *t)
{
    group_sums_t rest = {0};
    size_t n_groups, n;
    int r = rank_groups(t, &n_groups);

    if (r < 0)
        return r;
    n = MIN(n_groups, t->top);
    for (size_t i = 0; i < t->n_series; i++)
        t->series[i].shown = false;
    // First those that have a line, lest a new one takes its place.
    for (size_t i = 0; i < n; i++)
        if (t->candidates[i].series)
            t->candidates[i].series->shown = true;
    for (size_t i = 0; i < n; i++) {
        const candidate_t *c = &t->candidates[i];
        series_t *s = c->series ? c->series : new_series(t, c->group);

        s->shown = true;
        s->left = t->updates;
        add_up(&s->line.sums, &c->group->sums);
        t->lines[t->n_lines++] = &s->line;
    }
    qsort(t->lines, t->n_lines, sizeof(const tally_line_t *), compare_lines);
    for (size_t i = n; i < n_groups; i++)
        group_sums_add(&rest, &t->candidates[i].group->sums);
    t->has_other |= n < n_groups;
    add_up(&t->other.sums, &rest);
    if (t->has_other)
        t->lines[t->n_lines++] = &t->other;
    return 0;
}

int tally_update(tally_t *t, const snapshot_t *s, bool gap)
{
    const system_snapshot_t *y = &s->system;
    uint64_t elapsed_ms = 0;
    int r;

    tally_clear(t);
    t->updates++;
    if (t->last_ms > 0 && y->mono_ms > t->last_ms)
        elapsed_ms = y->mono_ms - t->last_ms;
    if (t->last_ms > 0 && (gap || elapsed_ms > GAP_MAX_MS))
        elapsed_ms = y->interval_us / 1000;
    t->last_ms = y->mono_ms;
    r = groups_update(t->groups, s, elapsed_ms);
    if (r == 0)
        r = make_lines(t);
    if (r < 0)
        tally_clear(t);
    return r;
}

size_t tally_count(const tally_t *t)
{
    return t->n_lines;
}

const tally_line_t *tally_line(const tally_t *t, size_t place)
{
    return t->lines[place];
}

uint64_t tally_private_kb(const tally_t *t)
{
    return t->private_kb;
}
