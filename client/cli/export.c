// memscope export: what Prometheus collects.

#include "client/cli/commands.h"
#include "client/exporter/http.h"
#include "client/exporter/metrics.h"
#include "client/exporter/textfile.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#define LISTEN_DEFAULT   "127.0.0.1:9912"
#define TOP_DEFAULT      50
#define TOP_MAX          1000
#define INTERVAL_DEFAULT (15 * USEC_PER_SEC)
#define ONCE_US          (5 * USEC_PER_SEC) // with --once, for a sample to come

typedef struct {
    cli_common_t common;
    const char *listen, *textfile;
    int by; // group_kind_t
    uint64_t top, interval_us;
    int once, openmetrics;
} export_options_t;

typedef struct {
    const export_options_t *options;
    source_t source;
    http_t *http;
    int signals;
    uint64_t scrapes, write_us; // when the file is due
    bool wrote, failed;         // to write the file, and said so
} export_run_t;

static int status_of(int r)
{
    if (r == -EINVAL)
        return CLI_USAGE;
    return r == -EACCES || r == -EPERM ? CLI_NOT_PERMITTED : CLI_FAILURE;
}

static int make_text(void *user, exposition_format_t format, char **ret_text, size_t *ret_len)
{
    export_run_t *e = user;

    e->scrapes++;
    return metrics_write(&e->source, clock_monotonic_us(), e->scrapes, format, ret_text, ret_len);
}

// ---- A file, or once ---------------------------------------------------------------------------

// CLI_OK, or the exit status after saying why.
static int write_file(export_run_t *e)
{
    _cleanup_free_ char *text = NULL;
    size_t len;
    int r = make_text(e, EXPOSITION_PROMETHEUS, &text, &len);

    if (r == 0)
        r = textfile_write(e->options->textfile, text, len);
    e->wrote |= r == 0;
    if (r == 0) {
        e->failed = false;
        return CLI_OK;
    }
    if (!e->failed)
        cli_fail(0, "cannot write %.200s: %s", e->options->textfile, strerror(-r));
    e->failed = true;
    return status_of(r);
}

static int print_text(export_run_t *e)
{
    _cleanup_free_ char *text = NULL;
    size_t len;

    if (make_text(e, e->options->openmetrics ? EXPOSITION_OPENMETRICS : EXPOSITION_PROMETHEUS,
                &text, &len) < 0)
        return cli_fail(CLI_FAILURE, "out of memory");
    return cli_write(text, len) ? CLI_OK : CLI_FAILURE;
}

// Without a daemon it says so in what it writes, and by its status.
static int write_once(export_run_t *e, uint64_t now)
{
    bool up = source_sample(&e->source, now) != NULL;
    int status = e->options->textfile ? write_file(e) : print_text(e);

    if (status == CLI_OK && !up)
        status = cli_fail(CLI_FAILURE, "no daemon has answered: start memscoped, or use --private");
    return status;
}

// ---- The loop ----------------------------------------------------------------------------------

static void wait_for_work(export_run_t *e, uint64_t deadline)
{
    struct pollfd fds[] = {
            {.fd = source_fd(&e->source), .events = source_poll_events(&e->source)},
            {.fd = e->http ? http_fd(e->http) : -1, .events = POLLIN},
            {.fd = e->signals, .events = POLLIN},
            {.fd = e->source.attach.errors_fd, .events = POLLIN},
    };
    uint64_t now = clock_monotonic_us();
    int timeout = -1;

    if (deadline != UINT64_MAX)
        timeout = (int) MIN(deadline > now ? (deadline - now + 999) / 1000 : 0, UINT64_C(60000));
    poll(fds, ARRAY_SIZE(fds), timeout);
}

static bool is_told_to_end(const export_run_t *e)
{
    struct signalfd_siginfo info;

    return read(e->signals, &info, sizeof(info)) == sizeof(info);
}

static uint64_t next_deadline(export_run_t *e)
{
    uint64_t deadline = source_deadline_us(&e->source);

    if (e->http)
        deadline = MIN(deadline, http_deadline_us(e->http));
    if (e->write_us)
        deadline = MIN(deadline, e->write_us);
    return deadline;
}

// The first file is written as soon as there is something to write.
static bool is_due(export_run_t *e, uint64_t now)
{
    bool ready = e->source.rates && source_sample(&e->source, now) != NULL;

    return e->write_us && (now >= e->write_us || (!e->scrapes && ready));
}

static int serve(export_run_t *e)
{
    const export_options_t *o = e->options;
    uint64_t interval = o->interval_us ? o->interval_us : INTERVAL_DEFAULT;

    if (o->once || o->textfile)
        e->write_us = clock_monotonic_us() + (o->once ? ONCE_US : MIN(interval, ONCE_US));
    while (true) {
        uint64_t now;
        int status = CLI_OK;

        wait_for_work(e, next_deadline(e));
        if (is_told_to_end(e))
            return CLI_OK;
        now = clock_monotonic_us();
        if (source_dispatch(&e->source, now) < 0)
            return CLI_FAILURE;
        if (e->http)
            http_dispatch(e->http);
        if (!is_due(e, now))
            continue;
        if (o->once)
            return write_once(e, now);
        status = write_file(e);
        e->write_us = now + interval;
        if (status != CLI_OK && !e->wrote)
            return status;
    }
}

// ---- Options -----------------------------------------------------------------------------------

static int check(const export_options_t *o)
{
    if (o->listen && o->textfile)
        return cli_fail(CLI_USAGE,
                "--listen and --textfile exclude each other: start one exporter for each");
    if (o->listen && o->once)
        return cli_fail(CLI_USAGE, "--once answers nobody: leave --listen out");
    if (o->interval_us && (!o->textfile || o->once))
        return cli_fail(CLI_USAGE, "--interval is that of --textfile without --once: leave it out");
    if (o->openmetrics && (!o->once || o->textfile))
        return cli_fail(CLI_USAGE,
                "--openmetrics is that of --once without --textfile: over HTTP who "
                "asks chooses, and a textfile has one format");
    return CLI_OK;
}

static int open_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int run_open(export_run_t *e)
{
    const export_options_t *o = e->options;
    char error[ATTACH_ERROR_MAX];
    int r = 0;

    if (!o->textfile && !o->once)
        r = http_new(&e->http, o->listen ? o->listen : LISTEN_DEFAULT, make_text, e, error);
    if (r == 0)
        r = source_open(&e->source, error);
    if (r < 0)
        return cli_fail(status_of(r), "%s", error);
    if (e->http)
        cli_fail(0, "metrics are on %s", http_url(e->http));
    return serve(e);
}

static void say(const char *text)
{
    cli_fail(0, "%s", text);
}

static int run(const cli_call_t *call)
{
    const export_options_t *o = call->options;
    export_run_t e = {.options = o,
            .source = {.target = o->common.target,
                    .by = o->by ? (group_kind_t) o->by : GROUP_UNIT,
                    .top = o->top ? o->top : TOP_DEFAULT,
                    // What is only looked at may be of a daemon of one's own, as everywhere.
                    .once = o->once,
                    .may_start_daemon = o->once && !o->textfile,
                    .say = say,
                    .attach = {.errors_fd = -1}}};
    int status = check(o);

    if (status != CLI_OK)
        return status;
    e.signals = open_signals();
    if (e.signals < 0)
        return cli_fail(CLI_FAILURE, "out of memory or descriptors: %s", strerror(errno));
    status = run_open(&e);
    // What nobody renews would be taken for the present.
    if (e.wrote && !o->once)
        unlink(o->textfile);
    http_free(e.http);
    source_close(&e.source);
    close(e.signals);
    return status;
}

// clang-format off
static const cli_option_t options[] = {
    {"listen", "ADDRESS:PORT", CLI_TEXT, offsetof(export_options_t, listen), 0, NULL,
        "answer GET /metrics there (default: " LISTEN_DEFAULT ")"},
    {"textfile", "PATH", CLI_TEXT, offsetof(export_options_t, textfile), 0, NULL,
        "write this file instead, for node_exporter's textfile collector"},
    {"interval", "SECONDS", CLI_SECONDS, offsetof(export_options_t, interval_us), 0, NULL,
        "time between two writings of that file (default: 15)"},
    {"once", NULL, CLI_SET, offsetof(export_options_t, once), 1, NULL,
        "write that file, or without one to standard output, once and end"},
    {"openmetrics", NULL, CLI_SET, offsetof(export_options_t, openmetrics), 1, NULL,
        "with --once: as OpenMetrics 1.0 instead of the Prometheus text format"},
    {"by", "KIND", CLI_CHOICE, offsetof(export_options_t, by), 0, "name|user|unit",
        "what makes a group (default: unit)"},
    {"top", "N", CLI_COUNT, offsetof(export_options_t, top), TOP_MAX, NULL,
        "groups with figures of their own, the rest is \"other\" (default: 50)"},
};
// clang-format on

const cli_command_t cli_export = {
        .name = "export",
        .summary = "metrics for Prometheus, over HTTP or as a file",
        .about = "Serves what the daemon knows as metrics: memory of the host by what it "
                 "is used for, pressure, memory, CPU and I/O of each unit, tags and "
                 "events. Without a daemon it says memscope_up 0 and waits for one.",
        CLI_OPTIONS(options, export_options_t),
        .run = run,
};
