#include "daemon/engine/engine.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/procmap.h"
#include "daemon/engine/engine_private.h"

#include <errno.h>
#include <unistd.h>

#define MEMORY_MAX_LEAST ((size_t) 64 << 20)
#define MEMORY_MAX_MOST  ((size_t) 1 << 30)
#define BYTES_PER_SLOT   4096 // of memory_max, all that is kept of a process
#define GIVEN_PAGE_KB    4
#define GIVEN_CLOCK_HZ   100
#define NEWBORN_MS       2500 // who is seen for the first time later was not seen to begin
#define KEEP_DEAD_KB     4096 // peak of a process whose past is worth keeping

static bool is_given(const engine_t *e)
{
    return e->fs.fd < 0;
}

static void on_born(void *user, uint32_t slot)
{
    engine_t *e = user;
    const snapshot_t *s = capture_current(e->capture);
    const process_snapshot_t *p = &s->processes[slot];
    uint64_t now_ms = clock_boottime_us() / USEC_PER_MSEC;
    uint64_t born_ms = p->start_time * 1000 / e->fs.clock_hz;
    uint64_t age_ms = now_ms > born_ms ? now_ms - born_ms : 0, copied_kb;

    if (is_given(e)) {
        now_ms = s->system.mono_ms;
        age_ms = e->given_age_ms;
    }
    tags_born(e->tags, slot, p, now_ms, age_ms);
    e->series[slot] = p->flags & PROCESS_KERNEL_THREAD
                              ? HISTORY_NONE
                              : history_open(e->history, p->pid, p->start_time);
    // Until it dies, should that be while there is no daemon to see it.
    if (PROCESS_KNOWN(p, uid))
        history_set_user(e->history, e->series[slot], (uint32_t) p->uid);
    copied_kb = age_ms <= NEWBORN_MS ? copies_born(e->copies, slot) : 0;
    if (copied_kb > 0)
        tags_copied(e->tags, slot, copied_kb);
    tags_restore(e->tags, slot, &capture_current_writable(e->capture)->processes[slot]);
}

static void on_died(void *user, uint32_t slot, const exit_record_t *record)
{
    engine_t *e = user;
    // The kernel's own peak is not read that often.
    uint64_t peak_kb = history_peak_kb(e->history, e->series[slot]);
    bool keep = MAX(record->last.hwm_kb, peak_kb) >= KEEP_DEAD_KB;

    oom_exit(e->oom, record);
    writers_died(e->writers, record);
    chronicle_exit(e->chronicle, slot, record, peak_kb);
    tags_died(e->tags, slot);
    if (PROCESS_KNOWN(&record->last, uid))
        history_set_user(e->history, e->series[slot], (uint32_t) record->last.uid);
    if (keep)
        departed_put(e->departed, e->series[slot], record, capture_current(e->capture)->strings);
    history_close(e->history, e->series[slot], record->exited_ms, keep);
    e->series[slot] = HISTORY_NONE;
}

static void on_reading(void *user, const reader_result_t *result)
{
    engine_t *e = user;

    if (e->reading)
        e->reading(e->user, result);
}

static size_t default_memory_max(const procfs_t *fs)
{
    long pages = sysconf(_SC_PHYS_PAGES);
    size_t one_percent = pages > 0 ? (size_t) pages * fs->page_kb * 1024 / 100 : 0;

    return MIN(MAX(one_percent, MEMORY_MAX_LEAST), MEMORY_MAX_MOST);
}

static int new_why(engine_t *e)
{
    const why_sources_t sources = {.capture = e->capture,
            .history = e->history,
            .departed = e->departed,
            .timeline = e->timeline,
            .writers = e->writers,
            .lineage = chronicle_lineage(e->chronicle)};

    return why_new(&e->why, &sources);
}

static int new_copies(engine_t *e, size_t max_slots)
{
    const copies_sources_t sources = {.capture = e->capture,
            .history = e->history,
            .series = e->series,
            .max_slots = max_slots,
            .page_kb = e->fs.page_kb};

    return copies_new(&e->copies, &sources);
}

static int build(engine_t *e, const engine_config_t *config)
{
    const capture_handlers_t handlers = {
            .reading = on_reading, .died = on_died, .born = on_born, .user = e};
    capture_config_t capture = {.fs = &e->fs,
            .descriptors_max = config->descriptors_max,
            .pss_budget_ppm = config->pss_budget_ppm};
    int r = config->proc_root ? procfs_init(&e->fs, config->proc_root) : 0;

    if (r < 0)
        return r;
    e->memory_max = config->memory_max ? config->memory_max : default_memory_max(&e->fs);
    capture.max_processes = MAX(e->memory_max / BYTES_PER_SLOT, (size_t) 64);
    r = arena_init(&e->series_arena, capture.max_processes * sizeof(uint32_t));
    if (r < 0)
        return r;
    e->series = (uint32_t *) (void *) e->series_arena.base;
    r = tags_new(&e->tags, capture.max_processes);
    if (r == 0)
        r = history_new(&e->history, e->memory_max / (2 + config->copies));
    if (r == 0)
        r = capture_new(&e->capture, &capture, &handlers);
    if (r == 0)
        r = chronicle_new(&e->chronicle, e->capture, e->tags, &e->fs,
                config->proc_root ? clock_boottime_us() / USEC_PER_MSEC : config->given_ms);
    if (r == 0)
        r = departed_new(&e->departed, history_series_max(e->history));
    if (r == 0)
        r = timeline_new(&e->timeline);
    if (r == 0)
        r = writers_new(&e->writers, e->capture, capture.max_processes);
    if (r == 0)
        r = new_copies(e, capture.max_processes);
    if (r == 0)
        r = new_why(e);
    if (r == 0)
        r = oom_new(&e->oom, e->capture, e->history, e->why, &e->fs, e->chronicle);
    e->system_series = HISTORY_NONE;
    return r;
}

int engine_new(engine_t **ret, const engine_config_t *config,
        void (*reading)(void *user, const reader_result_t *result), void *user)
{
    engine_t *e = calloc(1, sizeof(*e));
    int r;

    if (!e)
        return -ENOMEM;
    e->fs = (procfs_t){
            .fd = -1, .cgroup_fd = -1, .page_kb = GIVEN_PAGE_KB, .clock_hz = GIVEN_CLOCK_HZ};
    e->reading = reading;
    e->user = user;
    r = build(e, config);
    if (r < 0) {
        engine_free(e);
        return r;
    }
    *ret = e;
    return 0;
}

void engine_free(engine_t *e)
{
    if (!e)
        return;
    oom_free(e->oom);
    why_free(e->why);
    copies_free(e->copies);
    writers_free(e->writers);
    timeline_free(e->timeline);
    departed_free(e->departed);
    chronicle_free(e->chronicle);
    capture_free(e->capture);
    history_free(e->history);
    tags_free(e->tags);
    arena_done(&e->series_arena);
    procfs_done(&e->fs);
    free(e);
}

// Of a sample that knows no more of the host than its processes.
static void record_given_ledger(engine_t *e, uint64_t private_kb, uint64_t swap_kb)
{
    ledger_t l = {.time_ms = capture_current(e->capture)->system.mono_ms,
            .kb = {[LEDGER_PROCESSES] = (int64_t) (private_kb - swap_kb),
                    [LEDGER_SWAP] = (int64_t) swap_kb},
            .used_kb = (int64_t) private_kb};

    timeline_record(e->timeline, &l);
}

// `private_kb`: of all processes.
static void record_ledger(engine_t *e, uint64_t private_kb)
{
    const system_snapshot_t *before = &capture_current(e->capture)->system;
    system_snapshot_t after;
    int64_t gap_kb;
    ledger_t l;
    bool known = timeline_gap_kb(e->timeline, &gap_kb);

    capture_read_memory(e->capture, &after);
    if (!(known ? ledger_between(before, &after, private_kb, gap_kb, &l)
                : ledger_of(&after, private_kb, &l)))
        return;
    if (known && l.gap_kb > gap_kb)
        l.gap_kb -= (int64_t) copies_claim(e->copies, (uint64_t) (l.gap_kb - gap_kb));
    timeline_record(e->timeline, &l);
    writers_tick(e->writers, l.time_ms, l.kb[LEDGER_SHMEM]);
}

static void record_history(engine_t *e)
{
    const snapshot_t *s = capture_current(e->capture);
    const system_snapshot_t *y = &s->system;
    uint64_t total_kb = 0, swap_kb = 0;

    copies_begin(e->copies);
    for (uint32_t slot = 0; slot < s->n_slots; slot++) {
        const process_snapshot_t *p = &s->processes[slot];
        uint64_t rss, private_kb;

        if (p->known == 0 || e->series[slot] == HISTORY_NONE || !snapshot_rss_kb(p, &rss) ||
                !snapshot_private_kb(p, &private_kb))
            continue;
        history_record(e->history, e->series[slot], y->mono_ms, rss, private_kb);
        total_kb += copies_own_kb(e->copies, slot, private_kb);
        swap_kb += p->swap_kb;
    }
    if (is_given(e))
        record_given_ledger(e, total_kb, swap_kb);
    else
        record_ledger(e, total_kb);
    if (SYSTEM_KNOWN(y, mem_available_kb))
        history_record(e->history, e->system_series, y->mono_ms,
                y->mem_total_kb - MIN(y->mem_total_kb, y->mem_available_kb),
                y->swap_total_kb - MIN(y->swap_total_kb, y->swap_free_kb));
}

int engine_tick(engine_t *e)
{
    int r;

    if (e->system_series == HISTORY_NONE) // after what was loaded
        e->system_series = history_open(e->history, 0, 0);
    r = capture_run(e->capture);
    tags_forget(e->tags);
    tags_run(e->tags, capture_current_writable(e->capture));
    chronicle_tick(e->chronicle);
    record_history(e);
    oom_tick(e->oom);
    return r;
}

void engine_prepare(engine_t *e)
{
    history_prepare(e->history);
    timeline_prepare(e->timeline);
}

// ---- Samples that are given --------------------------------------------------------------------

int engine_given_begin(engine_t *e, const system_snapshot_t *system)
{
    return capture_given_begin(e->capture, system);
}

int engine_given(engine_t *e, const process_snapshot_t *given, const char *name, size_t name_len,
        uint64_t age_ms)
{
    e->given_age_ms = age_ms;
    return capture_given(e->capture, given, name, name_len);
}

void engine_given_end(engine_t *e)
{
    capture_given_end(e->capture);
    tags_run(e->tags, capture_current_writable(e->capture));
    chronicle_tick(e->chronicle);
    record_history(e);
}

const procfs_t *engine_procfs(const engine_t *e)
{
    return &e->fs;
}

capture_t *engine_capture(engine_t *e)
{
    return e->capture;
}

tags_t *engine_tags(engine_t *e)
{
    return e->tags;
}

why_t *engine_why(engine_t *e)
{
    return e->why;
}

const chronicle_t *engine_chronicle(const engine_t *e)
{
    return e->chronicle;
}

events_t *engine_events(engine_t *e)
{
    return chronicle_events(e->chronicle);
}

history_t *engine_history(engine_t *e)
{
    return e->history;
}

inspections_t *engine_inspections(engine_t *e)
{
    return &e->inspections;
}

size_t engine_memory_max(const engine_t *e)
{
    return e->memory_max;
}
