#include "common/cleanup.h"
#include "common/clock.h"
#include "daemon/capture/capture_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static descriptors_t *descriptors_of(void *user, uint32_t slot)
{
    capture_t *c = user;

    return &c->tracked[slot].files;
}

static sample_t *current(capture_t *c)
{
    return &c->samples[c->current];
}

const snapshot_t *capture_current(const capture_t *c)
{
    return &c->samples[c->current].snapshot;
}

snapshot_t *capture_current_writable(capture_t *c)
{
    return &current(c)->snapshot;
}

const snapshot_t *capture_previous(const capture_t *c)
{
    return &c->samples[c->current ^ 1].snapshot;
}

const process_snapshot_t *capture_before(const capture_t *c, uint32_t slot)
{
    const snapshot_t *s = capture_previous(c);
    const process_snapshot_t *now = &capture_current(c)->processes[slot];
    const process_snapshot_t *before = slot < s->n_slots ? &s->processes[slot] : NULL;

    return before && before->pid == now->pid && before->start_time == now->start_time ? before
                                                                                      : NULL;
}

static int init_memory(capture_t *c)
{
    int r;

    c->max_slots = c->config.max_processes;
    for (int i = 0; i < 2; i++) {
        r = sample_init(&c->samples[i], c->max_slots * sizeof(process_snapshot_t), c->strings);
        if (r < 0)
            return r;
    }
    r = arena_init(&c->tracked_arena,
            c->max_slots * (sizeof(tracked_t) + sizeof(uint32_t) + sizeof(uint64_t)) +
                    EXITS_MAX * sizeof(exit_record_t) + 4096);
    if (r < 0)
        return r;
    c->tracked = arena_alloc(&c->tracked_arena, c->max_slots * sizeof(tracked_t), 16);
    c->free_slots = arena_alloc(&c->tracked_arena, c->max_slots * sizeof(uint32_t), 16);
    c->dead_pids = arena_alloc(&c->tracked_arena, c->max_slots * sizeof(uint64_t), 16);
    r = exits_init(&c->exits, &c->tracked_arena, c->strings);
    c->scratch = malloc(CAPTURE_SCRATCH);
    return c->scratch ? r : -ENOMEM;
}

int capture_new(capture_t **ret, const capture_config_t *config, const capture_handlers_t *handlers)
{
    capture_t *c = calloc(1, sizeof(*c));
    int r;

    if (!c)
        return -ENOMEM;
    c->config = *config;
    if (handlers)
        c->handlers = *handlers;
    pss_schedule_init(&c->pss, config->pss_budget_ppm);
    // Files that are replaced are not kept open: they would not change.
    if (!config->fs->mounted)
        c->config.descriptors_max = 0;
    descriptor_pool_init(&c->pool, c->config.descriptors_max, descriptors_of, c);
    r = intern_new(&c->strings);
    if (r == 0)
        r = init_memory(c);
    if (r == 0)
        host_init(&c->host, config->fs, c->strings);
    if (r == 0 && config->fs->fd >= 0)
        r = reader_new(&c->reader, config->fs);
    if (r < 0) {
        capture_free(c);
        return r;
    }
    *ret = c;
    return 0;
}

void capture_free(capture_t *c)
{
    if (!c)
        return;
    reader_free(c->reader);
    for (uint32_t slot = 0; c->tracked && slot < capture_current(c)->n_slots; slot++)
        if (c->tracked[slot].pid)
            descriptors_close(&c->pool, slot);
    host_done(&c->host);
    for (int i = 0; i < 2; i++)
        sample_done(&c->samples[i]);
    procmap_done(&c->by_pid);
    arena_done(&c->tracked_arena);
    intern_free(c->strings);
    free(c->scratch);
    free(c);
}

void capture_read_memory(capture_t *c, system_snapshot_t *ret)
{
    *ret = capture_current(c)->system;
    host_read_memory(&c->host, c->scratch, CAPTURE_SCRATCH, ret);
}

// ---- The tick ----------------------------------------------------------------------------------

static void begin_visit(capture_t *c)
{
    uint64_t now = clock_boottime_us();
    visit_t *v = &c->visit;

    *v = (visit_t){.fs = c->config.fs,
            .pool = &c->pool,
            .strings = c->strings,
            .buf = c->scratch,
            .buf_cap = CAPTURE_SCRATCH / 2,
            .now_us = now,
            .interval_us = c->last_us ? now - c->last_us : 0,
            .check_owner = c->check_owner,
            .check_idle_owners = c->check_owner && !c->owners_checked};
    c->owners_checked = c->check_owner;
    c->last_us = now;
    c->n_dead = 0;
    c->pool.tick++;
    if (c->pool.limit < c->config.descriptors_max)
        c->pool.limit++; // once there were none to be had; there may be now
}

void capture_sum_up(capture_t *c)
{
    system_snapshot_t *y = &capture_now(c)->system;

    SYSTEM_SET(y, tick, ++c->tick);
    SYSTEM_SET(y, interval_us, c->visit.interval_us);
    SYSTEM_SET(y, processes, c->processes);
    SYSTEM_SET(y, system_flags, y->system_flags | (c->truncated ? SYSTEM_TRUNCATED : 0));
}

int capture_run(capture_t *c)
{
    uint64_t cpu = clock_thread_cpu_us();
    sample_t *previous = current(c);
    snapshot_t *s;
    int r;

    capture_collect(c);
    begin_visit(c);
    if (!sample_begin(&c->samples[c->current ^ 1], previous))
        return -ENOMEM;
    c->current ^= 1;
    s = &current(c)->snapshot;
    c->visit.previous = &previous->snapshot;
    c->visit.memory_turn = host_read(&c->host, c->tick, c->scratch, CAPTURE_SCRATCH, &s->system);
    c->visit.swap_known = SYSTEM_KNOWN(&s->system, swap_total_kb);
    c->visit.swap_in_use = c->visit.swap_known && s->system.swap_total_kb > s->system.swap_free_kb;

    for (uint32_t slot = 0; slot < s->n_slots; slot++) {
        tracked_t *t = &c->tracked[slot];
        process_snapshot_t *p = &s->processes[slot];

        if (t->pid == 0)
            continue;
        p->blocked_s = 0;
        capture_apply_news(c, t, p);
        if (track_visit(&c->visit, slot, t, p) == -ESRCH)
            capture_bury(c, slot);
    }
    capture_settle_reaped(c);
    capture_adopt_orphans(c);
    r = capture_find_births(c);
    capture_count_zombies(c);
    capture_give_work(c);

    c->failed_reads += c->visit.failed_reads;
    capture_sum_up(c);
    SYSTEM_SET(&s->system, mono_ms, clock_boottime_us() / USEC_PER_MSEC);
    SYSTEM_SET(&s->system, real_ms, clock_realtime_us() / USEC_PER_MSEC);
    c->capture_us = clock_thread_cpu_us() - cpu;
    SYSTEM_SET(&s->system, capture_us, c->capture_us);
    return r;
}

// ---- Questions ---------------------------------------------------------------------------------

uint32_t capture_find(const capture_t *c, uint64_t pid, uint64_t start_time)
{
    uint32_t slot = procmap_get(&c->by_pid, pid, 0);

    if (slot == PROCMAP_NONE || (start_time != 0 && c->tracked[slot].start_time != start_time))
        return PROCMAP_NONE;
    return slot;
}

void capture_totals(const capture_t *c, uint32_t slot, exit_totals_t *ret)
{
    *ret = capture_totals_of(&c->tracked[slot]);
}

uint32_t capture_original(const capture_t *c, uint32_t slot)
{
    uint32_t parent = capture_find(c, capture_current(c)->processes[slot].ppid, 0);

    if (parent == PROCMAP_NONE || parent == slot || c->tracked[slot].start_stack == 0 ||
            c->tracked[slot].start_stack != c->tracked[parent].start_stack)
        return PROCMAP_NONE;
    return parent;
}

bool capture_watch_owners(capture_t *c, bool watch)
{
    c->check_owner = watch;
    return !watch || c->owners_checked;
}

owner_t capture_owner(const capture_t *c, uint32_t slot)
{
    return c->tracked[slot].owner;
}

void capture_set_pss_budget(capture_t *c, uint64_t ppm)
{
    pss_schedule_set_budget(&c->pss, ppm);
}

void capture_usage(const capture_t *c, capture_usage_t *ret)
{
    *ret = (capture_usage_t){.processes = c->processes,
            .descriptors = c->pool.used,
            .bytes = c->samples[0].arena.touched + c->samples[1].arena.touched +
                     capture_current(c)->n_slots * sizeof(tracked_t) + intern_bytes(c->strings),
            .pss_spent_us = c->pss.spent_us,
            .failed_reads = c->failed_reads};
}
