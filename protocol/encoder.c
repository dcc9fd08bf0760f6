// The sending half of TICK (protocol/tick.h describes the bytes).

#include "common/cleanup.h"
#include "protocol/cursor.h"
#include "protocol/snapshot.h"
#include "protocol/tick.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// A snapshot as an audience sees it; no snapshot: nothing.
typedef struct {
    const snapshot_t *snapshot;
    const snapshot_filter_t *filter;
} view_t;

typedef struct {
    snapshot_encoder_t *encoder;
    buffer_t *out;
    view_t prev, curr;
    uint64_t fields; // that this section may carry
    bool lives;      // births and deaths are told in this section
    uint64_t next_slot;
    uint64_t last_set; // of the last update
    // What the next BORN builds on.
    const process_snapshot_t *last_born;
    uint64_t last_born_known;
} section_t;

void snapshot_encoder_done(snapshot_encoder_t *e)
{
    sent_strings_done(&e->sent);
}

static int put_string(section_t *s, const intern_t *strings, uint64_t value)
{
    uint32_t id = (uint32_t) value, index;
    const char *text;
    size_t len;
    int r = sent_strings_add(&s->encoder->sent, id, &index);

    if (r < 0)
        return r;
    if (r == 0) {
        buffer_put_varint(s->out, (uint64_t) index << 1);
        return 0;
    }
    text = intern_get(strings, id, &len);
    buffer_put_varint(s->out, (uint64_t) len << 1 | 1);
    buffer_put(s->out, text, len);
    return 0;
}

// The fields of `now` that are known and new with respect to `base`, of which `base_known` count.
static uint64_t changed_fields(
        const uint64_t *base, uint64_t base_known, const uint64_t *now, uint64_t now_known)
{
    uint64_t changed = now_known & ~base_known;

    for (uint64_t rest = now_known & base_known; rest; rest &= rest - 1) {
        unsigned i = (unsigned) __builtin_ctzll(rest);

        if (base[i] != now[i])
            changed |= UINT64_C(1) << i;
    }
    return changed;
}

static int put_values(section_t *s, uint64_t set, uint64_t strings, const uint64_t *base,
        uint64_t base_known, const uint64_t *now)
{
    for (; set; set &= set - 1) {
        unsigned i = (unsigned) __builtin_ctzll(set);
        uint64_t from = base_known >> i & 1 ? base[i] : 0;

        if (strings >> i & 1) {
            int r = put_string(s, s->curr.snapshot->strings, now[i]);

            if (r < 0)
                return r;
        } else {
            buffer_put_zigzag(s->out, (int64_t) (now[i] - from));
        }
    }
    return 0;
}

static void put_head(section_t *s, size_t slot, tick_head_t head)
{
    buffer_put_varint(s->out, (slot - s->next_slot) << 2 | head);
    s->next_slot = slot + 1;
}

static int put_born(section_t *s, size_t slot, const process_snapshot_t *now, uint64_t known)
{
    static const process_snapshot_t nothing;
    const process_snapshot_t *base = s->last_born ? s->last_born : &nothing;
    uint64_t base_known = s->last_born_known;
    uint64_t set = changed_fields(base->values, base_known, now->values, known);

    if (!set)
        set = UINT64_C(1) << PROCESS_FIELD_pid; // an empty set is a death
    put_head(s, slot, TICK_BORN);
    buffer_put_varint(s->out, set);
    buffer_put_varint(s->out, base_known & ~known);
    s->last_born = now;
    s->last_born_known = known;
    return put_values(s, set, process_string_mask, base->values, base_known, now->values);
}

static int put_update(section_t *s, size_t slot, const process_snapshot_t *base,
        uint64_t base_known, const process_snapshot_t *now, uint64_t known)
{
    uint64_t set = changed_fields(base->values, base_known, now->values, known);
    uint64_t unset = base_known & ~known;

    if (!set && !unset)
        return 0;
    if (unset) {
        put_head(s, slot, TICK_UNSET);
        buffer_put_varint(s->out, set);
        buffer_put_varint(s->out, unset);
    } else if (set != s->last_set) {
        put_head(s, slot, TICK_UPDATE);
        buffer_put_varint(s->out, set);
    } else {
        put_head(s, slot, TICK_REPEAT);
    }
    s->last_set = set;
    return put_values(s, set, process_string_mask, base->values, base_known, now->values);
}

static bool is_allowed(const uint64_t *bitmap, size_t slot)
{
    return !bitmap || (bitmap[slot / 64] >> slot % 64 & 1);
}

// The known fields of the process in `slot` that the audience sees; 0: there is none for it.
static uint64_t visible_fields(const view_t *v, size_t slot)
{
    const process_snapshot_t *p;

    if (!v->snapshot || slot >= v->snapshot->n_slots)
        return 0;
    p = &v->snapshot->processes[slot];
    if (!v->filter)
        return p->known;
    if (!is_allowed(v->filter->allow_public, slot))
        return 0;
    return is_allowed(v->filter->allow_private, slot) ? p->known : p->known & ~process_private_mask;
}

static int put_slot(section_t *s, size_t slot)
{
    uint64_t before = visible_fields(&s->prev, slot);
    uint64_t now = visible_fields(&s->curr, slot);
    const process_snapshot_t *p = before ? &s->prev.snapshot->processes[slot] : NULL;
    const process_snapshot_t *q = now ? &s->curr.snapshot->processes[slot] : NULL;
    bool same;

    if (!before && !now)
        return 0;
    if (before == now && memcmp(p->values, q->values, sizeof(p->values)) == 0)
        return 0;
    same = p && q && p->pid == q->pid && p->start_time == q->start_time;
    if (s->lives && q && !same)
        return put_born(s, slot, q, now & s->fields);
    if (s->lives && !q) {
        put_head(s, slot, TICK_BORN);
        buffer_put_varint(s->out, 0);
        return 0;
    }
    if (!q)
        return 0;
    return put_update(s, slot, same ? p : q, same ? before & s->fields : 0, q, now & s->fields);
}

// Whether no process of the 64 that begin with `slot` has private fields for this audience.
static bool is_private_word_empty(const section_t *s, size_t slot)
{
    const uint64_t *before = s->prev.filter ? s->prev.filter->allow_private : NULL;
    const uint64_t *now = s->curr.filter ? s->curr.filter->allow_private : NULL;
    bool none_before = !s->prev.snapshot || slot >= s->prev.snapshot->n_slots ||
                       (before && before[slot / 64] == 0);
    bool none_now = slot >= s->curr.snapshot->n_slots || (now && now[slot / 64] == 0);

    return none_before && none_now;
}

static size_t begin_section(buffer_t *out, unsigned type)
{
    buffer_put_u8(out, (uint8_t) type);
    return out->len;
}

// Puts the length before what was appended since `mark`.
static void end_section(buffer_t *out, size_t mark)
{
    size_t len = out->len - mark, size;

    buffer_put_varint(out, len); // for its size; moved to its place below
    if (out->failed)
        return;
    size = out->len - mark - len;
    memmove(out->data + mark + size, out->data + mark, len);
    out->len = mark;
    buffer_put_varint(out, len);
    out->len += len;
}

static int put_processes(section_t *s)
{
    size_t n_prev = s->prev.snapshot ? s->prev.snapshot->n_slots : 0;
    size_t n = MAX(n_prev, s->curr.snapshot->n_slots);
    size_t start = s->out->len;
    size_t mark = begin_section(s->out, TICK_PROCESSES);

    sent_strings_restart(&s->encoder->sent);
    for (size_t slot = 0; slot < n; slot++) {
        int r;

        if (!s->lives && slot % 64 == 0 && is_private_word_empty(s, slot)) {
            slot += 63;
            continue;
        }
        r = put_slot(s, slot);
        if (r < 0)
            return r;
    }
    if (s->out->failed)
        return s->out->error;
    if (s->out->len == mark)
        buffer_truncate(s->out, start);
    else
        end_section(s->out, mark);
    return 0;
}

static int put_system(section_t *s)
{
    static const system_snapshot_t nothing;
    const uint64_t tick = UINT64_C(1) << SYSTEM_FIELD_tick; // travels in the head of the body
    const system_snapshot_t *now = &s->curr.snapshot->system;
    const system_snapshot_t *base = s->prev.snapshot ? &s->prev.snapshot->system : &nothing;
    uint64_t known = now->known & ~tick, base_known = base->known & ~tick;
    uint64_t set = changed_fields(base->values, base_known, now->values, known);
    size_t mark = begin_section(s->out, TICK_SYSTEM);
    int r;

    sent_strings_restart(&s->encoder->sent);
    buffer_put_varint(s->out, set);
    buffer_put_varint(s->out, base_known & ~known);
    r = put_values(s, set, system_string_mask, base->values, base_known, now->values);
    if (r < 0)
        return r;
    end_section(s->out, mark);
    return 0;
}

static void put_kinds(buffer_t *out)
{
    size_t mark = begin_section(out, TICK_KINDS);

    buffer_put_varint(out, process_string_mask);
    buffer_put_varint(out, system_string_mask);
    end_section(out, mark);
}

static int put_start(section_t *s)
{
    uint64_t tick = s->curr.snapshot->system.tick;
    uint64_t base = s->prev.snapshot ? s->prev.snapshot->system.tick : 0;

    if (tick == 0 || base >= tick || (s->prev.snapshot && base == 0))
        return -EINVAL;
    buffer_put_varint(s->out, tick);
    buffer_put_varint(s->out, base > 0 ? tick - base : 0);
    if (base == 0)
        put_kinds(s->out);
    return put_system(s);
}

// `lives`: births and deaths are told, and what begins a body.
static int encode(
        snapshot_encoder_t *e, buffer_t *out, view_t prev, view_t curr, uint64_t fields, bool lives)
{
    section_t s = {
            .encoder = e, .out = out, .prev = prev, .curr = curr, .fields = fields, .lives = lives};
    int r = 0;

    if (out->failed)
        return out->error;
    if (curr.snapshot->n_slots > PROTOCOL_SLOTS_MAX)
        return -E2BIG;
    if (lives)
        r = put_start(&s);
    return r < 0 ? r : put_processes(&s);
}

int snapshot_encode(snapshot_encoder_t *e, buffer_t *out, const snapshot_t *prev,
        const snapshot_filter_t *prev_filter, const snapshot_t *curr,
        const snapshot_filter_t *curr_filter)
{
    return encode(
            e, out, (view_t){prev, prev_filter}, (view_t){curr, curr_filter}, UINT64_MAX, true);
}

int snapshot_encode_public(snapshot_encoder_t *e, buffer_t *out, const snapshot_t *prev,
        const snapshot_filter_t *prev_filter, const snapshot_t *curr,
        const snapshot_filter_t *curr_filter)
{
    return encode(e, out, (view_t){prev, prev_filter}, (view_t){curr, curr_filter},
            ~process_private_mask, true);
}

int snapshot_encode_private(snapshot_encoder_t *e, buffer_t *out, const snapshot_t *prev,
        const snapshot_filter_t *prev_filter, const snapshot_t *curr,
        const snapshot_filter_t *curr_filter)
{
    return encode(e, out, (view_t){prev, prev_filter}, (view_t){curr, curr_filter},
            process_private_mask, false);
}
