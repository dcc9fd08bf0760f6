#include "common/procmap.h"

#include <errno.h>
#include <stdlib.h>

typedef struct procmap_entry {
    uint64_t pid;
    uint64_t start_time;
    uint32_t value; // PROCMAP_NONE: empty
} entry_t;

static size_t home(const procmap_t *m, uint64_t pid, uint64_t start_time)
{
    return hash_pair(m->key, pid, start_time) & (m->capacity - 1);
}

void procmap_done(procmap_t *m)
{
    free(m->entries);
    *m = (procmap_t){0};
}

void procmap_clear(procmap_t *m)
{
    for (size_t i = 0; i < m->capacity; i++)
        m->entries[i].value = PROCMAP_NONE;
    m->count = 0;
}

// The entry of the key, or the empty one where it would go.
static entry_t *find(const procmap_t *m, uint64_t pid, uint64_t start_time)
{
    size_t i = home(m, pid, start_time);

    for (;; i = (i + 1) & (m->capacity - 1)) {
        entry_t *e = &m->entries[i];

        if (e->value == PROCMAP_NONE || (e->pid == pid && e->start_time == start_time))
            return e;
    }
}

uint32_t procmap_get(const procmap_t *m, uint64_t pid, uint64_t start_time)
{
    if (m->count == 0)
        return PROCMAP_NONE;
    return find(m, pid, start_time)->value;
}

static int grow(procmap_t *m)
{
    procmap_t bigger = {
            .capacity = m->capacity ? m->capacity * 2 : 64,
            .key = m->capacity ? m->key : hash_key_random(),
    };

    bigger.entries = malloc(bigger.capacity * sizeof(entry_t));
    if (!bigger.entries)
        return -ENOMEM;
    procmap_clear(&bigger);
    for (size_t i = 0; i < m->capacity; i++) {
        const entry_t *e = &m->entries[i];

        if (e->value != PROCMAP_NONE)
            *find(&bigger, e->pid, e->start_time) = *e;
    }
    bigger.count = m->count;
    free(m->entries);
    *m = bigger;
    return 0;
}

int procmap_put(procmap_t *m, uint64_t pid, uint64_t start_time, uint32_t value)
{
    entry_t *e;

    if ((m->count + 1) * 4 > m->capacity * 3) {
        int r = grow(m);

        if (r < 0)
            return r;
    }
    e = find(m, pid, start_time);
    if (e->value == PROCMAP_NONE)
        m->count++;
    *e = (entry_t){.pid = pid, .start_time = start_time, .value = value};
    return 0;
}

uint32_t procmap_remove(procmap_t *m, uint64_t pid, uint64_t start_time)
{
    entry_t *e;
    size_t hole, i;
    uint32_t value;

    if (m->count == 0)
        return PROCMAP_NONE;
    e = find(m, pid, start_time);
    value = e->value;
    if (value == PROCMAP_NONE)
        return PROCMAP_NONE;
    hole = i = (size_t) (e - m->entries);
    for (;;) {
        const entry_t *next;
        size_t want;

        i = (i + 1) & (m->capacity - 1);
        next = &m->entries[i];
        if (next->value == PROCMAP_NONE)
            break;
        want = home(m, next->pid, next->start_time);
        // `next` may fill the hole unless its home lies behind the hole, cyclically.
        if (((i - want) & (m->capacity - 1)) >= ((i - hole) & (m->capacity - 1))) {
            m->entries[hole] = *next;
            hole = i;
        }
    }
    m->entries[hole].value = PROCMAP_NONE;
    m->count--;
    return value;
}
