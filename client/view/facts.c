#include "client/view/facts.h"

#include "client/view/events.h"
#include "client/view/figures.h"
#include "client/view/text.h"
#include "client/widget/gauge.h"
#include "common/cleanup.h"
#include "common/format.h"
#include "common/text.h"
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define LABEL_WIDTH 10

static bool is_kernel_thread(const inspect_t *i)
{
    return (i->row.flags & ROW_KERNEL_THREAD) != 0;
}

// The daemon keeps those of the dead for a while.
static bool has_figures(const inspect_t *i)
{
    return !i->exited || i->last.known || i->has_details || i->series.n > 0;
}

bool view_has_memory(const inspect_t *i)
{
    if (is_kernel_thread(i) || !has_figures(i))
        return false;
    return i->row.state != 'Z' || i->exited;
}

// " 11 min ago at 14:02:10"; "" where nobody knows.
static char *format_end(const inspect_t *i, char *buf, size_t cap)
{
    uint64_t now = i->system.mono_ms;
    char age[FORMAT_MAX], when[64];

    buf[0] = '\0';
    if (i->exited_ms == 0)
        return buf;
    format_clock(when, sizeof(when), &i->system, i->exited_ms);
    format_duration(age, sizeof(age), now > i->exited_ms ? (now - i->exited_ms) / 1000 : 0);
    snprintf(buf, cap, " %s ago%s%s", age, when[0] ? " at " : "", when);
    return buf;
}

int view_status(const inspect_t *i, const pane_t *p, int row)
{
    char text[256], end[128];

    if (i->exited) {
        snprintf(text, sizeof(text), "EXITED%s; %s", format_end(i, end, sizeof(end)),
                has_figures(i) ? "these are its last figures" : "nothing more is known of it");
        return view_put_wrapped(p, row, 0, p->cols, STYLE_ALERT, text);
    }
    if (is_kernel_thread(i))
        return view_put_wrapped(p, row, 0, p->cols, STYLE_NORMAL,
                "This is a kernel thread: it has no user memory.");
    if (i->row.state == 'Z') {
        snprintf(text, sizeof(text),
                "ZOMBIE: it has exited and its parent (PID %" PRIu64
                ") has not reaped it; it holds no memory.",
                i->last.ppid);
        return view_put_wrapped(p, row, 0, p->cols, STYLE_ZOMBIE, text);
    }
    return 0;
}

// ---- Facts -------------------------------------------------------------------------------------

typedef struct {
    const ui_t *ui;
    const pane_t *pane;
    int row;
} writer_t;

static void put_fact(writer_t *w, int style, const char *label, const char *text)
{
    if (!text || !text[0])
        return;
    pane_put(w->pane, w->row, 0, LABEL_WIDTH - 1, ALIGN_LEFT, STYLE_DIM, label);
    w->row += view_put_wrapped(
            w->pane, w->row, LABEL_WIDTH, w->pane->cols - LABEL_WIDTH, style, text);
}

__attribute__((format(printf, 3, 4))) static void fact(
        writer_t *w, const char *label, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    put_fact(w, STYLE_NORMAL, label, text);
}

static void fact_text(writer_t *w, int style, const char *label, const text_view_t *t)
{
    char text[1024];

    text_sanitize(text, sizeof(text), t->data, t->len, w->ui->utf8);
    put_fact(w, style, label, text);
}

static void fact_start(writer_t *w, const inspect_t *i)
{
    const process_snapshot_t *s = &i->last;
    uint64_t start_ms, end;
    char age[FORMAT_MAX], when[64];

    if (!PROCESS_KNOWN(s, start_time) || !model_started_ms(&i->system, s->start_time, &start_ms))
        return;
    end = i->exited ? i->exited_ms : i->system.mono_ms;
    format_duration(age, sizeof(age), end > start_ms ? (end - start_ms) / 1000 : 0);
    format_clock(when, sizeof(when), &i->system, start_ms);
    fact(w, "Started", "%s, %s %s", when, i->exited ? "lived" : "age", age);
}

static void facts_of_cpu(writer_t *w, const inspect_t *i)
{
    const process_snapshot_t *s = &i->last;
    const details_message_t *d = &i->details;
    char cpu[FORMAT_MAX] = "-", minor[FORMAT_MAX], major[FORMAT_MAX];
    char times[64] = "";

    if (PROCESS_KNOWN(s, cpu_permille))
        format_permille(cpu, sizeof(cpu), s->cpu_permille);
    if (i->has_details && d->has.utime_ms && d->has.stime_ms)
        snprintf(times, sizeof(times), ", %.2f s user, %.2f s system", (double) d->utime_ms / 1000,
                (double) d->stime_ms / 1000);
    fact(w, "CPU", "%s%s", cpu, times);
    if (PROCESS_KNOWN(s, threads))
        fact(w, "Threads", "%" PRIu64 ", state %c", s->threads, i->row.state ? i->row.state : '-');
    if (i->has_details && d->has.minflt && d->has.majflt)
        fact(w, "Faults", "%s minor, %s major", format_count(minor, sizeof(minor), d->minflt),
                format_count(major, sizeof(major), d->majflt));
}

static void facts_of_io(writer_t *w, const inspect_t *i)
{
    const details_message_t *d = &i->details;
    char read[FORMAT_MAX], written[FORMAT_MAX], r[FORMAT_MAX], wr[FORMAT_MAX];

    if (is_kernel_thread(i))
        return;
    if (!i->has_details || !d->has.read_bytes || !d->has.write_bytes) {
        fact(w, "I/O", "-");
        return;
    }
    format_kb(read, sizeof(read), d->read_bytes / 1024);
    format_kb(written, sizeof(written), d->write_bytes / 1024);
    if (PROCESS_KNOWN(&i->last, read_rate) && PROCESS_KNOWN(&i->last, write_rate))
        fact(w, "I/O", "read %s (%s/s), written %s (%s/s)", read,
                format_kb_short(r, sizeof(r), i->last.read_rate), written,
                format_kb_short(wr, sizeof(wr), i->last.write_rate));
    else
        fact(w, "I/O", "read %s, written %s", read, written);
}

#define LIMIT_GAUGE 14

// How long so much memory lasts if it goes on as in the last minute. False: it does not grow, or
// that is too far away to be told.
static bool time_left(const inspect_t *i, uint64_t left_kb, char *buf, size_t cap)
{
    int64_t rate = row_knows(&i->row, VALUE_RATE) ? i->row.values[VALUE_RATE] : 0;
    uint64_t minutes = rate > 0 ? left_kb / (uint64_t) rate : UINT64_MAX;

    if (i->exited || minutes > 2 * 24 * 60)
        return false;
    format_duration(buf, cap, minutes * 60);
    return true;
}

// How full the cgroup is that has the lowest limit, and until when it lasts.
static void fact_limit(writer_t *w, const inspect_t *i)
{
    uint64_t used = i->details.cgroup_used_kb, limit = i->details.cgroup_limit_kb;
    char used_text[FORMAT_MAX], limit_text[FORMAT_MAX], left[FORMAT_MAX] = "", text[192];
    bool ends = time_left(i, limit - MIN(used, limit), left, sizeof(left));
    int col = LABEL_WIDTH + LIMIT_GAUGE + 1;

    snprintf(text, sizeof(text), "%s of %s in its cgroup%s%s%s",
            format_kb(used_text, sizeof(used_text), used),
            format_kb(limit_text, sizeof(limit_text), limit), ends ? ", full in " : "", left,
            ends ? " at its rate" : "");
    pane_put(w->pane, w->row, 0, LABEL_WIDTH - 1, ALIGN_LEFT, STYLE_DIM, "Limit");
    gauge_draw(w->pane, w->ui->glyphs, w->row, LABEL_WIDTH, LIMIT_GAUGE, GAUGE_LOAD, used, limit);
    w->row += view_put_wrapped(
            w->pane, w->row, col, w->pane->cols - col, ends ? STYLE_ALERT : STYLE_NORMAL, text);
}

static void facts_of_memory(writer_t *w, const inspect_t *i)
{
    const details_message_t *d = &i->details;
    char peak[FORMAT_MAX], size[FORMAT_MAX];

    if (!i->has_details || !view_has_memory(i))
        return;
    if (d->has.hwm_kb && d->has.size_kb)
        fact(w, "Peak", "RSS %s, address space %s", format_kb(peak, sizeof(peak), d->hwm_kb),
                format_kb(size, sizeof(size), d->size_kb));
}

// What it runs into if it goes on: its cgroup's limit, otherwise the host's end.
static void facts_of_limit(writer_t *w, const inspect_t *i)
{
    const details_message_t *d = &i->details;
    char left[FORMAT_MAX], size[FORMAT_MAX];

    if (!i->has_details || !view_has_memory(i))
        return;
    if (d->has.cgroup_limit_kb && d->has.cgroup_used_kb)
        fact_limit(w, i);
    else if (i->row.tags & (TAG_LEAK | TAG_LEAK_SUSPECTED) &&
             SYSTEM_KNOWN(&i->system, mem_available_kb) &&
             time_left(i, i->system.mem_available_kb, size, sizeof(size)))
        fact(w, "Limit", "the host's %s that are left are used up in %s at its rate",
                format_kb(left, sizeof(left), i->system.mem_available_kb), size);
}

#define EVENTS_SHOWN 5

// The latest of its events.
static void facts_of_events(writer_t *w, const inspect_t *i)
{
    const events_t *events = w->ui->events;
    unsigned shown = 0;

    for (size_t k = 0; events && k < events->n && shown < EVENTS_SHOWN; k++) {
        const event_t *e = events_newest(events, k);
        char text[1200], when[64], label[EVENT_LABEL_MAX];
        style_t style;

        if (!identity_equal(e->id, i->id))
            continue;
        style = event_label(e, label);
        format_clock(when, sizeof(when), &i->system, e->time_ms);
        snprintf(text, sizeof(text), "%s %s%s%s", when, label, e->text ? ": " : "", event_text(e));
        put_fact(w, style, shown++ == 0 ? "Events" : "", text);
    }
}

// What is said of a tag that it does not have (why there is no leak yet) has no colour.
static void facts_of_tags(writer_t *w, const inspect_t *i, bool are_set)
{
    for (size_t k = 0; k < N_TAGS; k++) {
        const tag_info_t *t = &tag_infos[k], *set = tags_urgent(i->row.tags & tags_sharing(t));

        if (t->title && (set != NULL) == are_set)
            fact_text(w, set ? set->style : STYLE_NORMAL, t->title, tag_receipt(t, &i->details));
    }
}

int view_verdict(const ui_t *ui, const pane_t *p, int row)
{
    const inspect_t *i = ui->inspect;
    writer_t w = {ui, p, row};

    if (i->has_details) {
        facts_of_tags(&w, i, true);
        facts_of_tags(&w, i, false);
        fact_text(&w, STYLE_ALERT, "Unread", &i->details.unreadable);
    } else if (view_has_memory(i) && !i->exited) {
        put_fact(&w, STYLE_DIM, "Leak", "-"); // what comes takes its place
    }
    facts_of_limit(&w, i);
    return w.row - row;
}

int view_facts(const ui_t *ui, const pane_t *p, int row)
{
    const inspect_t *i = ui->inspect;
    writer_t w = {ui, p, row};

    put_fact(&w, STYLE_NORMAL, "Command", i->command);
    facts_of_events(&w, i);
    put_fact(&w, STYLE_NORMAL, "User", i->user);
    put_fact(&w, STYLE_NORMAL, "Unit", i->unit);
    fact_start(&w, i);
    if (PROCESS_KNOWN(&i->last, ppid))
        fact(&w, "Parent", "PID %" PRIu64, i->last.ppid);
    facts_of_cpu(&w, i);
    facts_of_io(&w, i);
    facts_of_memory(&w, i);
    if (i->has_details) {
        fact_text(&w, STYLE_NORMAL, "Cgroup", &i->details.cgroup);
        fact_text(&w, STYLE_NORMAL, "Program", &i->details.exe);
    }
    return w.row - row;
}
