#include "client/exporter/groups.h"

#include "common/cleanup.h"
#include "common/procmap.h"
#include "common/text.h"
#include <errno.h>
#include <string.h>

struct groups {
    group_kind_t by;
    userdb_t *users;
    intern_t *labels;
    group_t *all;
    size_t n, cap;
    procmap_t by_key, by_label;
};

int groups_new(groups_t **ret, group_kind_t by)
{
    groups_t *g = calloc(1, sizeof(*g));

    if (!g)
        return -ENOMEM;
    g->by = by;
    if (userdb_new(&g->users) < 0 || intern_new(&g->labels) < 0) {
        groups_free(g);
        return -ENOMEM;
    }
    *ret = g;
    return 0;
}

void groups_free(groups_t *g)
{
    if (!g)
        return;
    free(g->all);
    procmap_done(&g->by_key);
    procmap_done(&g->by_label);
    userdb_free(g->users);
    intern_free(g->labels);
    free(g);
}

void groups_clear(groups_t *g)
{
    for (size_t i = 0; i < g->n; i++)
        intern_unref(g->labels, g->all[i].id);
    g->n = 0;
    procmap_clear(&g->by_key);
    procmap_clear(&g->by_label);
}

const group_t *groups_all(const groups_t *g, size_t *ret_n)
{
    *ret_n = g->n;
    return g->all;
}

intern_t *groups_labels(const groups_t *g)
{
    return g->labels;
}

// ---- Labels ------------------------------------------------------------------------------------

// Whether it is GROUP_OTHER behind any number of "KIND:".
static bool ends_as_other(const char *name, const char *kind)
{
    size_t len = strlen(kind);

    while (strncmp(name, kind, len) == 0 && name[len] == ':')
        name += len + 1;
    return strcmp(name, GROUP_OTHER) == 0;
}

// A group that is really called GROUP_OTHER gets "KIND:" before its name, and so does what would
// then be called the same.
static void put_label(
        const groups_t *g, const process_snapshot_t *p, const snapshot_t *s, char *buf)
{
    char name[GROUP_LABEL_MAX - 8];
    const char *raw = "", *kind = group_kind_names[g->by];
    size_t len = 0;

    if (g->by == GROUP_USER && PROCESS_KNOWN(p, uid)) {
        raw = userdb_name(g->users, (uint32_t) p->uid);
        len = strlen(raw);
    } else if (g->by != GROUP_USER) {
        raw = intern_get(s->strings, (uint32_t) (g->by == GROUP_NAME ? p->name : p->unit), &len);
    }
    if (len == 0)
        snprintf(name, sizeof(name), "(no %s)", kind);
    else
        text_sanitize(name, sizeof(name), raw, len, true);
    if (ends_as_other(name, kind))
        snprintf(buf, GROUP_LABEL_MAX, "%s:%s", kind, name);
    else
        snprintf(buf, GROUP_LABEL_MAX, "%s", name);
}

static uint64_t key_of(const groups_t *g, const process_snapshot_t *p)
{
    if (g->by == GROUP_USER)
        return PROCESS_KNOWN(p, uid) ? p->uid : UINT64_MAX;
    return g->by == GROUP_NAME ? p->name : p->unit;
}

// ---- The groups --------------------------------------------------------------------------------

static int reserve(groups_t *g)
{
    size_t cap = g->cap ? g->cap * 2 : 64;
    group_t *grown;

    if (g->n < g->cap)
        return 0;
    grown = realloc(g->all, cap * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    g->all = grown;
    g->cap = cap;
    return 0;
}

// Names that differ may be the same once they are safe to show: one group then.
static int find(groups_t *g, const process_snapshot_t *p, const snapshot_t *s, uint32_t *ret_index)
{
    uint64_t key = key_of(g, p);
    group_t *new;
    uint32_t id;

    *ret_index = procmap_get(&g->by_key, key, 0);
    if (*ret_index != PROCMAP_NONE)
        return 0;
    if (reserve(g) < 0)
        return -ENOMEM;
    new = &g->all[g->n];
    *new = (group_t){0};
    put_label(g, p, s, new->label);
    id = intern_ref(g->labels, new->label, strlen(new->label));
    if (id == 0)
        return -ENOMEM;
    *ret_index = procmap_get(&g->by_label, id, 0);
    if (*ret_index != PROCMAP_NONE) {
        intern_unref(g->labels, id);
    } else {
        new->id = id;
        *ret_index = (uint32_t) g->n++;
        if (procmap_put(&g->by_label, id, 0, *ret_index) < 0)
            return -ENOMEM;
    }
    return procmap_put(&g->by_key, key, 0, *ret_index);
}

// ---- Sums --------------------------------------------------------------------------------------

static void add(uint64_t *sum, bool *has, bool known, uint64_t value)
{
    if (!known)
        return;
    *sum += value;
    *has = true;
}

// For how long it has done what its rates say: those of a newborn one are of its life.
static uint64_t lived_ms(
        const process_snapshot_t *p, const system_snapshot_t *s, uint64_t elapsed_ms)
{
    uint64_t born_ms = s->clock_ticks ? p->start_time * 1000 / s->clock_ticks : 0;

    return s->mono_ms > born_ms ? MIN(s->mono_ms - born_ms, elapsed_ms) : elapsed_ms;
}

static void add_process(group_sums_t *sums, const process_snapshot_t *p, const system_snapshot_t *s,
        uint64_t elapsed_ms)
{
    uint64_t kb = 0, age;
    bool estimated, resident;

    sums->processes++;
    if (snapshot_private_kb(p, &kb))
        add(&sums->private_kb, &sums->has_private, true, kb);
    resident = snapshot_rss_kb(p, &kb) && kb > 0;
    add(&sums->rss_kb, &sums->has_rss, resident, kb);
    add(&sums->swap_kb, &sums->has_swap, PROCESS_KNOWN(p, swap_kb), p->swap_kb);
    if (snapshot_pss_kb(p, s->mono_ms, &kb, &estimated, &age))
        add(&sums->pss_kb, &sums->has_pss, true, kb);
    else
        sums->lacks_pss |= resident;
    for (size_t i = 0; i < N_TAGS; i++)
        sums->tagged[i] += (p->tags & tag_infos[i].tag) != 0;
    if (elapsed_ms == 0)
        return;
    elapsed_ms = lived_ms(p, s, elapsed_ms);
    add(&sums->cpu_us, &sums->has_cpu, PROCESS_KNOWN(p, cpu_permille),
            p->cpu_permille * elapsed_ms);
    add(&sums->read_bytes, &sums->has_io, PROCESS_KNOWN(p, read_rate),
            p->read_rate * 1024 * elapsed_ms / 1000);
    add(&sums->written_bytes, &sums->has_io, PROCESS_KNOWN(p, write_rate),
            p->write_rate * 1024 * elapsed_ms / 1000);
}

void group_sums_add(group_sums_t *to, const group_sums_t *from)
{
    to->processes += from->processes;
    add(&to->private_kb, &to->has_private, from->has_private, from->private_kb);
    add(&to->rss_kb, &to->has_rss, from->has_rss, from->rss_kb);
    add(&to->swap_kb, &to->has_swap, from->has_swap, from->swap_kb);
    add(&to->pss_kb, &to->has_pss, from->has_pss, from->pss_kb);
    to->lacks_pss |= from->lacks_pss;
    for (size_t i = 0; i < N_TAGS; i++)
        to->tagged[i] += from->tagged[i];
    add(&to->cpu_us, &to->has_cpu, from->has_cpu, from->cpu_us);
    add(&to->read_bytes, &to->has_io, from->has_io, from->read_bytes);
    add(&to->written_bytes, &to->has_io, from->has_io, from->written_bytes);
}

int groups_update(groups_t *g, const snapshot_t *s, uint64_t elapsed_ms)
{
    groups_clear(g);
    for (size_t i = 0; i < s->n_slots; i++) {
        const process_snapshot_t *p = &s->processes[i];
        uint32_t index;
        int r;

        if (p->known == 0)
            continue;
        r = find(g, p, s, &index);
        if (r < 0) {
            groups_clear(g);
            return r;
        }
        add_process(&g->all[index].sums, p, &s->system, elapsed_ms);
    }
    return 0;
}
