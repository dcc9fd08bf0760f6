#include "client/model/columns.h"

#include "client/model/cells.h"
#include "client/model/export.h"
#include "common/cleanup.h"
#include <string.h>

static int compare_bytes(const model_t *m, uint32_t a, uint32_t b)
{
    size_t a_len = 0, b_len = 0;
    const char *a_text = "", *b_text = "";
    int c;

    if (a == b)
        return 0;
    if (m->strings) {
        a_text = intern_get(m->strings, a, &a_len);
        b_text = intern_get(m->strings, b, &b_len);
    }
    c = memcmp(a_text, b_text, MIN(a_len, b_len));
    return c ? c : (a_len > b_len) - (a_len < b_len);
}

static int compare_user(const model_t *m, const row_t *a, const row_t *b)
{
    const char *a_name = model_user(m, a), *b_name = model_user(m, b);

    if (!a_name || !b_name)
        return (a_name == NULL) - (b_name == NULL);
    return strcmp(a_name, b_name);
}

static int compare_name(const model_t *m, const row_t *a, const row_t *b)
{
    switch (a->flags & ROW_GROUP ? m->grouped_by : GROUP_NONE) {
    case GROUP_USER:
        return compare_user(m, a, b);
    case GROUP_UNIT:
        return compare_bytes(m, a->unit, b->unit);
    default:
        return compare_bytes(m, a->name, b->name);
    }
}

static int compare_state(const model_t *m, const row_t *a, const row_t *b)
{
    (void) m;
    return (a->state > b->state) - (a->state < b->state);
}

static int compare_command(const model_t *m, const row_t *a, const row_t *b)
{
    return compare_bytes(m, a->cmdline, b->cmdline);
}

static int compare_unit(const model_t *m, const row_t *a, const row_t *b)
{
    return compare_bytes(m, a->unit, b->unit);
}

static int compare_tags(const model_t *m, const row_t *a, const row_t *b)
{
    (void) m;
    return tags_weight(b->tags) - tags_weight(a->tags);
}

// clang-format off
const column_t columns[COLUMN_MAX] = {
    [COLUMN_PID] = {"PID", "PROCS", "PID", "PID", "", "process id; of a group, how many processes it has",
        ALIGN_RIGHT, 5, 5, 2, 0, true, true, VALUE_PID, NULL, cell_pid,
        {"pid", "process_count"}},
    [COLUMN_USER] = {"USER", NULL, "USER", "USER", "", "real user",
        ALIGN_LEFT, 9, 9, 8, 1, true, true, VALUE_MAX, compare_user, cell_user,
        {"user", NULL, .text = export_user}},
    [COLUMN_NAME] = {"NAME", "NAME", "NAME", "NAME", "", "command name, or the command line",
        ALIGN_LEFT, 15, 8, 0, 1, true, true, VALUE_MAX, compare_name, cell_name,
        {"name", "name", .text = export_name}},
    [COLUMN_STATE] = {"S", NULL, "S", "STATE", "", "state: R runs, S sleeps, D waits for a device, Z is dead",
        ALIGN_LEFT, 1, 1, 10, 1, true, true, VALUE_MAX, compare_state, cell_state,
        {"state", NULL, .text = export_state}},
    [COLUMN_RSS] = {"RSS", "MEM", "RSS", "MEM", "kB, MB, GB", "resident memory, shared pages counted in full",
        ALIGN_RIGHT, 10, 9, 1, 1, false, true, VALUE_MEM, NULL, cell_memory,
        {"rss_bytes", "memory_bytes", COLUMN_AS_KB}},
    [COLUMN_BASIS] = {NULL, "BASIS", NULL, NULL, "", "what MEM is the sum of: PSS where known, otherwise RSS",
        ALIGN_LEFT, 7, 7, 7, 1, false, false, VALUE_MAX, NULL, cell_basis,
        {NULL, "memory_basis", .text = export_basis}},
    [COLUMN_SUBTREE] = {NULL, NULL, "SUBTREE", "SUBTREE", "kB, MB, GB", "memory with all processes below it: PSS where known, otherwise RSS",
        ALIGN_RIGHT, 10, 10, 5, 1, false, true, VALUE_SUBTREE, NULL, cell_memory},
    [COLUMN_PSS] = {"PSS", NULL, "PSS", "PSS", "kB, MB, GB", "its share of memory, shared pages divided; ~ an estimate",
        ALIGN_RIGHT, 10, 10, 7, 1, false, true, VALUE_PSS, NULL, cell_pss,
        {"pss_bytes", "pss_bytes", COLUMN_AS_KB}},
    [COLUMN_SWAP] = {"SWAP", "SWAP", "SWAP", "SWAP", "kB, MB, GB", "anonymous memory in swap",
        ALIGN_RIGHT, 9, 9, 9, 1, false, true, VALUE_SWAP, NULL, cell_memory,
        {"swap_bytes", "swap_bytes", COLUMN_AS_KB}},
    [COLUMN_CPU] = {"CPU%", "CPU%", "CPU%", "CPU", "percent of one core", "processor time",
        ALIGN_RIGHT, 7, 7, 4, 1, false, true, VALUE_CPU, NULL, cell_share,
        {"cpu_percent", "cpu_percent", COLUMN_AS_PERMILLE}},
    [COLUMN_THREADS] = {"THR", "THR", "THR", "THREADS", "", "threads",
        ALIGN_RIGHT, 5, 5, 12, 1, false, true, VALUE_THREADS, NULL, cell_number,
        {"threads", "threads"}},
    [COLUMN_READ] = {"IO-R/s", "IO-R/s", "IO-R/s", "READ", "K, M, G a second", "read from storage",
        ALIGN_RIGHT, 6, 6, 13, 1, false, true, VALUE_READ, NULL, cell_speed,
        {"read_bytes_per_second", "read_bytes_per_second", COLUMN_AS_KB}},
    [COLUMN_WRITE] = {"IO-W/s", "IO-W/s", "IO-W/s", "WRITE", "K, M, G a second", "written towards storage",
        ALIGN_RIGHT, 6, 6, 14, 1, false, true, VALUE_WRITE, NULL, cell_speed,
        {"write_bytes_per_second", "write_bytes_per_second", COLUMN_AS_KB}},
    [COLUMN_DELTA] = {"DELTA", "DELTA", "DELTA", "DELTA", "MB, GB", "change of anonymous + swap since first seen, or since Space",
        ALIGN_RIGHT, 11, 11, 3, 1, false, true, VALUE_DELTA, NULL, cell_change,
        {"delta_bytes", "delta_bytes", COLUMN_AS_KB}},
    [COLUMN_RATE] = {"RATE/min", "RATE/min", "RATE/min", "RATE", "K, M, G a minute", "change of anonymous + swap over the last minute",
        ALIGN_RIGHT, 8, 8, 11, 1, false, true, VALUE_RATE, NULL, cell_growth,
        {"growth_bytes_per_minute", "growth_bytes_per_minute", COLUMN_AS_KB}},
    [COLUMN_TREND] = {"TREND", "TREND", "TREND", NULL, "", "anonymous + swap over the last two minutes, four where there is room",
        ALIGN_LEFT, 12, 12, 6, 1, false, false, VALUE_MAX, NULL, cell_trend},
    [COLUMN_TAGS] = {"TAGS", "TAGS", "TAGS", "TAGS", "", "LEAK, LEAK?, SPIKE, ZOMBIE, UNREAPED:n, BLOCKED",
        ALIGN_LEFT, 11, 8, 0, 2, true, true, VALUE_MAX, compare_tags, cell_tags,
        {"tags", "tags", .text = export_tags}},
    [COLUMN_START] = {.sort_name = "START", .unit = "clock ticks since boot", .help = "when it started: with its PID, its identity",
        .align = ALIGN_RIGHT, .value = VALUE_MAX, .out = {"start_time", NULL, .number = export_start_time}},
    [COLUMN_PPID] = {.sort_name = "PPID", .unit = "", .help = "parent's process id",
        .align = ALIGN_RIGHT, .value = VALUE_MAX, .out = {"ppid", NULL, .number = export_ppid}},
    [COLUMN_UID] = {.sort_name = "UID", .unit = "", .help = "real user id",
        .align = ALIGN_RIGHT, .value = VALUE_MAX, .out = {"uid", NULL, .number = export_uid}},
    [COLUMN_COMMAND] = {"COMMAND", NULL, "COMMAND", "COMMAND", "", "command line, cut at 4096 bytes",
        ALIGN_LEFT, 24, 24, 15, 2, true, true, VALUE_MAX, compare_command, cell_command,
        .out = {"command", NULL, .text = export_command}},
    [COLUMN_UNIT] = {.sort_name = "UNIT", .unit = "", .help = "systemd unit or, without one, the last part of the cgroup",
        .ascending = true, .sortable = true, .value = VALUE_MAX, .compare = compare_unit, .out = {"unit", NULL, .text = export_unit}},
    [COLUMN_GROUP_RSS] = {.sort_name = "RSS", .unit = "", .help = "sum of resident memory, shared pages counted in full each time",
        .align = ALIGN_RIGHT, .sortable = true, .value = VALUE_RSS, .out = {NULL, "rss_bytes", COLUMN_AS_KB}},
    [COLUMN_PRIVATE] = {.sort_name = "PRIVATE", .unit = "", .help = "anonymous memory and swap: what it alone can give back",
        .align = ALIGN_RIGHT, .sortable = true, .value = VALUE_PRIVATE, .out = {"private_bytes", "private_bytes", COLUMN_AS_KB}},
    [COLUMN_ANON] = {.sort_name = "ANON", .unit = "", .help = "resident anonymous memory",
        .align = ALIGN_RIGHT, .sortable = true, .value = VALUE_ANON, .out = {"anon_bytes", "anon_bytes", COLUMN_AS_KB}},
    [COLUMN_FILE] = {.sort_name = "FILE", .unit = "", .help = "resident file mappings",
        .align = ALIGN_RIGHT, .sortable = true, .value = VALUE_FILE, .out = {"file_bytes", "file_bytes", COLUMN_AS_KB}},
    [COLUMN_SHMEM] = {.sort_name = "SHMEM", .unit = "", .help = "resident shared memory and tmpfs mappings",
        .align = ALIGN_RIGHT, .sortable = true, .value = VALUE_SHMEM, .out = {"shmem_bytes", "shmem_bytes", COLUMN_AS_KB}},
    [COLUMN_USS] = {.sort_name = "USS", .unit = "", .help = "unique set size, when PSS was last read",
        .align = ALIGN_RIGHT, .sortable = true, .value = VALUE_USS, .out = {"uss_bytes", "uss_bytes", COLUMN_AS_KB}},
    [COLUMN_PEAK] = {.sort_name = "PEAK", .unit = "", .help = "highest resident memory so far",
        .align = ALIGN_RIGHT, .sortable = true, .value = VALUE_PEAK, .out = {"peak_rss_bytes", NULL, COLUMN_AS_KB}},
    [COLUMN_PSS_AGE] = {.sort_name = "PSS-AGE", .unit = "", .help = "how long ago PSS was last read",
        .align = ALIGN_RIGHT, .sortable = true, .value = VALUE_PSS_AGE, .out = {"pss_age_seconds", NULL, COLUMN_AS_MS}},
    [COLUMN_PSS_ESTIMATED] = {.sort_name = "PSS-ESTIMATED", .unit = "", .help = "whether PSS is the last reading scaled to the memory of now",
        .value = VALUE_MAX, .out = {"pss_estimated", "pss_estimated", COLUMN_AS_FLAG, .number = export_pss_estimated}},
    [COLUMN_MINFLT] = {.sort_name = "MINFLT", .unit = "", .help = "page faults that needed no storage",
        .align = ALIGN_RIGHT, .sortable = true, .value = VALUE_MINFLT, .out = {"minor_faults_per_second", "minor_faults_per_second"}},
    [COLUMN_MAJFLT] = {.sort_name = "MAJFLT", .unit = "", .help = "page faults that read from storage",
        .align = ALIGN_RIGHT, .sortable = true, .value = VALUE_MAJFLT, .out = {"major_faults_per_second", "major_faults_per_second"}},
    [COLUMN_ZOMBIES] = {.sort_name = "UNREAPED", .unit = "", .help = "dead children that it has not reaped",
        .align = ALIGN_RIGHT, .value = VALUE_MAX, .out = {"unreaped_children", "unreaped_children", .number = export_zombies}},
    [COLUMN_KERNEL_THREAD] = {.sort_name = "KTHREAD", .unit = "", .help = "whether it is a thread of the kernel, without user memory",
        .value = VALUE_MAX, .out = {"kernel_thread", NULL, COLUMN_AS_FLAG, .number = export_kernel_thread}},
};
// clang-format on
