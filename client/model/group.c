#include "client/model/model.h"

#include "client/widget/sparkline.h"
#include "common/cleanup.h"
#include "common/procmap.h"
#include <errno.h>

const char *const group_kind_names[GROUP_KINDS] = {
        [GROUP_NAME] = "name", [GROUP_USER] = "user", [GROUP_UNIT] = "unit"};

static uint64_t hash_bytes(uint64_t h, const void *data, size_t len)
{
    const unsigned char *b = data;

    for (size_t i = 0; i < len; i++)
        h = (h ^ b[i]) * UINT64_C(0x100000001b3);
    return h;
}

// A group's identity outlives the string ids of one snapshot: the cursor stays on it.
identity_t model_group_of(const model_t *m, const row_t *r, group_kind_t kind)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) + (uint64_t) kind;

    if (kind == GROUP_USER) {
        h = hash_bytes(h, &r->uid, sizeof(r->uid));
        h += (r->flags & ROW_UID_KNOWN) == 0;
    } else {
        size_t len = 0;
        const char *s = "";

        if (m->strings)
            s = intern_get(m->strings, kind == GROUP_NAME ? r->name : r->unit, &len);
        h = hash_bytes(h, s, len);
    }
    return (identity_t){.pid = 0, .start_time = h};
}

// What is the same for all members of a group within one snapshot.
static uint64_t group_key(const row_t *r, group_kind_t kind)
{
    switch (kind) {
    case GROUP_USER:
        return r->flags & ROW_UID_KNOWN ? r->uid : UINT64_MAX;
    case GROUP_UNIT:
        return r->unit;
    default:
        return r->name;
    }
}

// Names come and go: what has not been there for a minute is another one.
#define PATIENCE (TRACK_RATE_MS / TRACK_STEP_MS)

int model_record_groups(model_t *m)
{
    tracks_t *t = &m->group_tracks;
    int r = 0;

    t->now_ms = m->tracks.now_ms;
    t->patience = PATIENCE;
    if (!m->tracks.sampling)
        return 0;
    tracks_begin(t, t->now_ms);
    for (size_t i = 0; i < m->processes.n && r == 0; i++) {
        const row_t *process = &m->processes.items[i];

        for (group_kind_t kind = GROUP_NAME; kind < GROUP_KINDS && r == 0; kind++) {
            uint32_t slot = process->slot * (GROUP_KINDS - 1) + kind - 1;
            track_t *track;

            if (!row_knows(process, VALUE_PRIVATE))
                continue;
            r = tracks_touch(t, model_group_of(m, process, kind), slot, &track);
            if (r == 0)
                track_add(t, track, (uint64_t) process->values[VALUE_PRIVATE]);
        }
    }
    tracks_end(t);
    return r;
}

size_t model_group_series(const model_t *m, identity_t group, int64_t values[TRACK_POINTS])
{
    const track_t *track = tracks_find(&m->group_tracks, group);

    for (size_t i = 0; i < TRACK_POINTS; i++)
        values[i] = SPARKLINE_GAP;
    return track ? track_series(&m->group_tracks, track, true, values) : 0;
}

static row_t new_group(const model_t *m, const row_t *first, group_kind_t kind)
{
    row_t g = {.id = model_group_of(m, first, kind), .flags = ROW_GROUP, .member = ROW_NOBODY};

    switch (kind) {
    case GROUP_USER:
        g.uid = first->uid;
        g.flags |= first->flags & ROW_UID_KNOWN;
        break;
    case GROUP_UNIT:
        g.unit = first->unit;
        break;
    default:
        g.name = first->name;
        g.flags |= first->flags & ROW_NAME_KNOWN;
    }
    return g;
}

static void add_member(row_t *g, const row_t *r)
{
    for (value_t v = 0; v < VALUE_MAX; v++)
        if (v != VALUE_PID && v != VALUE_MEM && v != VALUE_PEAK && v != VALUE_PSS_AGE &&
                row_knows(r, v))
            row_add(g, v, r->values[v]);
    if (row_knows(r, VALUE_PSS)) {
        row_add(g, VALUE_MEM, r->values[VALUE_PSS]);
        g->from_pss++;
        g->flags |= r->flags & ROW_PSS_ESTIMATED;
    } else if (row_knows(r, VALUE_RSS)) {
        row_add(g, VALUE_MEM, r->values[VALUE_RSS]);
        g->from_rss++;
    }
    g->tags |= r->tags;
    g->zombies += r->zombies;
}

static int add_group(rows_t *groups, row_t group)
{
    if (groups->n == groups->cap) {
        size_t cap = groups->cap ? groups->cap * 2 : 64;
        row_t *grown = realloc(groups->items, cap * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        groups->items = grown;
        groups->cap = cap;
    }
    groups->items[groups->n++] = group;
    return 0;
}

// Of the group, not of those members that live now, as far as it was watched long enough.
static void set_rate(const model_t *m, row_t *g)
{
    const track_t *track = tracks_find(&m->group_tracks, g->id);
    int64_t rate;

    if (track && row_knows(g, VALUE_PRIVATE) &&
            track_rate(&m->group_tracks, track, (uint64_t) g->values[VALUE_PRIVATE], &rate))
        row_set(g, VALUE_RATE, rate);
}

int model_group(model_t *m, group_kind_t kind)
{
    procmap_t by_key = {0};
    int r = 0;

    m->groups.n = 0;
    m->grouped_by = kind;
    for (size_t i = 0; kind != GROUP_NONE && i < m->processes.n; i++) {
        row_t *process = &m->processes.items[i];
        uint64_t key = group_key(process, kind);
        uint32_t index = procmap_get(&by_key, key, 0);

        if (!(process->flags & ROW_LISTED))
            continue;
        if (index == PROCMAP_NONE) {
            index = (uint32_t) m->groups.n;
            r = procmap_put(&by_key, key, 0, index);
            if (r == 0)
                r = add_group(&m->groups, new_group(m, process, kind));
            if (r < 0)
                break;
        }
        process->member = m->groups.items[index].member;
        m->groups.items[index].member = (uint32_t) i;
        add_member(&m->groups.items[index], process);
    }
    procmap_done(&by_key);
    for (size_t i = 0; i < m->groups.n && !m->partial; i++)
        set_rate(m, &m->groups.items[i]);
    return r;
}

void model_sum(const model_t *m, model_sum_t *ret)
{
    *ret = (model_sum_t){.row = {.flags = ROW_GROUP}};
    for (size_t i = 0; i < m->processes.n; i++) {
        const row_t *r = &m->processes.items[i];

        if (!(r->flags & ROW_LISTED))
            continue;
        add_member(&ret->row, r);
        if (r->flags & ROW_KERNEL_THREAD || r->state == 'Z')
            continue;
        ret->members++;
        for (value_t v = 0; v < VALUE_MAX; v++)
            ret->known[v] += row_knows(r, v);
    }
}
