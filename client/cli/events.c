// memscope events: what happened, also to those that are gone.

#include "client/cli/commands.h"
#include "client/cli/event_print.h"
#include "client/cli/link.h"
#include "client/cli/when.h"
#include "common/cleanup.h"
#include <inttypes.h>

#define ANSWER_TICKS 10 // without an answer for so long, it was lost with the connection

typedef struct {
    cli_common_t common;
    const char *since, *until;
    int follow, json;
} events_options_t;

typedef struct {
    const events_options_t *options;
    event_printer_t printer;
    session_span_t span;
    uint64_t from_real_ms; // what was asked for; 0: all
    uint64_t instance;
    uint64_t shown;  // number of the last one
    int request;     // that is not answered yet; 0: none
    unsigned waited; // ticks
    bool asked, answered;
} events_run_t;

static void fail(cli_link_t *l, const char *text)
{
    cli_link_end(l, cli_fail(CLI_FAILURE, "%s", text));
}

static void ask(cli_link_t *l)
{
    events_run_t *r = l->user;

    r->waited = 0;
    r->request = session_request_events(
            cli_link_session(l), &r->span, r->shown, r->options->follow != 0);
    if (r->request < 0)
        r->request = 0; // with the next tick
}

// The moments that were asked for, on the daemon's clock.
static int find_span(events_run_t *r, const system_snapshot_t *y)
{
    const when_clock_t *clock = &r->printer.clock;
    uint64_t to_real_ms = 0;
    int status = when_span(
            r->options->since, r->options->until, y->real_ms, &r->from_real_ms, &to_real_ms);

    if (r->options->since)
        r->span.from_ms = when_boot_ms(clock, r->from_real_ms);
    if (r->options->until)
        r->span.to_ms = when_boot_ms(clock, to_real_ms);
    return status;
}

static void on_tick(cli_link_t *l, const snapshot_t *s)
{
    events_run_t *r = l->user;
    const hello_message_t *hello = session_hello(cli_link_session(l));
    int status;

    r->printer.clock = when_clock_of(&s->system);
    if (!(hello->features & FEATURE_EVENTS)) {
        fail(l, "this daemon is too old to keep events: update memscoped");
        return;
    }
    if (r->instance != hello->instance) {
        r->shown = 0;
        r->instance = hello->instance;
    }
    status = r->asked ? CLI_OK : find_span(r, &s->system);
    if (status != CLI_OK) {
        cli_link_end(l, status);
        return;
    }
    r->asked = true;
    if (!r->answered && (r->request == 0 || ++r->waited > ANSWER_TICKS))
        ask(l);
}

// The daemon cannot tell of the time before it kept events: nobody shall take silence for peace.
static void say_since(const cli_link_t *l, const event_message_t *m)
{
    const events_run_t *r = l->user;
    uint64_t since_ms = when_real_ms(&r->printer.clock, m->since_ms);
    char when[WHEN_MAX];

    if (r->options->json || (r->from_real_ms != 0 && r->from_real_ms >= since_ms))
        return;
    if (r->from_real_ms == 0 && cli_link_is_replay(l))
        return;
    cli_link_say_known(l, when_format(when, sizeof(when), since_ms, r->printer.clock.now_ms));
}

static void answered(cli_link_t *l, const event_message_t *m)
{
    events_run_t *r = l->user;
    bool closed = false;
    int status;

    r->shown = MAX(r->shown, m->number);
    r->request = 0;
    if (m->more) {
        ask(l);
        return;
    }
    r->answered = true;
    say_since(l, m);
    status = cli_flush(&closed);
    if (status != CLI_OK || closed || !r->options->follow)
        cli_link_end(l, status);
}

static void on_message(cli_link_t *l, message_type_t type, const message_t *message)
{
    events_run_t *r = l->user;
    const event_message_t *m = &message->event;
    bool closed = false;
    int status = CLI_OK;

    if (type != MESSAGE_EVENT)
        return;
    if (m->last) {
        if (r->request > 0 && m->request == (uint64_t) r->request)
            answered(l, m);
        return;
    }
    // What happens while an answer comes in parts is in its last part, too.
    if (m->number <= r->shown || r->answered == m->has.request)
        return;
    r->shown = m->number;
    if (r->options->json)
        event_print_json(&r->printer, m);
    else
        event_print_line(&r->printer, m);
    if (r->answered)
        status = cli_flush(&closed);
    if (status != CLI_OK || closed)
        cli_link_end(l, status);
}

static int run(const cli_call_t *call)
{
    const events_options_t *o = call->options;
    events_run_t r = {.options = o};
    cli_link_t link = {.tick = on_tick, .message = on_message, .user = &r};
    int status;

    if (o->follow && o->until)
        return cli_fail(CLI_USAGE, "--follow goes on after now: leave --until out");
    if (o->follow && o->common.replay)
        return cli_fail(CLI_USAGE, "nothing comes after the end of a trace: leave --follow out");
    if (event_printer_init(&r.printer, call->utf8) < 0)
        return cli_fail(CLI_FAILURE, "out of memory");
    status = cli_link_run(&link, &o->common);
    event_printer_done(&r.printer);
    return status;
}

// clang-format off
static const cli_option_t options[] = {
    {"since", "TIME", CLI_TIME, offsetof(events_options_t, since), 0, NULL,
        "events from then on: -10m, 14:02, 2026-11-21T14:02 (default: all)"},
    {"until", "TIME", CLI_TIME, offsetof(events_options_t, until), 0, NULL,
        "and until then (default: now)"},
    {"follow", NULL, CLI_SET, offsetof(events_options_t, follow), 1, NULL,
        "go on with events as they happen"},
    {"json", NULL, CLI_SET, offsetof(events_options_t, json), 1, NULL,
        "as one JSON object a line"},
    CLI_REPLAY_OPTION,
};
// clang-format on

const cli_command_t cli_events = {
        .name = "events",
        .summary = "what happened: changes of tags, OOM kills, exits of what was big",
        .about = "Prints the events that the daemon keeps, also of processes that are gone.",
        CLI_OPTIONS(options, events_options_t),
        .run = run,
};
