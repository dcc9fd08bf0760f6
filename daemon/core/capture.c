#include "daemon/core/capture.h"
#include "common/arena.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/procmap.h"
#include "daemon/core/pss_schedule.h"
#include "daemon/core/track.h"
#include "daemon/proc/meminfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCRATCH_SIZE  (64 * 1024)
#define READ_STUCK_US (2 * USEC_PER_SEC)
#define IN_FLIGHT     16 // forks that can be under way at one time
#define BARRED_S      30

enum {
    SYSTEM_MEMINFO,
    SYSTEM_ZONEINFO,
    SYSTEM_VMSTAT,
    SYSTEM_PRESSURE,
    SYSTEM_LOADAVG,
    SYSTEM_FILES
};

static const char *const system_files[SYSTEM_FILES] = {
        "meminfo", "zoneinfo", "vmstat", "pressure/memory", "loadavg"};

struct capture {
    capture_config_t config;
    capture_handlers_t handlers;
    intern_t *strings;
    sample_t samples[2];
    unsigned current;
    arena_t tracked_arena;
    tracked_t *tracked; // by slot, as many as the sample has
    procmap_t by_pid;   // (pid, 0) -> slot
    uint32_t *free_slots;
    size_t n_free, max_slots;
    size_t processes;
    descriptor_pool_t pool;
    reader_t *reader;
    pss_schedule_t pss;
    int system_fd[SYSTEM_FILES];
    system_snapshot_t host; // what does not change
    uint64_t last_us, tick, last_pid;
    uint64_t capture_us;      // CPU of the capture before
    uint64_t recent_pids;     // handed out before last_pid was read the last time
    uint64_t stolen, swapped; // pages, ever
    uint64_t stolen_at;       // the tick that last saw some stolen
    unsigned since_scan;
    uint64_t *dead_pids; // of this tick
    size_t n_dead, zombies;
    exits_t exits;
    uint64_t failed_reads;
    uint64_t stuck_uids[READER_THREADS_MAX];
    size_t n_stuck;
    bool truncated, zones_too_many;
    bool check_owner, owners_checked;
    visit_t visit;
    char *scratch;
};

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
    c->scratch = malloc(SCRATCH_SIZE);
    return c->scratch ? r : -ENOMEM;
}

static void describe_host(capture_t *c, system_snapshot_t *s)
{
    char host[256];

    SYSTEM_SET(s, clock_ticks, c->config.fs->clock_hz);
    SYSTEM_SET(s, cpus, (uint64_t) sysconf(_SC_NPROCESSORS_ONLN));
    if (gethostname(host, sizeof(host)) == 0) {
        host[sizeof(host) - 1] = '\0';
        SYSTEM_SET(s, host, intern_ref(c->strings, host, strlen(host)));
    }
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
    for (int i = 0; i < SYSTEM_FILES; i++)
        c->system_fd[i] = config->fs->mounted
                                  ? openat(config->fs->fd, system_files[i], O_RDONLY | O_CLOEXEC)
                                  : -1;
    descriptor_pool_init(&c->pool, c->config.descriptors_max, descriptors_of, c);
    r = intern_new(&c->strings);
    if (r == 0)
        r = init_memory(c);
    if (r == 0)
        describe_host(c, &c->host);
    if (r == 0)
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
    for (int i = 0; i < SYSTEM_FILES; i++)
        if (c->system_fd[i] >= 0)
            close(c->system_fd[i]);
    for (int i = 0; i < 2; i++)
        sample_done(&c->samples[i]);
    procmap_done(&c->by_pid);
    arena_done(&c->tracked_arena);
    intern_free(c->strings);
    free(c->scratch);
    free(c);
}

// ---- The system's own numbers ------------------------------------------------------------------

static ssize_t read_system_file(capture_t *c, int file)
{
    if (c->system_fd[file] >= 0)
        return file_pread_all(c->system_fd[file], c->scratch, SCRATCH_SIZE);
    if (!c->config.fs->mounted)
        return file_read_at(c->config.fs->fd, system_files[file], c->scratch, SCRATCH_SIZE);
    return -ENOENT;
}

// How often the memory of those that did not run is looked at: by what the host took from anybody.
static unsigned memory_turn(capture_t *c, const system_snapshot_t *s)
{
    uint64_t swapped = s->pswpin + s->pswpout;
    uint64_t stolen_kb = (s->pgsteal - c->stolen) * c->config.fs->page_kb;
    bool much = !SYSTEM_KNOWN(s, pgsteal) || swapped != c->swapped ||
                stolen_kb >= s->mem_total_kb / CAPTURE_MUCH_RECLAIM;

    if (stolen_kb != 0)
        c->stolen_at = c->tick;
    c->stolen = s->pgsteal;
    c->swapped = swapped;
    if (much)
        return 1;
    return c->tick - c->stolen_at < CAPTURE_IDLE_TICKS ? CAPTURE_IDLE_TICKS : CAPTURE_CALM_TICKS;
}

static void read_system(capture_t *c, system_snapshot_t *s)
{
    static int (*const parse[])(const char *, size_t, system_snapshot_t *) = {
            meminfo_parse, zoneinfo_parse, vmstat_parse, pressure_parse};

    *s = c->host;
    for (int i = 0; i < SYSTEM_LOADAVG; i++) {
        ssize_t n = i == SYSTEM_ZONEINFO && c->zones_too_many ? 0 : read_system_file(c, i);

        // It has a few lines for every processor in every zone: on large hosts it is not worth it.
        if (i == SYSTEM_ZONEINFO && n == SCRATCH_SIZE - 1)
            c->zones_too_many = true;
        else if (n > 0)
            parse[i](c->scratch, (size_t) n, s);
    }
    s->zsmalloc_kb *= c->config.fs->page_kb;
    s->percpu_free_kb *= c->config.fs->page_kb;
    c->visit.memory_turn = memory_turn(c, s);
    c->visit.swap_known = SYSTEM_KNOWN(s, swap_total_kb);
    c->visit.swap_in_use = c->visit.swap_known && s->swap_total_kb > s->swap_free_kb;
}

void capture_read_memory(capture_t *c, system_snapshot_t *ret)
{
    ssize_t n = read_system_file(c, SYSTEM_MEMINFO);

    *ret = capture_current(c)->system;
    if (n > 0)
        meminfo_parse(c->scratch, (size_t) n, ret);
}

// ---- Births and deaths -------------------------------------------------------------------------

static capture_totals_t totals_of(const tracked_t *t)
{
    return (capture_totals_t){.utime_ticks = t->utime,
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
    exit_record_t e = {.exited_ms = now_ms, .owner = t->owner, .totals = totals_of(t)};

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

static void bury(capture_t *c, uint32_t slot)
{
    process_snapshot_t *p = &current(c)->snapshot.processes[slot];
    tracked_t *t = &c->tracked[slot];
    const exit_record_t *e = add_exit(c, t, p, c->visit.now_us / USEC_PER_MSEC);

    if (c->handlers.died)
        c->handlers.died(c->handlers.user, slot, e);
    c->dead_pids[c->n_dead++] = t->pid;
    procmap_remove(&c->by_pid, t->pid, 0);
    intern_unref(c->strings, t->news.cmdline);
    track_end(&c->visit, slot, t, p);
    c->free_slots[c->n_free++] = slot;
    c->processes--;
}

static void try_birth(void *user, uint64_t pid)
{
    capture_t *c = user;
    process_snapshot_t *p;
    uint32_t slot;
    int r;

    if (procmap_get(&c->by_pid, pid, 0) != PROCMAP_NONE)
        return;
    slot = c->n_free > 0 ? c->free_slots[c->n_free - 1] : (uint32_t) c->processes;
    p = slot < c->max_slots ? sample_slot(current(c), slot) : NULL;
    if (!p) {
        c->truncated = true;
        return;
    }
    if (c->n_free > 0)
        c->n_free--;
    r = track_begin(&c->visit, slot, &c->tracked[slot], p, pid);
    if (r == 0)
        r = procmap_put(&c->by_pid, pid, 0, slot);
    if (r < 0) {
        track_end(&c->visit, slot, &c->tracked[slot], p);
        c->free_slots[c->n_free++] = slot;
        if (r != -ESRCH)
            c->failed_reads++;
        return;
    }
    c->processes++;
    if (c->handlers.born)
        c->handlers.born(c->handlers.user, slot);
}

static bool last_pid(capture_t *c, uint64_t *ret)
{
    ssize_t n = c->config.fs->live ? read_system_file(c, SYSTEM_LOADAVG) : -1;

    return n > 0 && loadavg_parse_last_pid(c->scratch, (size_t) n, ret) == 0;
}

// New processes have numbers after the last one that was handed out before, so mostly these few are
// asked for and not the whole directory.
static int find_births(capture_t *c)
{
    uint64_t last = 0;
    bool known = last_pid(c, &last);
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
    return procfs_scan(c->config.fs, c->scratch + SCRATCH_SIZE / 2, SCRATCH_SIZE / 2, try_birth, c);
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
static void adopt_orphans(capture_t *c)
{
    snapshot_t *s = &current(c)->snapshot;

    for (uint32_t slot = 0; slot < s->n_slots && c->n_dead + c->visit.new_zombies > 0; slot++)
        if (is_orphan(c, &s->processes[slot]))
            track_parent(&c->visit, slot, &c->tracked[slot], &s->processes[slot]);
}

static void count_zombies(capture_t *c)
{
    snapshot_t *s = &current(c)->snapshot;
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

// ---- The reader --------------------------------------------------------------------------------

static void take_smaps(tracked_t *t, const reader_result_t *result)
{
    const smaps_breakdown_t *b = &result->smaps;
    uint64_t rest_s = MIN(result->smaps_us * PSS_BACKOFF / USEC_PER_SEC, 3600);

    t->smaps_asked = false;
    t->smaps_error = (int16_t) (result->smaps_error == -EBUSY ? 0 : -result->smaps_error);
    if (result->smaps_error != 0)
        return;
    if (b->source == PSS_SOURCE_STATUS)
        rest_s = MAX(rest_s, BARRED_S); // neither now nor soon
    if (t->stirred)
        t->pss_rest_s = PSS_UNCHANGED_S;
    else if (!result->request.urgent)
        t->pss_rest_s = MIN(MAX(t->pss_rest_s * 2, PSS_UNCHANGED_S), PSS_CALM_S);
    t->stirred = false;
    t->pss_not_before_s = (uint32_t) (result->time_ms / 1000 + rest_s);
    t->pss_cost_us = (uint32_t) MIN(result->cpu_us, UINT32_MAX);
    if (result->time_ms - result->smaps_us / USEC_PER_MSEC < t->program_ms)
        return; // of the program before the last exec
    t->news.source = b->source;
    t->news.rss_kb = b->rss_kb;
    t->news.pss_kb = b->has_pss ? b->pss_kb : 0;
    t->news.uss_kb = b->private_clean_kb + b->private_dirty_kb;
    t->news.time_ms = result->time_ms;
}

static void take_cmdline(capture_t *c, tracked_t *t, const reader_result_t *result)
{
    t->text_asked = false;
    t->wants_text |= result->cmdline_error == -EBUSY;
    if (result->cmdline_error != 0)
        return;
    intern_unref(c->strings, t->news.cmdline);
    t->news.cmdline = intern_ref(c->strings, result->cmdline, result->cmdline_len);
}

static void collect(void *user, const reader_result_t *result)
{
    capture_t *c = user;
    const reader_request_t *q = &result->request;
    tracked_t *t = q->slot < c->max_slots ? &c->tracked[q->slot] : NULL;

    if (t && t->pid == q->pid && t->start_time == q->start_time) {
        if (q->urgent)
            t->details_asked = false;
        if (q->what & READER_CMDLINE)
            take_cmdline(c, t, result);
        if (q->what & READER_SMAPS)
            take_smaps(t, result);
    }
    if (q->what & READER_SMAPS)
        pss_schedule_spend(&c->pss, q->urgent ? 0 : result->cpu_us, q->minor);
    if (q->urgent && c->handlers.reading)
        c->handlers.reading(c->handlers.user, result);
}

void capture_collect(capture_t *c)
{
    reader_drain(c->reader, collect, c);
}

int capture_reader_fd(const capture_t *c)
{
    return reader_fd(c->reader);
}

static void apply_news(capture_t *c, tracked_t *t, process_snapshot_t *p)
{
    if (t->news.cmdline) {
        intern_unref(c->strings, (uint32_t) p->cmdline);
        PROCESS_SET(p, cmdline, t->news.cmdline);
        t->news.cmdline = 0;
    }
    if (t->news.source) {
        PROCESS_SET(p, pss_source, t->news.source);
        if (t->news.source != PSS_SOURCE_STATUS) {
            PROCESS_SET(p, pss_kb, t->news.pss_kb);
            PROCESS_SET(p, pss_rss_kb, t->news.rss_kb);
            PROCESS_SET(p, uss_kb, t->news.uss_kb);
            PROCESS_SET(p, pss_time_ms, t->news.time_ms);
        }
        t->news.source = 0;
    }
}

enum { URGENT = 1, MINOR = 2 };

static int ask(capture_t *c, uint32_t slot, unsigned what, unsigned how)
{
    tracked_t *t = &c->tracked[slot];
    reader_request_t q = {.pid = t->pid,
            .start_time = t->start_time,
            .user = capture_current(c)->processes[slot].uid,
            .slot = slot,
            .what = what,
            .urgent = (how & URGENT) != 0,
            .minor = (how & MINOR) != 0};
    int r = reader_submit(c->reader, &q);

    if (r < 0)
        return r;
    t->text_asked |= (what & READER_CMDLINE) != 0;
    t->smaps_asked |= (what & READER_SMAPS) != 0;
    return 0;
}

// No user can have all threads wait for processes that do not answer.
static bool is_barred(const capture_t *c, uint32_t slot)
{
    const process_snapshot_t *p = &capture_current(c)->processes[slot];
    size_t stuck = 0;

    for (size_t i = 0; i < c->n_stuck; i++)
        stuck += c->stuck_uids[i] == p->uid;
    return p->blocked_s > 0 || stuck >= READER_PER_USER;
}

int capture_read_details(capture_t *c, uint32_t slot)
{
    tracked_t *t = &c->tracked[slot];
    int r;

    if (t->details_asked)
        return 0;
    if (is_barred(c, slot))
        return -EAGAIN;
    r = ask(c, slot, READER_CMDLINE | READER_SMAPS | READER_EXE, URGENT);
    t->details_asked = r == 0;
    return r;
}

static void mark_stuck(void *user, const reader_request_t *q, uint64_t since_us)
{
    capture_t *c = user;
    uint32_t slot = capture_find(c, q->pid, q->start_time);
    process_snapshot_t *p;

    if (slot == PROCMAP_NONE)
        return;
    p = &current(c)->snapshot.processes[slot];
    PROCESS_SET(p, blocked_s, MAX(p->blocked_s, since_us / USEC_PER_SEC));
    c->stuck_uids[c->n_stuck++] = p->uid;
}

static void ask_for_texts(capture_t *c)
{
    const snapshot_t *s = capture_current(c);

    for (uint32_t slot = 0; slot < s->n_slots; slot++) {
        tracked_t *t = &c->tracked[slot];

        if (!t->wants_text || t->text_asked || t->pid == 0 || is_barred(c, slot))
            continue;
        if (ask(c, slot, READER_CMDLINE, 0) < 0)
            break; // the queue is full: the rest at the next tick
        t->wants_text = false;
    }
}

static void give_work(capture_t *c)
{
    uint64_t now_ms = c->visit.now_us / USEC_PER_MSEC;
    pss_choice_t choice;

    c->n_stuck = 0;
    reader_check(c->reader, READ_STUCK_US, mark_stuck, c);
    ask_for_texts(c);
    pss_schedule_refill(&c->pss, c->visit.interval_us, c->capture_us);
    pss_schedule_choose(&c->pss, capture_current(c), c->tracked, now_ms, &choice);
    for (size_t i = 0; i < choice.count; i++) {
        uint32_t slot = choice.slots[i];

        if (is_barred(c, slot))
            c->tracked[slot].pss_not_before_s = (uint32_t) (now_ms / 1000 + BARRED_S);
        else if (ask(c, slot, READER_SMAPS, i < choice.minor_from ? 0 : MINOR) < 0)
            break;
    }
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
            .buf_cap = SCRATCH_SIZE / 2,
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
    read_system(c, &s->system);

    for (uint32_t slot = 0; slot < s->n_slots; slot++) {
        tracked_t *t = &c->tracked[slot];
        process_snapshot_t *p = &s->processes[slot];

        if (t->pid == 0)
            continue;
        p->blocked_s = 0;
        apply_news(c, t, p);
        if (track_visit(&c->visit, slot, t, p) == -ESRCH)
            bury(c, slot);
    }
    adopt_orphans(c);
    r = find_births(c);
    count_zombies(c);
    give_work(c);

    c->failed_reads += c->visit.failed_reads;
    SYSTEM_SET(&s->system, tick, ++c->tick);
    SYSTEM_SET(&s->system, interval_us, c->visit.interval_us);
    SYSTEM_SET(&s->system, processes, c->processes);
    SYSTEM_SET(&s->system, system_flags, c->truncated ? SYSTEM_TRUNCATED : 0);
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

void capture_totals(const capture_t *c, uint32_t slot, capture_totals_t *ret)
{
    *ret = totals_of(&c->tracked[slot]);
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
    c->pss.budget_ppm = ppm;
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
