// memscope status: how the daemon itself is doing.

#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/link.h"
#include "common/cleanup.h"
#include "common/format.h"
#include "common/text.h"
#include "config.h"
#include "protocol/cursor.h"

#include <inttypes.h>
#include <string.h>

enum { FORMAT_TEXT, FORMAT_JSON };

typedef struct {
    cli_common_t common;
    int format;
} status_options_t;

typedef struct {
    const status_options_t *options;
    bool utf8, asked;
} status_run_t;

typedef struct {
    uint64_t uid, pid, rights, lag;
} viewer_t;

static bool next_viewer(cursor_t *c, viewer_t *ret)
{
    if (cursor_left(c) == 0)
        return false;
    ret->uid = cursor_varint(c);
    ret->pid = cursor_varint(c);
    ret->rights = cursor_varint(c);
    ret->lag = cursor_varint(c);
    return !c->failed;
}

// ---- For people --------------------------------------------------------------------------------

static void print_count(const char *label, bool has, uint64_t n, const char *what)
{
    char count[FORMAT_MAX];

    if (has)
        printf("%-14s %s%s\n", label, format_count(count, sizeof(count), n), what);
    else
        printf("%-14s -\n", label);
}

static void print_ticks(const status_message_t *m)
{
    char ticks[FORMAT_MAX], missed[FORMAT_MAX], late[FORMAT_MAX];

    printf("%-14s %s, %s missed", "Ticks", format_count(ticks, sizeof(ticks), m->ticks),
            format_count(missed, sizeof(missed), m->missed_ticks));
    if (m->has.late_ticks)
        printf(", %s late", format_count(late, sizeof(late), m->late_ticks));
    putchar('\n');
    printf("%-14s ", "Tick cost");
    if (m->has.capture_us)
        printf("%.1f ms", (double) m->capture_us / 1000);
    else
        printf("-");
    if (m->has.capture_p99_us)
        printf(", 99 of 100 below %.1f ms", (double) m->capture_p99_us / 1000);
    putchar('\n');
    if (m->has.minor_faults && m->has.major_faults)
        printf("%-14s %s in ticks, %s of them waited for a disk\n", "Page faults",
                format_count(ticks, sizeof(ticks), m->minor_faults + m->major_faults),
                format_count(missed, sizeof(missed), m->major_faults));
}

static void print_rss(const status_message_t *m)
{
    char rss[FORMAT_MAX], locked[FORMAT_MAX];

    printf("%-14s %s", "RSS", m->has.rss_kb ? format_kb(rss, sizeof(rss), m->rss_kb) : "-");
    if (m->has.locked_kb)
        printf(", %s locked", format_kb(locked, sizeof(locked), m->locked_kb));
    putchar('\n');
}

static void print_viewers(const status_message_t *m)
{
    uint64_t listed = 0;
    char more[FORMAT_MAX];
    cursor_t c;
    viewer_t v;

    print_count("Viewers", m->has.subscribers, m->subscribers, "");
    if (!m->has.viewers)
        return;
    c = cursor_of(m->viewers.data, m->viewers.len);
    for (; next_viewer(&c, &v); listed++)
        printf("  uid %" PRIu64 ", pid %" PRIu64 "%s, %" PRIu64 " ticks behind\n", v.uid, v.pid,
                v.rights == RIGHTS_ALL || v.rights == RIGHTS_SESSION ? ", sees everything" : "",
                v.lag);
    if (listed < m->subscribers)
        printf("  and %s more\n", format_count(more, sizeof(more), m->subscribers - listed));
}

static void print_text(const status_message_t *m, bool is_private, bool utf8)
{
    char build[96], uptime[FORMAT_MAX], used[FORMAT_MAX], max[FORMAT_MAX];

    text_sanitize(build, sizeof(build), m->build.data, m->build.len, utf8);
    printf("%-14s %s, pid %" PRIu64 "%s\n", "Daemon", build, m->pid, is_private ? ", private" : "");
    printf("%-14s %s\n", "Up for", format_duration(uptime, sizeof(uptime), m->uptime_ms / 1000));
    print_count("Processes", m->has.processes, m->processes, "");
    print_ticks(m);
    printf("%-14s %s of %s\n", "Memory", format_kb(used, sizeof(used), m->memory_kb),
            format_kb(max, sizeof(max), m->memory_max_kb));
    print_rss(m);
    print_count("Open files", m->has.descriptors, m->descriptors, " of processes");
    printf("%-14s %.2f%% of a core, %.3f s used\n", "PSS budget",
            (double) m->pss_budget_ppm / 10000, (double) m->pss_spent_us / 1e6);
    print_count("Not readable", m->has.unread_io, m->unread_io, " processes' io");
    print_count("", m->has.unread_memory, m->unread_memory, " processes' smaps");
    print_count("Failed reads", m->has.failed_reads, m->failed_reads, "");
    print_viewers(m);
}

// ---- For programs ------------------------------------------------------------------------------

static void put_field(json_t *o, const message_field_t *f, const status_message_t *m)
{
    const char *base = (const char *) m;
    uint64_t value;

    if (f->kind != MESSAGE_KIND_UINT || !*(const bool *) (base + f->has_offset) ||
            strcmp(f->name, "request") == 0)
        return;
    memcpy(&value, base + f->offset, sizeof(value));
    json_put_field(o, f->name, f->unit, value);
}

static void print_json(const status_message_t *m, bool is_private)
{
    const message_info_t *info = message_info(MESSAGE_STATUS);
    json_t *o = json_new(), *viewers = json_new_array();
    cursor_t c;
    viewer_t v;

    json_put_bytes(o, "build", m->build.data, m->build.len);
    json_put_bool(o, "private_daemon", is_private);
    for (size_t i = 0; i < info->n_fields; i++)
        put_field(o, &info->fields[i], m);
    c = cursor_of(m->viewers.data, m->viewers.len);
    while (m->has.viewers && next_viewer(&c, &v)) {
        json_t *one = json_new();

        json_put_uint(one, "uid", v.uid);
        json_put_uint(one, "pid", v.pid);
        json_put_uint(one, "rights", v.rights);
        json_put_uint(one, "lag_ticks", v.lag);
        json_append(viewers, one);
    }
    if (m->has.viewers)
        json_put(o, "viewers", viewers);
    else
        json_object_put(viewers);
    json_print_line(o);
}

// ---- The conversation --------------------------------------------------------------------------

static void on_tick(cli_link_t *l, const snapshot_t *s)
{
    status_run_t *run = l->user;

    (void) s;
    if (run->asked)
        return;
    run->asked = true;
    if (!(session_hello(cli_link_session(l))->features & FEATURE_STATUS))
        cli_link_end(l, cli_fail(CLI_FAILURE,
                                "this daemon is too old to say how it is doing: update memscoped"));
    else if (session_request_status(cli_link_session(l)) < 0)
        run->asked = false;
}

static void on_message(cli_link_t *l, message_type_t type, const message_t *m)
{
    status_run_t *run = l->user;
    const attach_target_t *target = &run->options->common.target;
    bool is_private = cli_link_is_private(l);

    if (type != MESSAGE_STATUS)
        return;
    // Who asks whether the service is well shall not take another daemon's word for it.
    if (is_private && !target->private_daemon)
        cli_fail(0, "no daemon answers on " MEMSCOPE_SOCKET_PATH
                    ": this is a private one, started to answer you");
    if (run->options->format == FORMAT_JSON)
        print_json(&m->status, is_private);
    else
        print_text(&m->status, is_private, run->utf8);
    cli_link_end(l, CLI_OK);
}

static int run(const cli_call_t *call)
{
    status_run_t mine = {.options = call->options, .utf8 = call->utf8};
    cli_link_t l = {.tick = on_tick, .message = on_message, .user = &mine};

    return cli_link_run(&l, &mine.options->common);
}

// clang-format off
static const cli_option_t options[] = {
    {"json", NULL, CLI_SET, offsetof(status_options_t, format), FORMAT_JSON, NULL,
        "print one JSON object"},
};
// clang-format on

const cli_command_t cli_status_of = {
        .name = "status",
        .summary = "how the daemon itself is doing",
        .about = "Prints the daemon's version and uptime, what its ticks cost and how "
                 "many it missed, its memory against the cap, the budget for PSS, what "
                 "the kernel does not let it read, and, to those who see everything, who "
                 "is attached.",
        CLI_OPTIONS(options, status_options_t),
        .run = run,
};
