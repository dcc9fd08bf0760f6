// memscope inspect: all that is known of one process.

#include "client/cli/commands.h"
#include "client/cli/inspect_print.h"
#include "client/cli/link.h"
#include "common/cleanup.h"
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#define PID_LIMIT UINT64_C(4194304) // no kernel has more
#define TRIES_MAX 3                 // for a process that is there and not known yet

typedef struct {
    cli_common_t common;
    int json, follow;
} inspect_options_t;

typedef struct {
    const inspect_options_t *options;
    uint64_t pid;
    model_t model;
    const snapshot_t *snapshot;
    unsigned answers; // DETAILS so far
    bool asked, printed;
    unsigned tries; // in vain
} inspect_run_t;

// The first answers may lack what the daemon reads beside its tick: worth a moment's patience.
static bool is_whole(const inspect_run_t *s, const details_message_t *d)
{
    return s->options->common.replay || d->has.breakdown_ms || d->has.exited_ms ||
           d->has.unreadable || s->answers >= 3 || !d->has.rss_kb;
}

static const process_snapshot_t *find_process(const inspect_run_t *s, const details_message_t *d)
{
    for (size_t i = 0; s->snapshot && i < s->snapshot->n_slots; i++) {
        const process_snapshot_t *p = &s->snapshot->processes[i];

        if (p->known != 0 && p->pid == d->pid && p->start_time == d->start_time)
            return p;
    }
    return NULL;
}

static void on_details(cli_link_t *l, const details_message_t *d)
{
    inspect_run_t *s = l->user;
    const process_snapshot_t *p;
    inspected_view_t view;
    bool closed = false;
    int status;

    if (!d->has.pid || d->pid != s->pid)
        return;
    s->answers++;
    if (!s->printed && !is_whole(s, d))
        return;
    p = find_process(s, d);
    view = (inspected_view_t){.model = &s->model,
            .row = p ? model_find(&s->model, (identity_t){p->pid, p->start_time}) : NULL,
            .details = d};
    if (s->printed && !s->options->json)
        putchar('\n');
    if (s->options->json)
        inspect_print_json(&view);
    else
        inspect_print_text(&view);
    s->printed = true;
    status = cli_flush(&closed);
    if (status != CLI_OK || closed || !s->options->follow || d->has.exited_ms ||
            (p && snapshot_is_zombie(p)))
        cli_link_end(l, status);
}

// One that has just begun is captured with the next tick.
static bool is_too_young(inspect_run_t *s)
{
    if (s->printed || s->options->common.replay || s->tries >= TRIES_MAX ||
            (kill((pid_t) s->pid, 0) < 0 && errno == ESRCH))
        return false;
    s->tries++;
    s->asked = false;
    return true;
}

static void on_error(cli_link_t *l, const error_message_t *e)
{
    inspect_run_t *s = l->user;

    if (e->request != 0 || (e->code == ERROR_NO_PROCESS && is_too_young(s)))
        return;
    if (s->printed) // followed to its end
        cli_link_end(l, CLI_OK);
    else if (e->code == ERROR_NO_PROCESS)
        cli_link_end(l, cli_fail(CLI_NO_PROCESS, "there is no process %" PRIu64, s->pid));
    else
        cli_link_refused(l, e);
}

static void on_message(cli_link_t *l, message_type_t type, const message_t *m)
{
    if (type == MESSAGE_DETAILS)
        on_details(l, &m->details);
    else if (type == MESSAGE_ERROR)
        on_error(l, &m->error);
}

static void on_tick(cli_link_t *l, const snapshot_t *snapshot)
{
    inspect_run_t *s = l->user;

    s->snapshot = snapshot;
    if (model_update(&s->model, snapshot, 0) < 0)
        cli_link_end(l, cli_fail(CLI_FAILURE, "out of memory"));
    // A daemon that has just started has no rates yet.
    if (!s->asked && (snapshot->system.interval_us > 0 || cli_link_is_replay(l))) {
        s->asked = true;
        session_inspect(cli_link_session(l), s->pid, 0);
    }
}

static int run(const cli_call_t *call)
{
    inspect_run_t s = {.options = call->options};
    cli_link_t link = {.tick = on_tick, .message = on_message, .user = &s};
    char *end;
    int status;

    s.pid = strtoull(call->operand, &end, 10);
    if (call->operand[0] < '0' || call->operand[0] > '9' || *end || s.pid == 0 || s.pid > PID_LIMIT)
        return cli_fail(CLI_USAGE, "PID '%.40s': expected a whole number, 1 to %" PRIu64,
                call->operand, PID_LIMIT);
    if (s.options->follow && s.options->common.replay)
        return cli_fail(CLI_USAGE, "nothing comes after the end of a trace: leave --follow out");
    if (model_init(&s.model, call->utf8 || s.options->json) < 0)
        return cli_fail(CLI_FAILURE, "out of memory");
    status = cli_link_run(&link, &s.options->common);
    model_done(&s.model);
    return status;
}

// clang-format off
static const cli_option_t options[] = {
    {"json", NULL, CLI_SET, offsetof(inspect_options_t, json), 1, NULL,
        "as one JSON object a line; unknown values are absent"},
    {"follow", NULL, CLI_SET, offsetof(inspect_options_t, follow), 1, NULL,
        "again with each second, until it ends"},
    CLI_REPLAY_OPTION,
};
// clang-format on

const cli_command_t cli_inspect = {
        .name = "inspect",
        .summary = "all that is known of one process",
        .operand = "PID",
        .about = "Prints a process's memory by kind, its limits and what was found out "
                 "about it. Of one that has ended, its last figures as long as the daemon "
                 "keeps them.",
        CLI_OPTIONS(options, inspect_options_t),
        .run = run,
};
