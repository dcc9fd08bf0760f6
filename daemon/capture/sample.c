#include "daemon/capture/sample.h"

#include <string.h>

int sample_init(sample_t *s, size_t cap, const intern_t *strings)
{
    *s = (sample_t){.snapshot.strings = strings};
    return arena_init(&s->arena, cap);
}

void sample_done(sample_t *s)
{
    arena_done(&s->arena);
}

bool sample_begin(sample_t *s, const sample_t *previous)
{
    size_t bytes = previous->snapshot.n_slots * sizeof(process_snapshot_t);

    arena_reset(&s->arena, bytes + bytes / 4);
    s->snapshot.system = previous->snapshot.system;
    s->snapshot.n_slots = 0;
    s->snapshot.processes = arena_alloc(&s->arena, bytes, _Alignof(process_snapshot_t));
    if (!s->snapshot.processes)
        return false;
    if (bytes > 0)
        memcpy(s->snapshot.processes, previous->snapshot.processes, bytes);
    s->snapshot.n_slots = previous->snapshot.n_slots;
    return true;
}

process_snapshot_t *sample_slot(sample_t *s, uint32_t slot)
{
    while (s->snapshot.n_slots <= slot) {
        // Consecutive in the arena, so the array grows where it is.
        process_snapshot_t *p =
                arena_alloc(&s->arena, sizeof(process_snapshot_t), _Alignof(process_snapshot_t));

        if (!p)
            return NULL;
        memset(p, 0, sizeof(*p));
        s->snapshot.n_slots++;
    }
    return &s->snapshot.processes[slot];
}
