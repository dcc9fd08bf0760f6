// memscope analyze: the rules over a trace.

#include "client/cli/commands.h"
#include "client/cli/event_print.h"
#include "client/cli/json.h"
#include "client/cli/link.h"
#include "client/cli/wrapped.h"
#include "common/cleanup.h"
#include "common/format.h"
#include "common/text.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define INDENT 14 // where a row goes on in the next line

typedef struct {
    cli_common_t common;
    int json;
} analyze_options_t;

enum { TAGS = 3, STATES = 3, TAG_WIDTH = sizeof("ZOMBIE") - 1 }; // the widest of them

static const uint64_t tags[TAGS] = {TAG_LEAK, TAG_SPIKE, TAG_ZOMBIE};

static const struct {
    uint64_t kind;
    const char *name;
} states[STATES] = {{EVENT_SUSPECTED, "suspected"}, {EVENT_SET, "set"}, {EVENT_CLEARED, "cleared"}};

typedef struct {
    const analyze_options_t *options;
    const char *file; // as it is called in messages
    uint64_t size;    // 0: unknown
    bool utf8;
    bool printed;
    uint64_t counts[TAGS][STATES];
} analyze_run_t;

// ---- Transitions -------------------------------------------------------------------------------

static void print_json(const event_message_t *m, const char *tag, const char *state)
{
    json_t *o = json_new();

    json_put_number(o, "time", (double) m->time_ms / 1000, 3);
    json_put_uint(o, "pid", m->pid);
    json_put_uint(o, "start_time", m->start_time);
    json_put(o, "comm", json_text(m->name.data, m->name.len));
    json_put_text(o, "tag", tag);
    json_put_text(o, "state", state);
    if (m->has.since_ms)
        json_put_number(o, "since", (double) m->since_ms / 1000, 3);
    if (m->has.size_kb)
        json_put_uint(o, m->tag == TAG_SPIKE ? "height_bytes" : "growth_bytes", m->size_kb * 1024);
    event_put_evidence(o, m);
    json_put_bytes(o, "text", m->text.data, m->text.len);
    json_print_line(o);
}

static void print_row(
        analyze_run_t *a, const event_message_t *m, const char *tag, const char *state)
{
    char name[256], text[512], fitted[32], line[1024];
    size_t columns, len;

    text_name(name, sizeof(name), m->name.data, m->name.len, a->utf8);
    text_sanitize(text, sizeof(text), m->text.data, m->text.len, a->utf8);
    len = MIN(text_fit(name, 15, &columns), sizeof(fitted) - 16);
    snprintf(fitted, sizeof(fitted), "%.*s%*s", (int) len, name, (int) (15 - columns), "");
    if (!a->printed) {
        snprintf(line, sizeof(line), "%12s  %7s  %-15s  %-*s  %-9s  %s", "TIME", "PID", "NAME",
                TAG_WIDTH, "TAG", "STATE", "EVIDENCE");
        wrapped_print(line, wrapped_columns(), INDENT);
    }
    snprintf(line, sizeof(line), "%12.3f  %7" PRIu64 "  %s  %-*s  %-9s  %s",
            (double) m->time_ms / 1000, m->pid, fitted, TAG_WIDTH, tag, state, text);
    wrapped_print(line, wrapped_columns(), INDENT);
}

static void on_event(cli_link_t *l, const event_message_t *m)
{
    analyze_run_t *a = l->user;
    const char *tag = NULL, *state = NULL;

    for (size_t t = 0; t < TAGS; t++) {
        for (size_t s = 0; s < STATES; s++) {
            if (m->tag != tags[t] || m->kind != states[s].kind)
                continue;
            tag = tag_word(tags[t]);
            state = states[s].name;
            a->counts[t][s]++;
        }
    }
    if (!tag)
        return;
    progress_hide(&l->progress);
    if (a->options->json)
        print_json(m, tag, state);
    else
        print_row(a, m, tag, state);
    a->printed = true;
}

// ---- The end -----------------------------------------------------------------------------------

static void print_summary(const analyze_run_t *a, const analysis_message_t *m)
{
    char rows[FORMAT_MAX], samples[FORMAT_MAX], processes[FORMAT_MAX];

    printf("%s%s row%s, %s sample%s, %s process%s\n", a->printed ? "\n" : "",
            format_count(rows, sizeof(rows), m->rows), m->rows == 1 ? "" : "s",
            format_count(samples, sizeof(samples), m->samples), m->samples == 1 ? "" : "s",
            format_count(processes, sizeof(processes), m->processes),
            m->processes == 1 ? "" : "es");
    for (size_t t = 0; t < TAGS; t++) {
        printf("%-*s  set %" PRIu64 ", cleared %" PRIu64, TAG_WIDTH, tag_word(tags[t]),
                a->counts[t][1], a->counts[t][2]);
        if (tags[t] == TAG_LEAK)
            printf(", suspected %" PRIu64, a->counts[t][0]);
        putchar('\n');
    }
}

static int finish(analyze_run_t *a, const analysis_message_t *m)
{
    int status = cli_flush(NULL);

    if (m->has.error && m->has.line)
        return cli_fail(CLI_FAILURE, "%s:%" PRIu64 ":%" PRIu64 ": %.*s", a->file, m->line,
                m->column, (int) MIN(m->error.len, (size_t) 256), m->error.data);
    if (m->has.error)
        return cli_fail(CLI_FAILURE, "cannot read %s: %.*s", a->file,
                (int) MIN(m->error.len, (size_t) 256), m->error.data);
    if (!a->options->json)
        print_summary(a, m);
    return status;
}

static void on_message(cli_link_t *l, message_type_t type, const message_t *m)
{
    analyze_run_t *a = l->user;
    const analysis_message_t *progress = &m->analysis;
    char rows[FORMAT_MAX], text[64];
    bool closed = false;

    if (type == MESSAGE_EVENT)
        on_event(l, &m->event);
    if (type != MESSAGE_ANALYSIS)
        return;
    if (progress->finished) {
        progress_hide(&l->progress);
        cli_link_end(l, finish(a, progress));
        return;
    }
    // What was found so far is shown, also where output is not a terminal.
    if (cli_flush(&closed) != CLI_OK || closed)
        cli_link_end(l, closed ? CLI_OK : CLI_FAILURE);
    snprintf(text, sizeof(text), "%s rows", format_count(rows, sizeof(rows), progress->rows));
    progress_show(&l->progress, progress->bytes, a->size, text);
}

// ---- The file ----------------------------------------------------------------------------------

static int open_trace(const char *file, uint64_t *ret_size)
{
    struct stat st;
    int fd;

    // Where it is stdin it needs another number: the private daemon's own is closed off.
    fd = strcmp(file, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                : open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    *ret_size = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t) st.st_size : 0;
    return fd;
}

static int run(const cli_call_t *call)
{
    analyze_run_t a = {.options = call->options,
            .file = strcmp(call->operand, "-") == 0 ? "standard input" : call->operand,
            .utf8 = call->utf8};
    cli_link_t link = {.message = on_message, .user = &a};
    _cleanup_close_ int fd = open_trace(call->operand, &a.size);

    if (fd < 0)
        return cli_fail(fd == -EACCES || fd == -EPERM ? CLI_NOT_PERMITTED : CLI_FAILURE,
                "cannot read %s: %s", a.file, strerror(-fd));
    return cli_link_run_file(&link, "--analyze", fd);
}

// clang-format off
static const cli_option_t options[] = {
    {"json", NULL, CLI_SET, offsetof(analyze_options_t, json), 1, NULL,
        "one JSON object a line for each tag that is suspected, set or cleared"},
};
// clang-format on

const cli_command_t cli_analyze = {
        .name = "analyze",
        .summary = "look for leaks, spikes and zombies in a recorded trace",
        .operand = "FILE",
        .about = "Applies the rules behind the tags to a trace in CSV, - for standard "
                 "input. No daemon has to run. The trace begins with the line \"# "
                 "mem_total_kb=N\" and the line "
                 "\"time_s,pid,start_time,comm,state,rss_kb,anon_kb,swap_kb\"; rows are "
                 "in order of time, and a process without a row in a sample has ended.",
        CLI_OPTIONS(options, analyze_options_t),
        .offline = true,
        .run = run,
};
