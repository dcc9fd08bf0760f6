// Who comes and who goes: births, deaths, orphans and zombies.

#include "common/cleanup.h"
#include "common/clock.h"
#include "daemon/capture/capture_private.h"

#include <errno.h>

#define IN_FLIGHT 16 // forks that can be under way at one time

exit_totals_t capture_totals_of(const tracked_t *t)
{
    return (exit_totals_t){.unknown = t->is_given,
            .utime_ticks = t->utime,
            .stime_ticks = t->stime,
            .minflt = t->minflt,
            .majflt = t->majflt,
            .has_io = t->has_io,
            .io_error = t->io_error,
            .smaps_error = t->smaps_error,
            .read_bytes = t->read_bytes,
            .write_bytes = t->write_bytes,
            .rchar = t->rchar,
            .wchar = t->wchar};
}

static const exit_record_t *add_exit(
        capture_t *c, const tracked_t *t, const process_snapshot_t *p, uint64_t now_ms)
{
    exit_record_t e = {.exited_ms = now_ms, .owner = t->owner, .totals = capture_totals_of(t)};

    track_last(t, p, &e.last);
    return exits_add(&c->exits, &e);
}

exits_t *capture_exits(capture_t *c)
{
    return &c->exits;
}

const exit_record_t *capture_exit(const capture_t *c, size_t index)
{
    return exits_get(&c->exits, index);
}

const exit_record_t *capture_find_exit(const capture_t *c, uint64_t pid, uint64_t start_time)
{
    return exits_find(&c->exits, pid, start_time);
}

void capture_bury(capture_t *c, uint32_t slot)
{
    process_snapshot_t *p = &capture_now(c)->processes[slot];
    tracked_t *t = &c->tracked[slot];
    const exit_record_t *e = add_exit(c, t, p, c->visit.now_us / USEC_PER_MSEC);

    if (c->handlers.died)
        c->handlers.died(c->handlers.user, slot, e);
    c->dead_pids[c->n_dead++] = t->pid;
    capture_note_reaped(c, slot);
    procmap_remove(&c->by_pid, t->pid, 0);
    intern_unref(c->strings, t->news.cmdline);
    track_end(&c->visit, slot, t, p);
    capture_give_slot_back(c, slot);
    c->processes--;
}

process_snapshot_t *capture_take_slot(capture_t *c, uint32_t *ret_slot)
{
    uint32_t slot = c->n_free > 0 ? c->free_slots[c->n_free - 1] : (uint32_t) c->processes;
    process_snapshot_t *p = slot < c->max_slots ? sample_slot(&c->samples[c->current], slot) : NULL;

    if (!p) {
        c->truncated = true;
        return NULL;
    }
    if (c->n_free > 0)
        c->n_free--;
    *ret_slot = slot;
    return p;
}

void capture_give_slot_back(capture_t *c, uint32_t slot)
{
    c->free_slots[c->n_free++] = slot;
}

static void try_birth(void *user, uint64_t pid)
{
    capture_t *c = user;
    process_snapshot_t *p;
    uint32_t slot;
    int r;

    if (procmap_get(&c->by_pid, pid, 0) != PROCMAP_NONE)
        return;
    p = capture_take_slot(c, &slot);
    if (!p)
        return;
    r = track_begin(&c->visit, slot, &c->tracked[slot], p, pid);
    if (r == 0)
        r = procmap_put(&c->by_pid, pid, 0, slot);
    if (r < 0) {
        track_end(&c->visit, slot, &c->tracked[slot], p);
        capture_give_slot_back(c, slot);
        if (r != -ESRCH)
            c->failed_reads++;
        return;
    }
    c->processes++;
    if (c->handlers.born)
        c->handlers.born(c->handlers.user, slot);
}

// New processes have numbers after the last one that was handed out before, so mostly these few are
// asked for and not the whole directory.
int capture_find_births(capture_t *c)
{
    uint64_t last = 0;
    bool known = host_last_pid(&c->host, c->scratch, CAPTURE_SCRATCH, &last);
    uint64_t range = last - c->last_pid;
    // A number is handed out a moment before its process shows.
    uint64_t again = MIN(MIN(c->recent_pids, IN_FLIGHT), c->last_pid);

    if (known && c->last_pid != 0 && last >= c->last_pid && range <= c->processes / 2 + 8 &&
            c->since_scan < CAPTURE_SCAN_TICKS && !c->truncated) {
        for (uint64_t pid = c->last_pid - again + 1; pid <= last; pid++)
            try_birth(c, pid);
        // The number of one that died may have been handed out again.
        for (size_t i = 0; i < c->n_dead; i++)
            try_birth(c, c->dead_pids[i]);
        c->last_pid = last;
        c->recent_pids = range;
        c->since_scan++;
        return 0;
    }
    c->truncated = false;
    c->since_scan = 0;
    c->last_pid = known ? last : 0;
    c->recent_pids = IN_FLIGHT;
    return procfs_scan(
            c->config.fs, c->scratch + CAPTURE_SCRATCH / 2, CAPTURE_SCRATCH / 2, try_birth, c);
}

// Whether its parent ended in this tick: a zombie has no children either.
static bool is_orphan(const capture_t *c, const process_snapshot_t *p)
{
    uint32_t parent = procmap_get(&c->by_pid, p->ppid, 0);

    if (p->known == 0 || p->ppid == 0)
        return false;
    if (parent != PROCMAP_NONE)
        return snapshot_is_zombie(&capture_current(c)->processes[parent]);
    for (size_t i = 0; i < c->n_dead; i++)
        if (c->dead_pids[i] == p->ppid)
            return true;
    return false;
}

// The children of those that died have another parent now, though they did not run.
void capture_adopt_orphans(capture_t *c)
{
    snapshot_t *s = capture_now(c);

    for (uint32_t slot = 0; slot < s->n_slots && c->n_dead + c->visit.new_zombies > 0; slot++)
        if (is_orphan(c, &s->processes[slot]))
            track_parent(&c->visit, slot, &c->tracked[slot], &s->processes[slot]);
}

void capture_count_zombies(capture_t *c)
{
    snapshot_t *s = capture_now(c);
    size_t zombies = 0;

    for (uint32_t slot = 0; slot < s->n_slots; slot++)
        zombies += snapshot_is_zombie(&s->processes[slot]);
    if (zombies == 0 && c->zombies == 0)
        return;
    c->zombies = zombies;
    for (uint32_t slot = 0; slot < s->n_slots; slot++)
        s->processes[slot].zombies = 0;
    for (uint32_t slot = 0; slot < s->n_slots; slot++) {
        const process_snapshot_t *p = &s->processes[slot];
        uint32_t parent;

        if (!snapshot_is_zombie(p))
            continue;
        parent = procmap_get(&c->by_pid, p->ppid, 0);
        if (parent != PROCMAP_NONE)
            PROCESS_SET(&s->processes[parent], zombies, s->processes[parent].zombies + 1);
    }
}
