#include "client/exporter/metrics.h"

#include "common/cleanup.h"
#include "common/text.h"
#include "config.h"
#include "protocol/ledger.h"

// clang-format off
const metric_t metrics[METRICS_MAX] = {
    [METRIC_UP] = {"memscope_up", METRIC_GAUGE, "", "",
        "Whether a daemon is there and its figures are of now. At 0 only the exporter's own follow."},
    [METRIC_BUILD] = {"memscope_build", METRIC_INFO, "", "version, daemon, by",
        "Versions of the exporter and of the daemon it talks to, and what makes a group."},
    [METRIC_CONNECTIONS] = {"memscope_exporter_connections", METRIC_COUNTER, "", "",
        "How often the exporter found a daemon."},
    [METRIC_SCRAPES] = {"memscope_exporter_scrapes", METRIC_COUNTER, "", "",
        "How often these metrics were asked for or written."},
    [METRIC_SEES_EVERYTHING] = {"memscope_exporter_sees_everything", METRIC_GAUGE, "", "",
        "Whether the daemon shows the exporter every process whole. At 0 PSS and I/O are its own user's only."},
    [METRIC_SAMPLE_TIME] = {"memscope_sample_timestamp_seconds", METRIC_GAUGE, "seconds", "",
        "When the sample was taken that these figures are of, since 1970."},
    [METRIC_CAPTURE] = {"memscope_daemon_capture_seconds", METRIC_GAUGE, "seconds", "",
        "CPU time that taking this sample took the daemon."},
    [METRIC_TICKS] = {"memscope_daemon_ticks", METRIC_COUNTER, "", "",
        "Samples that the daemon took."},
    [METRIC_MISSED_TICKS] = {"memscope_daemon_missed_ticks", METRIC_COUNTER, "", "",
        "Samples that the daemon skipped because they were late."},
    [METRIC_MEMORY] = {"memscope_memory_bytes", METRIC_GAUGE, "bytes", "kind",
        "All memory of the host by what it is used for. The sum is memscope_memory_total_bytes."},
    [METRIC_MEMORY_TOTAL] = {"memscope_memory_total_bytes", METRIC_GAUGE, "bytes", "",
        "Memory of the host (MemTotal)."},
    [METRIC_MEMORY_AVAILABLE] = {"memscope_memory_available_bytes", METRIC_GAUGE, "bytes", "",
        "Memory that new work could have without swapping (MemAvailable)."},
    [METRIC_SWAP] = {"memscope_swap_bytes", METRIC_GAUGE, "bytes", "kind",
        "Swap space: used, cached (used, and in memory as well) and free."},
    [METRIC_PRESSURE] = {"memscope_memory_pressure_ratio", METRIC_GAUGE, "ratio", "kind",
        "Share of the last ten seconds in which some processes, or all (full), waited for memory."},
    [METRIC_STALLED] = {"memscope_memory_pressure_seconds", METRIC_COUNTER, "seconds", "kind",
        "Time since boot in which some processes, or all (full), waited for memory."},
    [METRIC_OOM_KILLS] = {"memscope_oom_kills", METRIC_COUNTER, "", "",
        "Processes that the kernel killed for want of memory since boot."},
    [METRIC_PAGE_FAULTS] = {"memscope_page_faults", METRIC_COUNTER, "", "kind",
        "Page faults since boot: minor, and major ones that read from storage."},
    [METRIC_SWAPPED] = {"memscope_swapped_bytes", METRIC_COUNTER, "bytes", "direction",
        "Memory written to swap (out) and read back (in) since boot."},
    [METRIC_RECLAIMED] = {"memscope_reclaimed_bytes", METRIC_COUNTER, "bytes", "",
        "Memory that the kernel took back from caches and processes since boot."},
    [METRIC_PROCESSES] = {"memscope_processes", METRIC_GAUGE, "", "",
        "Processes on the host."},
    [METRIC_GROUP_PROCESSES] = {"memscope_group_processes", METRIC_GAUGE, "", "group",
        "Processes of the group."},
    [METRIC_GROUP_PRIVATE] = {"memscope_group_private_bytes", METRIC_GAUGE, "bytes", "group",
        "Anonymous memory and swap of the group: what its processes alone can give back."},
    [METRIC_GROUP_RSS] = {"memscope_group_rss_bytes", METRIC_GAUGE, "bytes", "group",
        "Resident memory of the group, shared pages counted in full for each process."},
    [METRIC_GROUP_PSS] = {"memscope_group_pss_bytes", METRIC_GAUGE, "bytes", "group",
        "Resident memory of the group, shared pages divided by who shares them. Absent unless known of all its processes."},
    [METRIC_GROUP_SWAP] = {"memscope_group_swap_bytes", METRIC_GAUGE, "bytes", "group",
        "Anonymous memory of the group that is in swap."},
    [METRIC_GROUP_CPU] = {"memscope_group_cpu_seconds", METRIC_COUNTER, "seconds", "group",
        "CPU time of the group, ended processes included, since it has a line of its own."},
    [METRIC_GROUP_READ] = {"memscope_group_read_bytes", METRIC_COUNTER, "bytes", "group",
        "Read from storage by the group, ended processes included, since it has a line of its own."},
    [METRIC_GROUP_WRITTEN] = {"memscope_group_written_bytes", METRIC_COUNTER, "bytes", "group",
        "Written towards storage by the group, ended processes included, since it has a line of its own."},
    [METRIC_GROUP_TAGGED] = {"memscope_group_tagged_processes", METRIC_GAUGE, "", "group, tag",
        "Processes of the group that have the tag."},
    [METRIC_EVENTS] = {"memscope_events", METRIC_COUNTER, "", "type",
        "What the daemon found out, by type, since the exporter started."},
};
// clang-format on

#define AMOUNT_MAX (UINT64_C(1) << 48) // beyond any host, and far enough from the end of the type

typedef struct {
    exposition_t text;
    const source_t *source;
    bool up;
    system_snapshot_t system;
} writer_t;

static int64_t bytes(uint64_t kb)
{
    return (int64_t) (MIN(kb, AMOUNT_MAX) * 1024);
}

static void begin(writer_t *w, metric_id_t id)
{
    exposition_begin(&w->text, &metrics[id]);
}

static void put(writer_t *w, metric_id_t id, bool known, int64_t value)
{
    begin(w, id);
    if (known)
        exposition_integer(&w->text, NULL, 0, value);
}

static void put_seconds(writer_t *w, metric_id_t id, bool known, uint64_t us, int decimals)
{
    begin(w, id);
    if (known)
        exposition_number(&w->text, NULL, 0, (double) us / 1e6, decimals);
}

static void put_as(writer_t *w, const char *label, const char *value, bool known, int64_t number)
{
    const label_t labels[] = {{label, value}};

    if (known)
        exposition_integer(&w->text, labels, 1, number);
}

// ---- The exporter and the daemon ---------------------------------------------------------------

static void write_self(writer_t *w, uint64_t scrapes)
{
    const hello_message_t *hello = source_hello(w->source);
    char build[96] = "";
    const label_t labels[] = {{"version", MEMSCOPE_VERSION},
            {"by", group_kind_names[w->source->by]}, {"daemon", build}};

    if (hello)
        text_sanitize(build, sizeof(build), hello->build.data, hello->build.len, true);
    put(w, METRIC_UP, true, w->up);
    begin(w, METRIC_BUILD);
    exposition_integer(&w->text, labels, w->up && build[0] ? 3 : 2, 1);
    put(w, METRIC_CONNECTIONS, true, (int64_t) w->source->connections);
    put(w, METRIC_SCRAPES, true, (int64_t) scrapes);
}

static void write_daemon(writer_t *w)
{
    const system_snapshot_t *s = &w->system;
    const hello_message_t *hello = source_hello(w->source);

    put(w, METRIC_SEES_EVERYTHING, hello->has.rights, hello->rights == RIGHTS_ALL);
    put_seconds(w, METRIC_SAMPLE_TIME, SYSTEM_KNOWN(s, real_ms), s->real_ms * 1000, 3);
    put_seconds(w, METRIC_CAPTURE, SYSTEM_KNOWN(s, capture_us), s->capture_us, 6);
    put(w, METRIC_TICKS, SYSTEM_KNOWN(s, tick), (int64_t) s->tick);
    put(w, METRIC_MISSED_TICKS, SYSTEM_KNOWN(s, missed_ticks), (int64_t) s->missed_ticks);
}

// ---- The host ----------------------------------------------------------------------------------

static void write_memory(writer_t *w)
{
    static const char *const lines[LEDGER_UNEXPLAINED + 1] = {
            [LEDGER_PROCESSES] = "processes",
            [LEDGER_SHMEM] = "shmem",
            [LEDGER_CACHE_CLEAN] = "cache_clean",
            [LEDGER_CACHE_DIRTY] = "cache_dirty",
            [LEDGER_SLAB_RECLAIMABLE] = "slab_reclaimable",
            [LEDGER_SLAB] = "slab",
            [LEDGER_PAGE_TABLES] = "page_tables",
            [LEDGER_KERNEL_STACKS] = "kernel_stacks",
            [LEDGER_PERCPU] = "percpu",
            [LEDGER_VMALLOC] = "vmalloc",
            [LEDGER_HUGETLB] = "hugetlb",
            [LEDGER_COMPRESSED] = "compressed",
            [LEDGER_FREE] = "free",
            [LEDGER_UNEXPLAINED] = "unexplained",
    };
    const system_snapshot_t *s = &w->system;
    ledger_t ledger;

    begin(w, METRIC_MEMORY);
    if (ledger_of(s, MIN(tally_private_kb(w->source->tally), AMOUNT_MAX), &ledger))
        for (unsigned i = 1; i <= LEDGER_UNEXPLAINED; i++)
            put_as(w, "kind", lines[i], true, ledger.kb[i] * 1024);
    put(w, METRIC_MEMORY_TOTAL, SYSTEM_KNOWN(s, mem_total_kb), bytes(s->mem_total_kb));
    put(w, METRIC_MEMORY_AVAILABLE, SYSTEM_KNOWN(s, mem_available_kb), bytes(s->mem_available_kb));
}

static void write_swap(writer_t *w)
{
    const system_snapshot_t *s = &w->system;
    bool known = SYSTEM_KNOWN(s, swap_total_kb) && SYSTEM_KNOWN(s, swap_free_kb);
    uint64_t taken = s->swap_total_kb - MIN(s->swap_free_kb, s->swap_total_kb);
    uint64_t cached = MIN(s->swap_cached_kb, taken);

    begin(w, METRIC_SWAP);
    put_as(w, "kind", "used", known, bytes(taken - cached));
    put_as(w, "kind", "cached", known, bytes(cached));
    put_as(w, "kind", "free", known, bytes(s->swap_free_kb));
}

static void write_pressure(writer_t *w)
{
    const system_snapshot_t *s = &w->system;
    const label_t some[] = {{"kind", "some"}}, full[] = {{"kind", "full"}};

    begin(w, METRIC_PRESSURE);
    if (SYSTEM_KNOWN(s, psi_some))
        exposition_number(&w->text, some, 1, (double) s->psi_some / 1e4, 4);
    if (SYSTEM_KNOWN(s, psi_full))
        exposition_number(&w->text, full, 1, (double) s->psi_full / 1e4, 4);
    begin(w, METRIC_STALLED);
    if (SYSTEM_KNOWN(s, psi_some_total_us))
        exposition_number(&w->text, some, 1, (double) s->psi_some_total_us / 1e6, 6);
    if (SYSTEM_KNOWN(s, psi_full_total_us))
        exposition_number(&w->text, full, 1, (double) s->psi_full_total_us / 1e6, 6);
}

static void write_counters(writer_t *w)
{
    const system_snapshot_t *s = &w->system;
    int64_t page = sysconf(_SC_PAGESIZE);

    put(w, METRIC_OOM_KILLS, SYSTEM_KNOWN(s, oom_kill), (int64_t) s->oom_kill);
    begin(w, METRIC_PAGE_FAULTS);
    put_as(w, "kind", "minor", SYSTEM_KNOWN(s, pgfault) && SYSTEM_KNOWN(s, pgmajfault),
            (int64_t) (s->pgfault - MIN(s->pgmajfault, s->pgfault)));
    put_as(w, "kind", "major", SYSTEM_KNOWN(s, pgmajfault), (int64_t) s->pgmajfault);
    begin(w, METRIC_SWAPPED);
    put_as(w, "direction", "in", SYSTEM_KNOWN(s, pswpin), (int64_t) s->pswpin * page);
    put_as(w, "direction", "out", SYSTEM_KNOWN(s, pswpout), (int64_t) s->pswpout * page);
    put(w, METRIC_RECLAIMED, SYSTEM_KNOWN(s, pgsteal), (int64_t) s->pgsteal * page);
    put(w, METRIC_PROCESSES, SYSTEM_KNOWN(s, processes), (int64_t) s->processes);
}

// ---- Groups ------------------------------------------------------------------------------------

static void write_tagged(writer_t *w, const tally_line_t *l)
{
    for (size_t i = 0; i < N_TAGS; i++) {
        const label_t labels[] = {{"group", l->label}, {"tag", tag_infos[i].metric}};

        exposition_integer(&w->text, labels, 2, (int64_t) l->sums.tagged[i]);
    }
}

static void write_group(writer_t *w, metric_id_t id, const tally_line_t *l)
{
    const label_t labels[] = {{"group", l->label}};
    const group_sums_t *s = &l->sums;

    switch (id) {
    case METRIC_GROUP_PROCESSES:
        put_as(w, "group", l->label, true, (int64_t) s->processes);
        break;
    case METRIC_GROUP_PRIVATE:
        put_as(w, "group", l->label, s->has_private, bytes(s->private_kb));
        break;
    case METRIC_GROUP_RSS:
        put_as(w, "group", l->label, s->has_rss, bytes(s->rss_kb));
        break;
    case METRIC_GROUP_PSS:
        put_as(w, "group", l->label, s->has_pss, bytes(s->pss_kb));
        break;
    case METRIC_GROUP_SWAP:
        put_as(w, "group", l->label, s->has_swap, bytes(s->swap_kb));
        break;
    case METRIC_GROUP_CPU:
        if (s->has_cpu)
            exposition_number(&w->text, labels, 1, (double) s->cpu_us / 1e6, 3);
        break;
    case METRIC_GROUP_READ:
        put_as(w, "group", l->label, s->has_io, (int64_t) s->read_bytes);
        break;
    case METRIC_GROUP_WRITTEN:
        put_as(w, "group", l->label, s->has_io, (int64_t) s->written_bytes);
        break;
    default:
        write_tagged(w, l);
    }
}

// The samples of a family follow each other.
static void write_groups(writer_t *w)
{
    const tally_t *t = w->source->tally;

    for (metric_id_t id = METRIC_GROUP_PROCESSES; id <= METRIC_GROUP_TAGGED; id++) {
        begin(w, id);
        for (size_t i = 0; i < tally_count(t); i++)
            write_group(w, id, tally_line(t, i));
    }
}

static void write_events(writer_t *w)
{
    begin(w, METRIC_EVENTS);
    for (size_t i = 0; i < SOURCE_EVENTS; i++)
        put_as(w, "type", source_events[i].name, w->source->follows_events,
                (int64_t) w->source->events[i]);
}

int metrics_write(const source_t *s, uint64_t now_us, uint64_t scrapes, exposition_format_t format,
        char **ret_text, size_t *ret_len)
{
    const snapshot_t *sample = source_sample(s, now_us);
    writer_t w = {.source = s, .up = sample != NULL};

    if (sample)
        w.system = sample->system;
    for (size_t i = 0; i < SYSTEM_FIELD_COUNT; i++)
        w.system.values[i] = MIN(w.system.values[i], AMOUNT_MAX);
    exposition_init(&w.text, format);
    write_self(&w, scrapes);
    if (w.up) {
        write_daemon(&w);
        write_memory(&w);
        write_swap(&w);
        write_pressure(&w);
        write_counters(&w);
        write_groups(&w);
        write_events(&w);
    }
    return exposition_finish(&w.text, ret_text, ret_len);
}
