// memscope why: who took memory in a span of time.

#include "client/cli/commands.h"
#include "client/cli/link.h"
#include "client/cli/why_print.h"
#include "client/cli/wrapped.h"
#include "common/cleanup.h"
#include <inttypes.h>

#define DEFAULT_SPAN_MS (5 * 60 * UINT64_C(1000))
#define TOP_DEFAULT     12
#define TOP_MAX         64
#define LEAST           0.0005 // of the change: what is less is shown as 0.0%
#define ANSWER_TICKS    10     // without an answer for so long, it was lost with the connection

typedef struct {
    cli_common_t common;
    const char *since, *until;
    int by, json;
    uint64_t top;
} why_options_t;

typedef struct {
    const why_options_t *options;
    userdb_t *users;
    bool utf8;
    when_clock_t clock;
    uint64_t from_ms, to_ms; // CLOCK_REALTIME
    int request;             // that is not answered yet; 0: none
    unsigned waited;         // ticks
    unsigned refused;        // times
    reasons_t reasons;
} why_run_t;

static void ask(cli_link_t *l)
{
    why_run_t *r = l->user;
    session_span_t span = {when_boot_ms(&r->clock, r->from_ms), when_boot_ms(&r->clock, r->to_ms)};
    uint64_t top = r->options->top ? r->options->top : r->options->json ? TOP_MAX : TOP_DEFAULT;

    r->waited = 0;
    if (!r->options->until)
        span.to_ms = 0;
    r->request = session_request_why(cli_link_session(l), &span,
            r->options->by ? (unsigned) r->options->by - 1 : WHY_BY_PROCESS, (unsigned) top);
    if (r->request < 0)
        r->request = 0; // with the next tick
}

static void on_tick(cli_link_t *l, const snapshot_t *s)
{
    why_run_t *r = l->user;
    uint64_t end_ms;
    int status;

    r->clock = when_clock_of(&s->system);
    if (!(session_hello(cli_link_session(l))->features & FEATURE_WHY)) {
        cli_link_end(l, cli_fail(CLI_FAILURE,
                                "this daemon is too old to say who took memory: update memscoped"));
        return;
    }
    if (r->request > 0 && ++r->waited <= ANSWER_TICKS)
        return;
    r->to_ms = s->system.real_ms;
    status = when_span(
            r->options->since, r->options->until, s->system.real_ms, &r->from_ms, &r->to_ms);
    end_ms = MIN(r->to_ms, s->system.real_ms);
    if (!r->options->since)
        r->from_ms = end_ms - MIN(end_ms, DEFAULT_SPAN_MS);
    if (status == CLI_OK)
        ask(l);
    else
        cli_link_end(l, status);
}

static void show(cli_link_t *l, const why_message_t *m)
{
    why_run_t *r = l->user;
    const why_view_t view = {.reasons = &r->reasons,
            .clock = r->clock,
            .asked_from_ms = r->from_ms,
            .asked_to_ms = r->to_ms,
            .private_daemon = cli_link_is_private(l),
            .replay = cli_link_is_replay(l),
            .utf8 = r->utf8,
            .columns = wrapped_columns()};
    char when[WHEN_MAX];

    if (reasons_read(&r->reasons, m, r->users, r->utf8, r->options->json ? 0 : LEAST) < 0) {
        cli_link_end(l,
                cli_fail(CLI_FAILURE,
                        "the daemon sent a malformed answer: 'memscope status' tells its version"));
        return;
    }
    // The sentence says so; why that is, and what can be done about it, is for here.
    if ((view.private_daemon || view.replay) && why_is_cut(&view))
        cli_link_say_known(l, when_format(when, sizeof(when), when_real_ms(&r->clock, m->known_ms),
                                      r->clock.now_ms));
    if (r->options->json)
        why_print_json(&view);
    else
        why_print(&view);
    cli_link_end(l, CLI_OK);
}

static void on_error(cli_link_t *l, const error_message_t *m)
{
    why_run_t *r = l->user;

    // Others may have asked just before: then once more with the next tick.
    if (m->code == ERROR_LIMIT && ++r->refused < ANSWER_TICKS)
        r->request = 0;
    else
        cli_link_refused(l, m);
}

static void on_message(cli_link_t *l, message_type_t type, const message_t *m)
{
    const why_run_t *r = l->user;

    if (r->request == 0)
        return;
    if (type == MESSAGE_WHY && m->why.request == (uint64_t) r->request)
        show(l, &m->why);
    else if (type == MESSAGE_ERROR && m->error.request == (uint64_t) r->request)
        on_error(l, &m->error);
}

static int run(const cli_call_t *call)
{
    const why_options_t *o = call->options;
    // What a program reads is UTF-8 whatever the locale.
    why_run_t r = {.options = o, .utf8 = call->utf8 || o->json};
    cli_link_t link = {.tick = on_tick, .message = on_message, .user = &r};
    int status;

    if (userdb_new(&r.users) < 0)
        return cli_fail(CLI_FAILURE, "out of memory");
    status = cli_link_run(&link, &o->common);
    userdb_free(r.users);
    return status;
}

// clang-format off
static const cli_option_t options[] = {
    {"since", "TIME", CLI_TIME, offsetof(why_options_t, since), 0, NULL,
        "start of the span: -10m, 14:02, 2026-11-21T14:02 (default: 5 minutes)"},
    {"until", "TIME", CLI_TIME, offsetof(why_options_t, until), 0, NULL,
        "end of the span (default: now)"},
    {"by", "KIND", CLI_CHOICE, offsetof(why_options_t, by), 0, "process|user|unit|name",
        "what makes a row: each process (the default), or all of a user, unit or name"},
    {"top", "N", CLI_COUNT, offsetof(why_options_t, top), TOP_MAX, NULL,
        "only N rows of processes, 64 at most (default: 12, or 64 with --json)"},
    {"json", NULL, CLI_SET, offsetof(why_options_t, json), 1, NULL,
        "as a JSON object"},
    CLI_REPLAY_OPTION,
};
// clang-format on

const cli_command_t cli_why = {
        .name = "why",
        .summary = "who took memory, living or dead, in the last minutes or another span",
        .about = "Says what used memory did, and who took it: shares that add up to the "
                 "change. Where there are more processes than rows, small ones of one name in "
                 "one unit share a row. With --replay times are those of the trace, and used "
                 "memory is the private memory of the processes in it.",
        CLI_OPTIONS(options, why_options_t),
        .run = run,
};
