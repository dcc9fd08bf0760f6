#include "daemon/past/departed.h"
#include "common/arena.h"
#include "common/cleanup.h"
#include "protocol/cursor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint64_t pid, start_time; // pid 0: nobody
    owner_t owner;
    uint32_t uid;
    bool has_uid;
    uint32_t name, unit; // of `strings`
} entry_t;

struct departed {
    arena_t arena;
    entry_t *entries;     // by series
    size_t max_series, n; // `n`: none beyond was ever put
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

static void forget(departed_t *d, entry_t *e)
{
    intern_unref(d->strings, e->name);
    intern_unref(d->strings, e->unit);
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
    forget(d, e);
    d->n = MAX(d->n, (size_t) series + 1);
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

// ---- Restart -----------------------------------------------------------------------------------

// Followed by name and unit.
typedef struct {
    uint64_t pid, start_time;
    owner_t owner;
    uint32_t series, uid, has_uid;
    uint32_t name_len, unit_len;
} saved_t;

uint64_t departed_layout(void)
{
    return (uint64_t) sizeof(saved_t) << 16 | 1;
}

static void save_one(
        saved_t *x, const intern_t *strings, uint64_t name, uint64_t unit, buffer_t *out)
{
    size_t name_len, unit_len;
    const char *name_text = intern_get(strings, (uint32_t) name, &name_len);
    const char *unit_text = intern_get(strings, (uint32_t) unit, &unit_len);

    x->name_len = (uint32_t) name_len;
    x->unit_len = (uint32_t) unit_len;
    buffer_put(out, x, sizeof(*x));
    buffer_put(out, name_text, name_len);
    buffer_put(out, unit_text, unit_len);
}

void departed_save(const departed_t *d, buffer_t *out)
{
    for (uint32_t i = 0; i < d->n; i++) {
        const entry_t *e = &d->entries[i];
        saved_t x;

        if (e->pid == 0)
            continue;
        memset(&x, 0, sizeof(x));
        x.pid = e->pid;
        x.start_time = e->start_time;
        x.owner = e->owner;
        x.series = i;
        x.uid = e->uid;
        x.has_uid = e->has_uid;
        save_one(&x, d->strings, e->name, e->unit, out);
    }
}

void departed_save_living(uint32_t series, const process_snapshot_t *p, owner_t owner,
        const intern_t *strings, buffer_t *out)
{
    saved_t x;

    memset(&x, 0, sizeof(x));
    x.pid = p->pid;
    x.start_time = p->start_time;
    x.owner = owner;
    x.series = series;
    x.uid = (uint32_t) p->uid;
    x.has_uid = PROCESS_KNOWN(p, uid);
    save_one(&x, strings, p->name, p->unit, out);
}

static bool load_one(departed_t *d, cursor_t *c)
{
    const unsigned char *bytes = cursor_take(c, sizeof(saved_t)), *name, *unit;
    entry_t *e;
    saved_t x;

    if (!bytes)
        return false;
    memcpy(&x, bytes, sizeof(x));
    name = cursor_take(c, x.name_len);
    unit = cursor_take(c, x.unit_len);
    if (!name || !unit || x.series >= d->max_series)
        return false;
    e = &d->entries[x.series];
    forget(d, e);
    d->n = MAX(d->n, (size_t) x.series + 1);
    *e = (entry_t){.pid = x.pid,
            .start_time = x.start_time,
            .owner = x.owner,
            .uid = x.uid,
            .has_uid = x.has_uid != 0,
            .name = intern_ref(d->strings, (const char *) name, x.name_len),
            .unit = intern_ref(d->strings, (const char *) unit, x.unit_len)};
    return true;
}

int departed_load(departed_t *d, const void *data, size_t len)
{
    cursor_t c = cursor_of(data, len);

    while (cursor_left(&c) > 0)
        if (!load_one(d, &c))
            return -EBADMSG;
    return 0;
}
