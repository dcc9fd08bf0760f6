// Samples that were taken elsewhere, in place of what /proc says now.

#include "common/cleanup.h"
#include "common/clock.h"
#include "daemon/capture/capture_private.h"
#include "daemon/capture/turn.h"

#include <errno.h>

int capture_given_begin(capture_t *c, const system_snapshot_t *system)
{
    sample_t *previous = &c->samples[c->current];
    uint64_t now_us = system->mono_ms * USEC_PER_MSEC;
    snapshot_t *s;

    if (!sample_begin(&c->samples[c->current ^ 1], previous))
        return -ENOMEM;
    c->current ^= 1;
    c->visit = (visit_t){.fs = c->config.fs,
            .pool = &c->pool,
            .strings = c->strings,
            .now_us = now_us,
            .interval_us = c->last_us ? now_us - c->last_us : 0};
    c->last_us = now_us;
    c->n_dead = 0;
    c->truncated = false;
    s = capture_now(c);
    s->system = *system;
    for (uint32_t slot = 0; slot < s->n_slots; slot++)
        c->tracked[slot].in_sample = false;
    return 0;
}

#define TAKE(p, from, field)                      \
    do {                                          \
        if (PROCESS_KNOWN(from, field))           \
            PROCESS_SET(p, field, (from)->field); \
        else                                      \
            PROCESS_UNSET(p, field);              \
    } while (0)

static void set_record(tracked_t *t, process_snapshot_t *p, const process_snapshot_t *from)
{
    // What a zombie held is what it had before.
    if (from->state == 'Z' && p->state != 'Z' && PROCESS_KNOWN(p, anon_kb))
        track_hold(t, p);
    else if (from->state != 'Z')
        t->has_held = false;
    TAKE(p, from, state);
    TAKE(p, from, anon_kb);
    TAKE(p, from, file_kb);
    TAKE(p, from, swap_kb);
}

static int bear(capture_t *c, const process_snapshot_t *given, uint32_t *ret_slot)
{
    uint32_t slot;
    process_snapshot_t *p = capture_take_slot(c, &slot);
    tracked_t *t;
    int r;

    if (!p)
        return -E2BIG;
    r = procmap_put(&c->by_pid, given->pid, 0, slot);
    if (r < 0) {
        capture_give_slot_back(c, slot);
        return r;
    }
    t = &c->tracked[slot];
    *t = (tracked_t){.pid = given->pid,
            .start_time = given->start_time,
            .owner = {OWNER_ROOT_ONLY, OWNER_ROOT_ONLY},
            .is_given = true};
    descriptors_init(&t->files);
    PROCESS_SET(p, pid, given->pid);
    PROCESS_SET(p, start_time, given->start_time);
    PROCESS_SET(p, first_seen_ms, c->visit.now_us / USEC_PER_MSEC);
    PROCESS_SET(p, tags, 0);
    c->processes++;
    *ret_slot = slot;
    return 0;
}

int capture_given(capture_t *c, const process_snapshot_t *given, const char *name, size_t name_len)
{
    uint32_t slot = procmap_get(&c->by_pid, given->pid, 0);
    bool born = false;
    process_snapshot_t *p;
    uint64_t private_kb;
    int r;

    if (slot != PROCMAP_NONE && c->tracked[slot].start_time != given->start_time) {
        capture_bury(c, slot);
        slot = PROCMAP_NONE;
    }
    if (slot == PROCMAP_NONE) {
        r = bear(c, given, &slot);
        if (r < 0)
            return r == -E2BIG ? 0 : r;
        born = true;
    }
    p = &capture_now(c)->processes[slot];
    c->tracked[slot].in_sample = true;
    turn_set_text(c->strings, p, PROCESS_FIELD_name, name, name_len);
    set_record(&c->tracked[slot], p, given);
    if (!PROCESS_KNOWN(p, baseline_kb) && snapshot_private_kb(p, &private_kb))
        PROCESS_SET(p, baseline_kb, private_kb);
    if (born && c->handlers.born)
        c->handlers.born(c->handlers.user, slot);
    return 0;
}

void capture_given_end(capture_t *c)
{
    snapshot_t *s = capture_now(c);

    for (uint32_t slot = 0; slot < s->n_slots; slot++)
        if (c->tracked[slot].pid != 0 && !c->tracked[slot].in_sample)
            capture_bury(c, slot);
    capture_sum_up(c);
}
