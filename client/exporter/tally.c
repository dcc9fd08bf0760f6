#include "client/exporter/tally.h"

#include "common/cleanup.h"
#include "common/procmap.h"
#include "common/text.h"
#include <errno.h>
#include <string.h>

#define GAP_MAX_MS     10000 // for so long without a sample rates are taken to have gone on
#define REMEMBERED_MIN 64    // lines that are gone and may come back: that many, or `top`

const struct tally_tag tally_tags[TALLY_TAGS] = {
        {TAG_LEAK, "leak"},
        {TAG_LEAK_SUSPECTED, "leak_suspected"},
        {TAG_SPIKE, "spike"},
        {TAG_ZOMBIE, "zombie"},
        {TAG_UNREAPED, "unreaped"},
        {TAG_BLOCKED, "blocked"},
};

// The processes of one name, user or unit in one sample.
typedef struct {
    tally_line_t sum; // with what counters grow by
    uint32_t label;   // its name, in `labels`
    bool lacks_pss;
    uint64_t rank;
    struct series *series; // NULL: it never had a line
} group_t;

// A group that has a line of its own, or had.
typedef struct series {
    tally_line_t line;
    uint32_t label;
    bool shown;
    uint64_t left; // the update in which it was shown last
} series_t;

struct tally {
    group_kind_t by;
    size_t top;
    userdb_t *users;
    intern_t *labels;

    group_t *groups;
    size_t n_groups, groups_cap;
    procmap_t by_key, by_label; // of groups

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
    t->by = by;
    t->top = top;
    t->series_cap = top + MAX(top, (size_t) REMEMBERED_MIN);
    t->series = calloc(t->series_cap, sizeof(*t->series));
    t->lines = calloc(top + 1, sizeof(const tally_line_t *));
    strcpy(t->other.name, TALLY_OTHER);
    if (!t->series || !t->lines || userdb_new(&t->users) < 0 || intern_new(&t->labels) < 0) {
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
    free(t->groups);
    free(t->series);
    free(t->lines);
    procmap_done(&t->by_key);
    procmap_done(&t->by_label);
    userdb_free(t->users);
    intern_free(t->labels);
    free(t);
}

// ---- Names -------------------------------------------------------------------------------------

// Whether it is TALLY_OTHER behind any number of "KIND:".
static bool ends_as_other(const char *name, const char *kind)
{
    size_t len = strlen(kind);

    while (strncmp(name, kind, len) == 0 && name[len] == ':')
        name += len + 1;
    return strcmp(name, TALLY_OTHER) == 0;
}

// A group that is really called as the rest is gets "KIND:" before its name, and so does what would
// then be called the same.
static void put_name(const tally_t *t, const process_snapshot_t *p, const snapshot_t *s, char *buf)
{
    static const char *const kinds[GROUP_KINDS] = {
            [GROUP_NAME] = "name", [GROUP_USER] = "user", [GROUP_UNIT] = "unit"};
    char name[TALLY_NAME_MAX - 8];
    const char *raw = "", *kind = kinds[t->by];
    size_t len = 0;

    if (t->by == GROUP_USER && PROCESS_KNOWN(p, uid)) {
        raw = userdb_name(t->users, (uint32_t) p->uid);
        len = strlen(raw);
    } else if (t->by != GROUP_USER) {
        raw = intern_get(s->strings, (uint32_t) (t->by == GROUP_NAME ? p->name : p->unit), &len);
    }
    if (len == 0)
        snprintf(name, sizeof(name), "(no %s)", kind);
    else
        text_sanitize(name, sizeof(name), raw, len, true);
    if (ends_as_other(name, kind))
        snprintf(buf, TALLY_NAME_MAX, "%s:%s", kind, name);
    else
        snprintf(buf, TALLY_NAME_MAX, "%s", name);
}

static uint64_t key_of(const tally_t *t, const process_snapshot_t *p)
{
    if (t->by == GROUP_USER)
        return PROCESS_KNOWN(p, uid) ? p->uid : UINT64_MAX;
    return t->by == GROUP_NAME ? p->name : p->unit;
}

// ---- The groups of a sample --------------------------------------------------------------------

static void forget_groups(tally_t *t)
{
    for (size_t i = 0; i < t->n_groups; i++)
        intern_unref(t->labels, t->groups[i].label);
    t->n_groups = 0;
    t->n_lines = 0;
    t->private_kb = 0;
    procmap_clear(&t->by_key);
    procmap_clear(&t->by_label);
}

static int reserve_group(tally_t *t)
{
    size_t cap = t->groups_cap ? t->groups_cap * 2 : 64;
    group_t *grown;

    if (t->n_groups < t->groups_cap)
        return 0;
    grown = realloc(t->groups, cap * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    t->groups = grown;
    t->groups_cap = cap;
    return 0;
}

// Names that differ may be the same once they are safe to show: one group then.
static int find_group(
        tally_t *t, const process_snapshot_t *p, const snapshot_t *s, uint32_t *ret_index)
{
    uint64_t key = key_of(t, p);
    uint32_t label;
    group_t *g;

    *ret_index = procmap_get(&t->by_key, key, 0);
    if (*ret_index != PROCMAP_NONE)
        return 0;
    if (reserve_group(t) < 0)
        return -ENOMEM;
    g = &t->groups[t->n_groups];
    *g = (group_t){0};
    put_name(t, p, s, g->sum.name);
    label = intern_ref(t->labels, g->sum.name, strlen(g->sum.name));
    if (label == 0)
        return -ENOMEM;
    *ret_index = procmap_get(&t->by_label, label, 0);
    if (*ret_index != PROCMAP_NONE) {
        intern_unref(t->labels, label);
    } else {
        g->label = label;
        *ret_index = (uint32_t) t->n_groups++;
        if (procmap_put(&t->by_label, label, 0, *ret_index) < 0)
            return -ENOMEM;
    }
    return procmap_put(&t->by_key, key, 0, *ret_index);
}

static void add(uint64_t *sum, bool *has, bool known, uint64_t value)
{
    if (!known)
        return;
    *sum += value;
    *has = true;
}

static void add_process(
        group_t *g, const process_snapshot_t *p, uint64_t now_ms, uint64_t elapsed_ms)
{
    tally_line_t *l = &g->sum;
    uint64_t kb = 0, age;
    bool estimated, resident;

    l->processes++;
    if (snapshot_private_kb(p, &kb))
        add(&l->private_kb, &l->has_private, true, kb);
    resident = snapshot_rss_kb(p, &kb) && kb > 0;
    add(&l->rss_kb, &l->has_rss, resident, kb);
    add(&l->swap_kb, &l->has_swap, PROCESS_KNOWN(p, swap_kb), p->swap_kb);
    if (snapshot_pss_kb(p, now_ms, &kb, &estimated, &age))
        add(&l->pss_kb, &l->has_pss, true, kb);
    else if (resident)
        g->lacks_pss = true;
    for (size_t i = 0; i < TALLY_TAGS; i++)
        l->tagged[i] += (p->tags & tally_tags[i].tag) != 0;
    if (elapsed_ms == 0)
        return;
    add(&l->cpu_us, &l->has_cpu, PROCESS_KNOWN(p, cpu_permille), p->cpu_permille * elapsed_ms);
    add(&l->read_bytes, &l->has_io, PROCESS_KNOWN(p, read_rate),
            p->read_rate * 1024 * elapsed_ms / 1000);
    add(&l->written_bytes, &l->has_io, PROCESS_KNOWN(p, write_rate),
            p->write_rate * 1024 * elapsed_ms / 1000);
}

static int make_groups(tally_t *t, const snapshot_t *s, uint64_t elapsed_ms)
{
    for (size_t i = 0; i < s->n_slots; i++) {
        const process_snapshot_t *p = &s->processes[i];
        uint32_t index;
        int r;

        if (p->known == 0)
            continue;
        r = find_group(t, p, s, &index);
        if (r < 0)
            return r;
        add_process(&t->groups[index], p, s->system.mono_ms, elapsed_ms);
    }
    for (size_t i = 0; i < t->n_groups; i++) {
        group_t *g = &t->groups[i];

        g->sum.has_pss &= !g->lacks_pss;
        t->private_kb += g->sum.private_kb;
    }
    return 0;
}

// ---- Lines -------------------------------------------------------------------------------------

static series_t *find_series(tally_t *t, uint32_t label)
{
    for (size_t i = 0; i < t->n_series; i++)
        if (t->series[i].label == label)
            return &t->series[i];
    return NULL;
}

// In place of the one that is gone for longest, once there are as many as are kept.
static series_t *new_series(tally_t *t, const group_t *g)
{
    series_t *s = NULL;

    if (t->n_series < t->series_cap) {
        s = &t->series[t->n_series++];
    } else {
        for (size_t i = 0; i < t->n_series; i++)
            if (!t->series[i].shown && (!s || t->series[i].left < s->left))
                s = &t->series[i];
        intern_unref(t->labels, s->label);
    }
    *s = (series_t){.label = intern_ref_id(t->labels, g->label)};
    return s;
}

// Takes over what is of now, and adds to what is counted.
static void add_up(tally_line_t *l, const tally_line_t *sum)
{
    tally_line_t before = *l;

    *l = *sum;
    memcpy(l->name, before.name[0] ? before.name : sum->name, sizeof(l->name));
    l->cpu_us += before.cpu_us;
    l->read_bytes += before.read_bytes;
    l->written_bytes += before.written_bytes;
    l->has_cpu |= before.has_cpu;
    l->has_io |= before.has_io;
}

static void join(tally_line_t *rest, bool *lacks_pss, const group_t *g)
{
    const tally_line_t *sum = &g->sum;

    rest->processes += sum->processes;
    add(&rest->private_kb, &rest->has_private, sum->has_private, sum->private_kb);
    add(&rest->rss_kb, &rest->has_rss, sum->has_rss, sum->rss_kb);
    add(&rest->swap_kb, &rest->has_swap, sum->has_swap, sum->swap_kb);
    add(&rest->pss_kb, &rest->has_pss, sum->has_pss, sum->pss_kb);
    *lacks_pss |= g->lacks_pss;
    for (size_t i = 0; i < TALLY_TAGS; i++)
        rest->tagged[i] += sum->tagged[i];
    add(&rest->cpu_us, &rest->has_cpu, sum->has_cpu, sum->cpu_us);
    add(&rest->read_bytes, &rest->has_io, sum->has_io, sum->read_bytes);
    add(&rest->written_bytes, &rest->has_io, sum->has_io, sum->written_bytes);
}

static int compare_rank(const void *a, const void *b)
{
    const group_t *x = a, *y = b;

    if (x->rank != y->rank)
        return x->rank < y->rank ? 1 : -1;
    return strcmp(x->sum.name, y->sum.name);
}

// Who has a line keeps it until another has a tenth more: lines that come and go cost whoever
// stores them.
static void rank_groups(tally_t *t)
{
    for (size_t i = 0; i < t->n_groups; i++) {
        group_t *g = &t->groups[i];

        g->series = find_series(t, g->label);
        g->rank = g->sum.private_kb;
        if (g->series && g->series->shown)
            g->rank += g->rank / 10;
        if (g->sum.tagged[0] > 0)
            g->rank |= UINT64_C(1) << 62;
    }
    qsort(t->groups, t->n_groups, sizeof(*t->groups), compare_rank);
}

static int compare_lines(const void *a, const void *b)
{
    const tally_line_t *x = *(const tally_line_t *const *) a, *y = *(const tally_line_t *const *) b;

    if ((x->tagged[0] > 0) != (y->tagged[0] > 0))
        return x->tagged[0] > 0 ? -1 : 1;
    if (x->private_kb != y->private_kb)
        return x->private_kb < y->private_kb ? 1 : -1;
    return strcmp(x->name, y->name);
}

static void make_lines(tally_t *t)
{
    tally_line_t rest = {0};
    size_t n = MIN(t->n_groups, t->top);
    bool lacks_pss = false;

    rank_groups(t);
    for (size_t i = 0; i < t->n_series; i++)
        t->series[i].shown = false;
    // First those that have a line, lest a new one takes its place.
    for (size_t i = 0; i < n; i++)
        if (t->groups[i].series)
            t->groups[i].series->shown = true;
    for (size_t i = 0; i < n; i++) {
        series_t *s = t->groups[i].series;

        if (!s)
            s = new_series(t, &t->groups[i]);
        s->shown = true;
        s->left = t->updates;
        add_up(&s->line, &t->groups[i].sum);
        t->lines[t->n_lines++] = &s->line;
    }
    qsort(t->lines, t->n_lines, sizeof(const tally_line_t *), compare_lines);
    for (size_t i = n; i < t->n_groups; i++)
        join(&rest, &lacks_pss, &t->groups[i]);
    rest.has_pss &= !lacks_pss;
    t->has_other |= n < t->n_groups;
    add_up(&t->other, &rest);
    if (t->has_other)
        t->lines[t->n_lines++] = &t->other;
}

int tally_update(tally_t *t, const snapshot_t *s, bool gap)
{
    const system_snapshot_t *y = &s->system;
    uint64_t elapsed_ms = 0;
    int r;

    forget_groups(t);
    t->updates++;
    if (t->last_ms > 0 && y->mono_ms > t->last_ms)
        elapsed_ms = y->mono_ms - t->last_ms;
    if (t->last_ms > 0 && (gap || elapsed_ms > GAP_MAX_MS))
        elapsed_ms = y->interval_us / 1000;
    t->last_ms = y->mono_ms;
    r = make_groups(t, s, elapsed_ms);
    if (r < 0)
        forget_groups(t);
    else
        make_lines(t);
    return r;
}

void tally_clear(tally_t *t)
{
    forget_groups(t);
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
