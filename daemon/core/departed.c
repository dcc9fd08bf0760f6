#include "daemon/core/departed.h"
#include "common/arena.h"

#include <errno.h>
#include <stdlib.h>

typedef struct {
    uint64_t pid, start_time; // pid 0: nobody
    owner_t owner;
    uint32_t uid;
    bool has_uid;
    uint32_t name, unit; // of `strings`
} entry_t;

struct departed {
    arena_t arena;
    entry_t *entries; // by series
    size_t max_series;
    intern_t *strings;
};

int departed_new(departed_t **ret, size_t max_series)
{
    departed_t *d = calloc(1, sizeof(*d));
    int r;

    if (!d)
        return -ENOMEM;
    d->max_series = max_series;
    r = arena_init(&d->arena, max_series * sizeof(entry_t));
    if (r == 0)
        r = intern_new(&d->strings);
    if (r < 0) {
        departed_free(d);
        return r;
    }
    d->entries = (entry_t *) (void *) d->arena.base;
    *ret = d;
    return 0;
}

void departed_free(departed_t *d)
{
    if (!d)
        return;
    intern_free(d->strings);
    arena_done(&d->arena);
    free(d);
}

static uint32_t copy(departed_t *d, const intern_t *strings, uint64_t id)
{
    size_t len;
    const char *text = intern_get(strings, (uint32_t) id, &len);

    return intern_ref(d->strings, text, len);
}

void departed_put(
        departed_t *d, uint32_t series, const exit_record_t *record, const intern_t *strings)
{
    const process_snapshot_t *p = &record->last;
    entry_t *e;

    if (series >= d->max_series)
        return;
    e = &d->entries[series];
    intern_unref(d->strings, e->name);
    intern_unref(d->strings, e->unit);
    *e = (entry_t){.pid = p->pid,
            .start_time = p->start_time,
            .owner = record->owner,
            .uid = (uint32_t) p->uid,
            .has_uid = PROCESS_KNOWN(p, uid),
            .name = copy(d, strings, p->name),
            .unit = copy(d, strings, p->unit)};
}

bool departed_get(const departed_t *d, uint32_t series, uint64_t pid, uint64_t start_time,
        departed_identity_t *ret)
{
    const entry_t *e;

    if (series >= d->max_series)
        return false;
    e = &d->entries[series];
    if (e->pid != pid || e->start_time != start_time || pid == 0)
        return false;
    *ret = (departed_identity_t){.uid = e->uid, .has_uid = e->has_uid, .owner = e->owner};
    ret->name = intern_get(d->strings, e->name, &ret->name_len);
    ret->unit = intern_get(d->strings, e->unit, &ret->unit_len);
    return true;
}
