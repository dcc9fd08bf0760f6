#include "daemon/publish/last_details.h"
#include "common/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 256

typedef struct {
    details_message_t m; // pid 0: empty
    owner_t owner;
    bool private;
    uint64_t put; // number of the put
    char cgroup[TEXT_MAX], exe[TEXT_MAX];
} entry_t;

struct last_details {
    uint64_t puts;
    entry_t entries[LAST_DETAILS_MAX];
};

int last_details_new(last_details_t **ret)
{
    *ret = calloc(1, sizeof(**ret));
    return *ret ? 0 : -ENOMEM;
}

void last_details_free(last_details_t *l)
{
    free(l);
}

static bool is_of(const entry_t *e, uint64_t pid, uint64_t start_time, bool private)
{
    return e->m.pid == pid && e->m.start_time == start_time && e->private == private;
}

// Its own, or the one that was not used for the longest time.
static entry_t *place(last_details_t *l, const details_message_t *m, bool private)
{
    entry_t *oldest = &l->entries[0];

    for (size_t i = 0; i < LAST_DETAILS_MAX; i++) {
        entry_t *e = &l->entries[i];

        if (is_of(e, m->pid, m->start_time, private))
            return e;
        if (e->put < oldest->put)
            oldest = e;
    }
    return oldest;
}

static void keep_text(text_view_t *v, char *to)
{
    v->len = MIN(v->len, (size_t) TEXT_MAX);
    if (v->len > 0)
        memcpy(to, v->data, v->len);
    v->data = to;
}

static void drop_text(text_view_t *v, bool *has)
{
    *v = (text_view_t){0};
    *has = false;
}

void last_details_put(
        last_details_t *l, const details_message_t *m, owner_t owner, bool see_private)
{
    entry_t *e = place(l, m, see_private);

    e->m = *m;
    e->owner = owner;
    e->private = see_private;
    e->put = ++l->puts;
    keep_text(&e->m.cgroup, e->cgroup);
    keep_text(&e->m.exe, e->exe);
    // What was found out about it is of its time.
    drop_text(&e->m.leak_text, &e->m.has.leak_text);
    drop_text(&e->m.spike_text, &e->m.has.spike_text);
    drop_text(&e->m.zombie_text, &e->m.has.zombie_text);
    drop_text(&e->m.unreadable, &e->m.has.unreadable);
    drop_text(&e->m.name, &e->m.has.name);
    e->m.has.leak_since_ms = e->m.has.leak_growth_kb = false;
}

const details_message_t *last_details_get(const last_details_t *l, uint64_t pid,
        uint64_t start_time, owner_t owner, bool see_private, uint64_t since_ms)
{
    const details_message_t *found = NULL;

    for (size_t i = 0; i < LAST_DETAILS_MAX; i++) {
        const entry_t *e = &l->entries[i];
        bool whole = see_private && e->owner.uid == owner.uid && e->owner.gid == owner.gid;

        if (e->m.mono_ms < since_ms ||
                (!is_of(e, pid, start_time, false) && !(whole && is_of(e, pid, start_time, true))))
            continue;
        if (!found || e->private)
            found = &e->m;
    }
    return found;
}
