#include "client/model/columns.h"

#include "client/model/cells.h"
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

static int compare_tags(const model_t *m, const row_t *a, const row_t *b)
{
    (void) m;
    return tags_weight(b->tags) - tags_weight(a->tags);
}

// clang-format off
const column_t columns[COLUMN_MAX] = {
    [COLUMN_PID] = {"PID", "PROCS", "PID", "PID", "", "process id; of a group, how many processes it has",
        ALIGN_RIGHT, 5, 5, 2, 0, true, true, VALUE_PID, NULL, format_pid},
    [COLUMN_USER] = {"USER", NULL, "USER", "USER", "", "real user",
        ALIGN_LEFT, 9, 9, 8, 1, true, true, VALUE_MAX, compare_user, format_user},
    [COLUMN_NAME] = {"NAME", "NAME", "NAME", "NAME", "", "command name, or the command line",
        ALIGN_LEFT, 15, 8, 0, 1, true, true, VALUE_MAX, compare_name, format_name},
    [COLUMN_STATE] = {"S", NULL, "S", "STATE", "", "state: R runs, S sleeps, D waits for a device, Z is dead",
        ALIGN_LEFT, 1, 1, 10, 1, true, true, VALUE_MAX, compare_state, format_state},
    [COLUMN_RSS] = {"RSS", "MEM", "RSS", "MEM", "kB, MB, GB", "resident memory, shared pages counted in full",
        ALIGN_RIGHT, 10, 9, 1, 1, false, true, VALUE_MEM, NULL, format_rss},
    [COLUMN_BASIS] = {NULL, "BASIS", NULL, NULL, "", "what MEM is the sum of: PSS where known, otherwise RSS",
        ALIGN_LEFT, 7, 7, 5, 1, false, false, VALUE_MAX, NULL, format_basis},
    [COLUMN_SUBTREE] = {NULL, NULL, "SUBTREE", "SUBTREE", "kB, MB, GB", "memory with all processes below it: PSS where known, otherwise RSS",
        ALIGN_RIGHT, 10, 10, 5, 1, false, true, VALUE_SUBTREE, NULL, format_subtree},
    [COLUMN_PSS] = {"PSS", NULL, "PSS", "PSS", "kB, MB, GB", "its share of memory, shared pages divided; ~ an estimate",
        ALIGN_RIGHT, 10, 10, 7, 1, false, true, VALUE_PSS, NULL, format_pss},
    [COLUMN_SWAP] = {"SWAP", "SWAP", "SWAP", "SWAP", "kB, MB, GB", "anonymous memory in swap",
        ALIGN_RIGHT, 9, 9, 9, 1, false, true, VALUE_SWAP, NULL, format_swap},
    [COLUMN_CPU] = {"CPU%", "CPU%", "CPU%", "CPU", "percent of one core", "processor time",
        ALIGN_RIGHT, 7, 7, 4, 1, false, true, VALUE_CPU, NULL, format_cpu},
    [COLUMN_THREADS] = {"THR", "THR", "THR", "THREADS", "", "threads",
        ALIGN_RIGHT, 5, 5, 12, 1, false, true, VALUE_THREADS, NULL, format_threads},
    [COLUMN_READ] = {"IO-R/s", "IO-R/s", "IO-R/s", "READ", "K, M, G a second", "read from storage",
        ALIGN_RIGHT, 6, 6, 13, 1, false, true, VALUE_READ, NULL, format_read},
    [COLUMN_WRITE] = {"IO-W/s", "IO-W/s", "IO-W/s", "WRITE", "K, M, G a second", "written towards storage",
        ALIGN_RIGHT, 6, 6, 14, 1, false, true, VALUE_WRITE, NULL, format_write},
    [COLUMN_DELTA] = {"DELTA", "DELTA", "DELTA", "DELTA", "MB, GB", "change of anonymous + swap since first seen, or since Space",
        ALIGN_RIGHT, 11, 11, 3, 1, false, true, VALUE_DELTA, NULL, format_delta},
    [COLUMN_RATE] = {"RATE/min", "RATE/min", "RATE/min", "RATE", "K, M, G a minute", "change of anonymous + swap over the last minute",
        ALIGN_RIGHT, 8, 8, 11, 1, false, true, VALUE_RATE, NULL, format_rate},
    [COLUMN_TREND] = {"TREND", "TREND", "TREND", NULL, "", "anonymous + swap over the last two minutes",
        ALIGN_LEFT, 12, 12, 6, 1, false, false, VALUE_MAX, NULL, format_trend},
    [COLUMN_TAGS] = {"TAGS", "TAGS", "TAGS", "TAGS", "", "LEAK, LEAK?, SPIKE, ZOMBIE, UNREAPED:n, BLOCKED",
        ALIGN_LEFT, 11, 8, 0, 2, true, true, VALUE_MAX, compare_tags, format_tags},
};
// clang-format on
