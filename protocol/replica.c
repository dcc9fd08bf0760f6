#include "protocol/replica.h"
#include "common/cleanup.h"
#include "common/procmap.h"
#include "protocol/tick.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NO_SLOT         UINT32_MAX
#define IDENTITY_FIELDS (UINT64_C(1) << PROCESS_FIELD_pid | UINT64_C(1) << PROCESS_FIELD_start_time)

// The daemon's slots are as sparse as a viewer's rights: "outer" slots, mapped to packed ones here.
// A tick is read twice: checked without touching what is shown, then applied, which can no longer
// fail but for memory.
struct replica {
    snapshot_t snapshot;
    intern_t *strings;
    size_t cap; // of snapshot.processes and free_slots
    uint32_t *free_slots;
    size_t n_free;
    procmap_t identities;

    uint32_t *slots; // by outer slot, or NO_SLOT
    uint64_t *alive; // bit by outer slot; ahead of `slots` while a tick is checked
    size_t n_outer;  // a multiple of 64

    uint32_t *texts; // of the section being applied: ids, with a reference each
    size_t n_texts, cap_texts;
    uint64_t process_strings, system_strings; // the sender's, from its last keyframe
    bool valid;
};

// What a checked tick makes necessary.
typedef struct {
    size_t n_born;
    size_t n_texts; // in its largest section
} needs_t;

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
    free(r->slots);
    free(r->alive);
    free(r->texts);
    free(r);
}

// ---- Checking ----------------------------------------------------------------------------------

static bool is_alive(const replica_t *r, uint32_t outer)
{
    return outer < r->n_outer && (r->alive[outer / 64] >> outer % 64 & 1);
}

static int grow_outer(replica_t *r, uint32_t outer)
{
    size_t n = MIN(MAX(r->n_outer * 2, (size_t) outer / 64 * 64 + 64), PROTOCOL_SLOTS_MAX);
    uint32_t *slots = realloc(r->slots, n * sizeof(*slots));
    uint64_t *alive;

    if (!slots)
        return -ENOMEM;
    r->slots = slots;
    alive = realloc(r->alive, n / 64 * sizeof(*alive));
    if (!alive)
        return -ENOMEM;
    r->alive = alive;
    for (size_t i = r->n_outer; i < n; i++)
        slots[i] = NO_SLOT;
    memset(alive + r->n_outer / 64, 0, (n - r->n_outer) / 64 * sizeof(*alive));
    r->n_outer = n;
    return 0;
}

static int check_life(
        replica_t *r, const tick_record_t *record, uint64_t *born_known, needs_t *needs)
{
    uint32_t outer = record->slot;

    if (record->life == LIFE_BEGINS) {
        *born_known = (*born_known & ~record->unset) | record->set;
        if ((*born_known & IDENTITY_FIELDS) != IDENTITY_FIELDS)
            return -EBADMSG;
        if (outer >= r->n_outer && grow_outer(r, outer) < 0)
            return -ENOMEM;
        r->alive[outer / 64] |= UINT64_C(1) << outer % 64;
        needs->n_born++;
        return 0;
    }
    if (!is_alive(r, outer) || ((record->set | record->unset) & IDENTITY_FIELDS))
        return -EBADMSG;
    if (record->life == LIFE_ENDS)
        r->alive[outer / 64] &= ~(UINT64_C(1) << outer % 64);
    return 0;
}

static int check_section(replica_t *r, tick_reader_t *reader, unsigned section, needs_t *needs)
{
    bool processes = section == TICK_PROCESSES;
    uint64_t strings = processes ? process_string_mask : system_string_mask;
    unsigned count = processes ? PROCESS_FIELD_COUNT : SYSTEM_FIELD_COUNT;
    uint64_t born_known = 0;
    tick_record_t record;
    tick_value_t v;
    int more, error;

    while ((more = tick_reader_record(reader, section, &record)) > 0) {
        error = processes ? check_life(r, &record, &born_known, needs) : 0;
        if (error < 0)
            return error;
        while ((more = tick_reader_value(reader, &v)) > 0)
            if (v.number < count && v.is_string != (strings >> v.number & 1))
                return -EBADMSG;
        if (more < 0)
            return more;
    }
    needs->n_texts = MAX(needs->n_texts, reader->n_strings);
    return more;
}

static int check(replica_t *r, tick_reader_t reader, needs_t *ret_needs)
{
    unsigned section;
    int more;

    *ret_needs = (needs_t){0};
    if (reader.base == 0 && r->n_outer > 0)
        memset(r->alive, 0, r->n_outer / 8);
    while ((more = tick_reader_section(&reader, &section)) > 0) {
        int error = check_section(r, &reader, section, ret_needs);

        if (error < 0)
            return error;
    }
    return more;
}

static void forget_check(replica_t *r)
{
    if (r->n_outer > 0)
        memset(r->alive, 0, r->n_outer / 8);
    for (size_t i = 0; i < r->n_outer; i++)
        if (r->slots[i] != NO_SLOT)
            r->alive[i / 64] |= UINT64_C(1) << i % 64;
}

static int reserve(replica_t *r, bool keyframe, const needs_t *needs)
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

// ---- Applying ----------------------------------------------------------------------------------

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
        uint32_t *slot = &r->slots[record.slot];
        process_snapshot_t *p = *slot != NO_SLOT ? &r->snapshot.processes[*slot] : NULL;
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
            *slot = NO_SLOT;
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
    for (size_t i = 0; i < r->n_outer; i++)
        r->slots[i] = NO_SLOT;
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
    needs_t needs;
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
    error = check(r, reader, &needs);
    if (error == 0)
        error = reserve(r, reader.base == 0, &needs);
    if (error < 0) {
        forget_check(r);
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
    forget_check(r);
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
