// The states of the rules over a restart.

#include "common/cleanup.h"
#include "daemon/forensics/tags_private.h"
#include "protocol/cursor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// One process in what is kept over a restart.
typedef struct saved {
    uint64_t pid, start_time, first_seen_ms, baseline_kb;
    bool has_baseline;
    state_t state;
} saved_t;

uint64_t tags_layout(void)
{
    return (uint64_t) sizeof(saved_t) << 40 | (uint64_t) sizeof(parent_t) << 16 | 1;
}

void tags_save(const tags_t *t, const snapshot_t *s, buffer_t *out)
{
    uint64_t n_parents = t->n_parents;

    buffer_put(out, &n_parents, sizeof(n_parents));
    buffer_put(out, t->parents, t->n_parents * sizeof(parent_t));
    for (uint32_t slot = 0; slot < s->n_slots && slot < t->max_slots; slot++) {
        const process_snapshot_t *p = &s->processes[slot];
        saved_t saved;

        if (p->known == 0 || t->states[slot].pid == 0 || p->flags & PROCESS_KERNEL_THREAD)
            continue;
        memset(&saved, 0, sizeof(saved));
        saved.pid = p->pid;
        saved.start_time = p->start_time;
        saved.first_seen_ms = p->first_seen_ms;
        saved.baseline_kb = p->baseline_kb;
        saved.has_baseline = PROCESS_KNOWN(p, baseline_kb);
        saved.state = t->states[slot];
        buffer_put(out, &saved, sizeof(saved));
    }
}

int tags_load(tags_t *t, const void *data, size_t len)
{
    const unsigned char *at = data;
    uint64_t n_parents;
    size_t head, n;

    if (len < sizeof(n_parents))
        return -EBADMSG;
    memcpy(&n_parents, at, sizeof(n_parents));
    if (n_parents > PARENTS_MAX)
        return -EBADMSG;
    head = sizeof(n_parents) + n_parents * sizeof(parent_t);
    if (len < head || (len - head) % sizeof(saved_t) != 0)
        return -EBADMSG;
    n = (len - head) / sizeof(saved_t);
    tags_forget(t);
    t->loaded = malloc(n * sizeof(saved_t) + 1);
    if (!t->loaded)
        return -ENOMEM;
    memcpy(t->loaded, at + head, n * sizeof(saved_t));
    for (uint32_t i = 0; i < n; i++)
        if (procmap_put(&t->by_process, t->loaded[i].pid, t->loaded[i].start_time, i) < 0) {
            tags_forget(t);
            return -ENOMEM;
        }
    memcpy(t->parents, at + sizeof(n_parents), n_parents * sizeof(parent_t));
    t->n_parents = n_parents;
    return 0;
}

bool tags_restore(tags_t *t, uint32_t slot, process_snapshot_t *p)
{
    uint32_t i = t->loaded ? procmap_get(&t->by_process, p->pid, p->start_time) : PROCMAP_NONE;

    if (i == PROCMAP_NONE || slot >= t->max_slots)
        return false;
    t->states[slot] = t->loaded[i].state;
    PROCESS_SET(p, first_seen_ms, t->loaded[i].first_seen_ms);
    if (t->loaded[i].has_baseline)
        PROCESS_SET(p, baseline_kb, t->loaded[i].baseline_kb);
    return true;
}

void tags_forget(tags_t *t)
{
    procmap_done(&t->by_process);
    t->by_process = (procmap_t){0};
    free(t->loaded);
    t->loaded = NULL;
}
