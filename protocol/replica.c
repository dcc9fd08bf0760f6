#include "protocol/replica.h"
#include "common/cleanup.h"
#include "common/procmap.h"
#include "protocol/slots.h"
#include "protocol/tick.h"
#include "protocol/tick_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// A tick is read twice: checked without touching what is shown, then applied, which can no longer
// fail but for memory.
struct replica {
    snapshot_t snapshot;
    intern_t *strings;
    size_t cap; // of snapshot.processes and free_slots
    uint32_t *free_slots;
    size_t n_free;
    procmap_t identities;

    slots_t slots;

    uint32_t *texts; // of the section being applied: ids, with a reference each
    size_t n_texts, cap_texts;
    uint64_t process_strings, system_strings; // the sender's, from its last keyframe
    bool valid;
};

int replica_new(replica_t **ret)
{
    replica_t *r = calloc(1, sizeof(*r));

    if (!r)
        return -ENOMEM;
    if (intern_new(&r->strings) < 0) {
        free(r);
        return -ENOMEM;
    }
    r->snapshot.strings = r->strings;
    *ret = r;
    return 0;
}

void replica_free(replica_t *r)
{
    if (!r)
        return;
    procmap_done(&r->identities);
    intern_free(r->strings);
    free(r->snapshot.processes);
    free(r->free_slots);
    slots_done(&r->slots);
    free(r->texts);
    free(r);
}

static int reserve(replica_t *r, bool keyframe, const tick_needs_t *needs)
{
    size_t n = needs->n_born + (keyframe ? 0 : r->snapshot.n_slots - r->n_free);

    if (n > r->cap) {
        size_t cap = MAX(n, r->cap + r->cap / 2);
        process_snapshot_t *processes = realloc(r->snapshot.processes, cap * sizeof(*processes));
        uint32_t *free_slots;

        if (!processes)
            return -ENOMEM;
        r->snapshot.processes = processes;
        free_slots = realloc(r->free_slots, cap * sizeof(*free_slots));
        if (!free_slots)
            return -ENOMEM;
        r->free_slots = free_slots;
        r->cap = cap;
    }
    if (needs->n_texts > r->cap_texts) {
        uint32_t *texts = realloc(r->texts, needs->n_texts * sizeof(*texts));

        if (!texts)
            return -ENOMEM;
        r->texts = texts;
        r->cap_texts = needs->n_texts;
    }
    return 0;
}

static void unset_fields(
        replica_t *r, uint64_t *known, uint64_t *values, uint64_t strings, uint64_t unset)
{
    for (unset &= *known; unset; unset &= unset - 1) {
        unsigned i = (unsigned) __builtin_ctzll(unset);

        if (strings >> i & 1)
            intern_unref(r->strings, (uint32_t) values[i]);
        values[i] = 0;
        *known &= ~(UINT64_C(1) << i);
    }
}

static int string_of(replica_t *r, const tick_value_t *v, uint32_t *ret_id)
{
    if (v->is_literal) {
        uint32_t id = intern_ref(r->strings, v->literal.data, v->literal.len);

        if (!id)
            return -ENOMEM;
        r->texts[r->n_texts++] = id;
    }
    *ret_id = r->texts[v->index];
    return 0;
}

static int set_fields(
        replica_t *r, tick_reader_t *reader, uint64_t *known, uint64_t *values, unsigned count)
{
    tick_value_t v;

    while (tick_reader_value(reader, &v) > 0) {
        uint32_t id = 0;

        if (v.is_string && string_of(r, &v, &id) < 0)
            return -ENOMEM;
        if (v.number >= count)
            continue;
        if (v.is_string) {
            intern_ref_id(r->strings, id);
            intern_unref(r->strings, (uint32_t) values[v.number]);
            values[v.number] = id;
        } else {
            values[v.number] += v.difference;
        }
        *known |= UINT64_C(1) << v.number;
    }
    return 0;
}

static void forget_process(replica_t *r, uint32_t slot)
{
    process_snapshot_t *p = &r->snapshot.processes[slot];

    // Another slot may have taken over the identity within this tick.
    if (procmap_get(&r->identities, p->pid, p->start_time) == slot)
        procmap_remove(&r->identities, p->pid, p->start_time);
    unset_fields(r, &p->known, p->values, process_string_mask, UINT64_MAX);
}

static uint32_t new_slot(replica_t *r)
{
    return r->n_free > 0 ? r->free_slots[--r->n_free] : (uint32_t) r->snapshot.n_slots++;
}

// `base`: the process born before in this section, or NULL.
static int apply_born(replica_t *r, tick_reader_t *reader, const tick_record_t *record,
        const process_snapshot_t *base, uint32_t slot)
{
    process_snapshot_t *p = &r->snapshot.processes[slot];
    int error;

    if (base)
        *p = *base;
    else
        memset(p, 0, sizeof(*p));
    for (uint64_t rest = p->known & process_string_mask; rest; rest &= rest - 1)
        intern_ref_id(r->strings, (uint32_t) p->values[__builtin_ctzll(rest)]);
    unset_fields(r, &p->known, p->values, process_string_mask, record->unset);
    error = set_fields(r, reader, &p->known, p->values, PROCESS_FIELD_COUNT);
    if (error < 0)
        return error;
    return procmap_put(&r->identities, p->pid, p->start_time, slot);
}

static int apply_processes(replica_t *r, tick_reader_t *reader)
{
    const process_snapshot_t *born = NULL;
    tick_record_t record;

    while (tick_reader_record(reader, TICK_PROCESSES, &record) > 0) {
        uint32_t *slot = slots_inner(&r->slots, record.slot);
        process_snapshot_t *p = *slot != SLOTS_NONE ? &r->snapshot.processes[*slot] : NULL;
        int error = 0;

        switch (record.life) {
        case LIFE_BEGINS:
            if (p)
                forget_process(r, *slot);
            else
                *slot = new_slot(r);
            error = apply_born(r, reader, &record, born, *slot);
            born = &r->snapshot.processes[*slot];
            break;
        case LIFE_ENDS:
            forget_process(r, *slot);
            r->free_slots[r->n_free++] = *slot;
            *slot = SLOTS_NONE;
            break;
        case LIFE_GOES_ON:
            unset_fields(r, &p->known, p->values, process_string_mask, record.unset);
            error = set_fields(r, reader, &p->known, p->values, PROCESS_FIELD_COUNT);
            break;
        }
        if (error < 0)
            return error;
    }
    return 0;
}

static int apply_system(replica_t *r, tick_reader_t *reader)
{
    system_snapshot_t *s = &r->snapshot.system;
    tick_record_t record;

    if (tick_reader_record(reader, TICK_SYSTEM, &record) <= 0)
        return 0;
    unset_fields(r, &s->known, s->values, system_string_mask, record.unset);
    return set_fields(r, reader, &s->known, s->values, SYSTEM_FIELD_COUNT);
}

static void forget_texts(replica_t *r)
{
    while (r->n_texts > 0)
        intern_unref(r->strings, r->texts[--r->n_texts]);
}

static void forget_all(replica_t *r)
{
    system_snapshot_t *s = &r->snapshot.system;

    forget_texts(r);
    for (size_t i = 0; i < r->snapshot.n_slots; i++) {
        process_snapshot_t *p = &r->snapshot.processes[i];

        unset_fields(r, &p->known, p->values, process_string_mask, UINT64_MAX);
    }
    unset_fields(r, &s->known, s->values, system_string_mask, UINT64_MAX);
    r->snapshot.n_slots = 0;
    r->n_free = 0;
    procmap_clear(&r->identities);
    slots_unmap_all(&r->slots);
}

static int apply(replica_t *r, tick_reader_t reader)
{
    unsigned section;

    if (reader.base == 0)
        forget_all(r);
    while (tick_reader_section(&reader, &section) > 0) {
        int error = section == TICK_SYSTEM ? apply_system(r, &reader) : apply_processes(r, &reader);

        forget_texts(r);
        if (error < 0)
            return error;
    }
    r->process_strings = reader.process_strings;
    r->system_strings = reader.system_strings;
    SYSTEM_SET(&r->snapshot.system, tick, reader.tick);
    return 0;
}

int replica_apply(replica_t *r, const void *body, size_t len)
{
    bool was_valid = r->valid;
    tick_reader_t reader;
    tick_needs_t needs;
    int error = tick_reader_init(&reader, body, len);

    r->valid = false;
    if (error < 0)
        return error;
    if (reader.base != 0) {
        if (!was_valid || reader.base != r->snapshot.system.tick)
            return -ESTALE;
        reader.process_strings = r->process_strings;
        reader.system_strings = r->system_strings;
    }
    error = tick_check(reader, &r->slots, &needs);
    if (error == 0)
        error = reserve(r, reader.base == 0, &needs);
    if (error < 0) {
        slots_forget_check(&r->slots);
        return error;
    }
    error = apply(r, reader);
    if (error < 0) {
        replica_reset(r);
        return error;
    }
    r->valid = true;
    return 0;
}

void replica_invalidate(replica_t *r)
{
    r->valid = false;
}

void replica_reset(replica_t *r)
{
    forget_all(r);
    slots_forget_check(&r->slots);
    r->valid = false;
}

bool replica_valid(const replica_t *r)
{
    return r->valid;
}

const snapshot_t *replica_snapshot(const replica_t *r)
{
    return &r->snapshot;
}

uint32_t replica_find(const replica_t *r, uint64_t pid, uint64_t start_time)
{
    return procmap_get(&r->identities, pid, start_time);
}
