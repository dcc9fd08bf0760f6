#include "daemon/forensics/copies.h"
#include "common/arena.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/procmap.h"

#include <errno.h>
#include <stdlib.h>

#define WORTH_KB 1024 // that is shared, to look whether it is written to

struct copies {
    copies_sources_t from;
    arena_t arena;
    uint32_t *sharing; // slots, of this capture
    size_t n_sharing;
};

int copies_new(copies_t **ret, const copies_sources_t *sources)
{
    copies_t *c = calloc(1, sizeof(*c));
    int r;

    if (!c)
        return -ENOMEM;
    c->from = *sources;
    r = arena_init(&c->arena, sources->max_slots * sizeof(uint32_t));
    if (r < 0) {
        free(c);
        return r;
    }
    c->sharing = (uint32_t *) (void *) c->arena.base;
    *ret = c;
    return 0;
}

void copies_free(copies_t *c)
{
    if (!c)
        return;
    arena_done(&c->arena);
    free(c);
}

static const process_snapshot_t *at(const copies_t *c, uint32_t slot)
{
    return &capture_current(c->from.capture)->processes[slot];
}

uint64_t copies_born(copies_t *c, uint32_t slot)
{
    uint32_t original = capture_original(c->from.capture, slot);
    uint64_t has_kb, original_kb;

    if (original == PROCMAP_NONE || c->from.series[slot] == HISTORY_NONE ||
            !snapshot_private_kb(at(c, slot), &has_kb) ||
            !snapshot_private_kb(at(c, original), &original_kb))
        return 0;
    has_kb = MIN(has_kb, original_kb);
    history_set_shared(c->from.history, c->from.series[slot],
            &(history_shared_t){.kb = has_kb,
                    .pid = at(c, original)->pid,
                    .start_time = at(c, original)->start_time});
    return has_kb;
}

// Pages that it has written to since the capture before, and that were not new to it: an upper
// limit, for there are other faults.
static uint64_t written_kb(const copies_t *c, uint32_t slot, uint64_t given_kb)
{
    const snapshot_t *s = capture_current(c->from.capture);
    const process_snapshot_t *p = &s->processes[slot];
    const process_snapshot_t *before = capture_before(c->from.capture, slot);
    uint64_t faults, had_kb = given_kb, has_kb;
    exit_totals_t totals;

    if (!snapshot_private_kb(p, &has_kb) || (before && !snapshot_private_kb(before, &had_kb)))
        return 0;
    if (before) {
        faults = p->minflt_rate > 0 ? p->minflt_rate + 1 : 0; // it is rounded
        faults = faults * s->system.interval_us / USEC_PER_SEC;
    } else {
        capture_totals(c->from.capture, slot, &totals);
        faults = totals.minflt; // they begin with 0, copied or not
    }
    faults *= c->from.page_kb;
    return faults - MIN(faults, has_kb - MIN(has_kb, had_kb));
}

void copies_begin(copies_t *c)
{
    c->n_sharing = 0;
}

// It shares no more than the two have, and nothing that a reading has shown to be nobody else's.
static void bound(const copies_t *c, history_shared_t *s, uint32_t slot, uint64_t private_kb,
        uint32_t original)
{
    const process_snapshot_t *p = at(c, slot);
    uint64_t most_kb = private_kb, original_kb;

    if (PROCESS_KNOWN(p, uss_kb))
        most_kb -= MIN(most_kb, p->uss_kb);
    s->estimated_kb = MIN(s->estimated_kb, most_kb - MIN(most_kb, s->kb));
    if (original != PROCMAP_NONE && snapshot_private_kb(at(c, original), &original_kb))
        most_kb = MIN(most_kb, original_kb);
    history_shared_limit(s, most_kb, capture_previous(c->from.capture)->system.mono_ms,
            capture_current(c->from.capture)->system.mono_ms);
}

uint64_t copies_own_kb(copies_t *c, uint32_t slot, uint64_t private_kb)
{
    uint32_t series = c->from.series[slot], original;
    const history_shared_t *before = history_shared(c->from.history, series);
    uint64_t now_ms = capture_current(c->from.capture)->system.mono_ms, given_kb = before->kb;
    history_shared_t s;

    // On its way out it has nothing any more: what it shared before is not less for that.
    if (before->kb == 0 || before->until_ms != 0 || private_kb == 0)
        return private_kb;
    s = *before;
    original = capture_find(c->from.capture, s.pid, s.start_time);
    bound(c, &s, slot, private_kb, original);
    if (original == PROCMAP_NONE) {
        s.until_ms = now_ms;
    } else if (s.kb >= WORTH_KB) {
        // Some of the faults of the capture before were too late for what the kernel said then.
        s.written_kb =
                s.written_kb / 2 + written_kb(c, slot, given_kb) + written_kb(c, original, 0);
        c->sharing[c->n_sharing++] = slot;
    }
    history_set_shared(c->from.history, series, &s);
    return history_own_kb(&s, private_kb, now_ms);
}

static uint64_t weight(const history_shared_t *s)
{
    return MIN(s->kb, s->written_kb);
}

uint64_t copies_claim(copies_t *c, uint64_t kb)
{
    const snapshot_t *now = capture_current(c->from.capture),
                     *previous = capture_previous(c->from.capture);
    uint64_t all_kb = 0, claimed_kb = 0;
    double part;

    for (size_t i = 0; i < c->n_sharing; i++)
        all_kb += weight(history_shared(c->from.history, c->from.series[c->sharing[i]]));
    if (all_kb == 0)
        return 0;
    part = (double) MIN(kb, all_kb) / (double) all_kb;
    for (size_t i = 0; i < c->n_sharing; i++) {
        uint32_t series = c->from.series[c->sharing[i]];
        history_shared_t s = *history_shared(c->from.history, series);
        uint64_t own_kb = (uint64_t) (part * (double) weight(&s));

        history_shared_limit(&s, s.kb - own_kb, previous->system.mono_ms, now->system.mono_ms);
        s.written_kb -= own_kb;
        s.estimated_kb += own_kb;
        claimed_kb += own_kb;
        history_set_shared(c->from.history, series, &s);
    }
    return claimed_kb;
}
