// memscope snapshot: the list, for scripts and tickets.

#include "client/cli/commands.h"
#include "client/cli/link.h"
#include "client/cli/snapshot_print.h"
#include "client/cli/wrapped.h"
#include "common/cleanup.h"
#include "common/format.h"
#include <stdlib.h>
#include <string.h>

#define EARLY_MS 100 // a tick that comes so much before it is due counts

enum { FORMAT_DEFAULT, FORMAT_TABLE, FORMAT_CSV, FORMAT_JSON };

typedef struct {
    cli_common_t common;
    int format;
    const char *sort, *filter, *columns;
    uint64_t top, count, interval_us;
    int group; // group_kind_t
} snapshot_options_t;

typedef struct {
    const snapshot_options_t *options;
    model_t model;
    list_t list;
    column_id_t columns[COLUMN_MAX];
    size_t n_columns;
    bool utf8;
    bool waited;      // for a sample that has rates
    uint64_t printed; // samples
    uint64_t next_ms; // when the next one is due, on the clock of the samples
} snapshot_run_t;

// ---- What is wanted ----------------------------------------------------------------------------

// "--sort 'nosuch': expected pid, user, ... or unit"
static int unknown_column(const snapshot_run_t *s, const char *option, const char *name)
{
    char words[800], allowed[900];
    line_t line = {.buf = words, .cap = sizeof(words)};

    for (column_id_t id = 0; id < COLUMN_MAX; id++) {
        const char *key = export_key(id, s->list.kind);

        if (key && (columns[id].sortable || strcmp(option, "sort") != 0))
            line_add(&line, "%s%s", line.len > 0 ? "|" : "", key);
    }
    return cli_fail(CLI_USAGE, "--%s '%.60s': expected %s", option, name,
            format_words(allowed, sizeof(allowed), words));
}

static int choose_sort(snapshot_run_t *s, const char *name)
{
    column_id_t id;

    s->list.order.inverted = name[0] == '-';
    id = export_find(name + (name[0] == '-'), s->list.kind);
    if (id == COLUMN_MAX || !columns[id].sortable)
        return unknown_column(s, "sort", name + s->list.order.inverted);
    s->list.order.column = id;
    return CLI_OK;
}

static int choose_columns(snapshot_run_t *s, const char *names)
{
    char name[64];

    for (bool more = true; more;) {
        size_t len = strcspn(names, ",");
        column_id_t id;

        snprintf(name, sizeof(name), "%.*s", (int) MIN(len, sizeof(name)), names);
        id = export_find(name, s->list.kind);
        if (id == COLUMN_MAX)
            return unknown_column(s, "columns", name);
        if (s->n_columns == COLUMN_MAX)
            return cli_fail(CLI_USAGE, "--columns '%s': there are no more than %d columns", name,
                    COLUMN_MAX);
        s->columns[s->n_columns++] = id;
        more = names[len] == ',';
        names += len + more;
    }
    return CLI_OK;
}

static void choose_default_columns(snapshot_run_t *s, bool table)
{
    for (column_id_t id = 0; id < COLUMN_MAX; id++)
        if (export_key(id, s->list.kind) && (!table || column_title(id, s->list.kind, false)))
            s->columns[s->n_columns++] = id;
}

static int choose(snapshot_run_t *s)
{
    const snapshot_options_t *o = s->options;
    char error[128];
    int status = CLI_OK;

    s->list.kind = (group_kind_t) o->group;
    if (o->filter && list_set_filter(&s->list, o->filter, error, sizeof(error)) < 0)
        return cli_fail(CLI_USAGE, "--filter %s", error);
    if (o->sort)
        status = choose_sort(s, o->sort);
    if (status == CLI_OK && o->columns)
        status = choose_columns(s, o->columns);
    else if (status == CLI_OK)
        choose_default_columns(s, o->format <= FORMAT_TABLE);
    return status;
}

// ---- Samples -----------------------------------------------------------------------------------

static int print_sample(snapshot_run_t *s)
{
    const snapshot_options_t *o = s->options;
    const sample_view_t view = {.model = &s->model,
            .list = &s->list,
            .columns = s->columns,
            .n_columns = s->n_columns,
            .glyphs = glyphs_get(s->utf8),
            .width = o->columns ? 0 : (int) wrapped_columns()};
    int r = list_rebuild(&s->list, &s->model, 0);

    if (o->top > 0)
        s->list.n = MIN(s->list.n, o->top);
    if (r == 0 && o->format == FORMAT_JSON)
        snapshot_print_json(&view);
    else if (r == 0 && o->format == FORMAT_CSV)
        snapshot_print_csv(&view, s->printed == 0);
    else if (r == 0) {
        if (s->printed > 0)
            putchar('\n');
        r = snapshot_print_table(&view);
    }
    s->printed++;
    return r < 0 ? cli_fail(CLI_FAILURE, "out of memory") : CLI_OK;
}

// Whether the sample is one to print; the first of a daemon has no rates yet.
static bool is_due(snapshot_run_t *s, const system_snapshot_t *y)
{
    uint64_t interval_ms = s->options->interval_us ? s->options->interval_us / 1000 : 1000;

    if (s->printed == 0 && !s->waited && y->interval_us == 0 && !s->options->common.replay) {
        s->waited = true;
        return false;
    }
    if (s->printed == 0)
        s->next_ms = y->mono_ms;
    if (y->mono_ms + EARLY_MS < s->next_ms)
        return false;
    s->next_ms +=
            MAX((y->mono_ms + EARLY_MS - s->next_ms) / interval_ms, UINT64_C(1)) * interval_ms;
    return true;
}

static void on_tick(cli_link_t *l, const snapshot_t *snapshot)
{
    snapshot_run_t *s = l->user;
    const snapshot_options_t *o = s->options;
    bool closed = false;
    int status = CLI_OK;

    if (model_update(&s->model, snapshot, 0) < 0)
        status = cli_fail(CLI_FAILURE, "out of memory");
    else if (!is_due(s, &snapshot->system))
        return;
    else
        status = print_sample(s);
    if (status == CLI_OK)
        status = cli_flush(&closed);
    if (status != CLI_OK || closed || s->printed == o->count ||
            (o->count == 0 && o->interval_us == 0))
        cli_link_end(l, status);
}

static int run(const cli_call_t *call)
{
    const snapshot_options_t *o = call->options;
    // What a program reads is UTF-8 whatever the locale.
    bool utf8 = call->utf8 || o->format > FORMAT_TABLE;
    snapshot_run_t s = {.options = o, .utf8 = utf8};
    cli_link_t link = {.tick = on_tick, .user = &s};
    int status;

    if (o->common.replay && (o->interval_us || o->count > 1))
        return cli_fail(CLI_USAGE, "a trace has one sample here, its last: leave --%s out",
                o->interval_us ? "interval" : "count");
    list_init(&s.list);
    if (model_init(&s.model, utf8) < 0)
        return cli_fail(CLI_FAILURE, "out of memory");
    status = choose(&s);
    if (status == CLI_OK)
        status = cli_link_run(&link, &o->common);
    list_done(&s.list);
    model_done(&s.model);
    return status;
}

// clang-format off
static const cli_option_t options[] = {
    {"table", NULL, CLI_SET, offsetof(snapshot_options_t, format), FORMAT_TABLE, NULL,
        "as a table for people (the default)"},
    {"csv", NULL, CLI_SET, offsetof(snapshot_options_t, format), FORMAT_CSV, NULL,
        "as comma-separated values under a line of keys; unknown values are empty"},
    {"json", NULL, CLI_SET, offsetof(snapshot_options_t, format), FORMAT_JSON, NULL,
        "as one JSON object a line for each sample; unknown values are absent"},
    {"sort", "KEY", CLI_TEXT, offsetof(snapshot_options_t, sort), 0, NULL,
        "sort by this column (default: rss); -KEY reverses the order"},
    {"top", "N", CLI_COUNT, offsetof(snapshot_options_t, top), 0, NULL,
        "print only the first N rows"},
    {"filter", "EXPR", CLI_TEXT, offsetof(snapshot_options_t, filter), 0, NULL,
        "only processes that match, as with the key f (FILTER LINES in memscope(1))"},
    {"group", "KIND", CLI_CHOICE, offsetof(snapshot_options_t, group), 0, "name|user|unit",
        "one row for all processes of a name, user or unit"},
    {"columns", "LIST", CLI_TEXT, offsetof(snapshot_options_t, columns), 0, NULL,
        "print these columns, separated by commas"},
    {"count", "N", CLI_COUNT, offsetof(snapshot_options_t, count), 0, NULL,
        "end after N samples (default: 1; with --interval, never)"},
    {"interval", "SECONDS", CLI_SECONDS, offsetof(snapshot_options_t, interval_us), 1, NULL,
        "time between samples, of which there is one a second (default: 1)"},
    CLI_REPLAY_OPTION,
};
// clang-format on

const cli_command_t cli_snapshot = {
        .name = "snapshot",
        .summary = "the processes at this moment: a table, CSV or JSON",
        .about = "Prints the list of processes, or of groups of them, once or repeatedly.",
        CLI_OPTIONS(options, snapshot_options_t),
        .run = run,
};
