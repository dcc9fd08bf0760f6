#include "client/cli/inspect_print.h"

#include "client/cli/json_row.h"
#include "client/cli/wrapped.h"
#include "common/cleanup.h"
#include "common/format.h"
#include "common/text.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LABEL_WIDTH  13
#define LINE_MAX_LEN (LABEL_WIDTH + 2 + INTERN_MAX_LEN)

static const char *const sources[] = {NULL, "smaps_rollup", "smaps", "status"};

static const char *source_name(const details_message_t *d)
{
    return d->has.source && d->source < ARRAY_SIZE(sources) ? sources[d->source] : NULL;
}

// CLOCK_REALTIME of a moment of CLOCK_BOOTTIME; 0: not known.
static uint64_t real_ms(const system_snapshot_t *s, uint64_t boot_ms)
{
    if (!SYSTEM_KNOWN(s, real_ms) || !SYSTEM_KNOWN(s, mono_ms))
        return 0;
    return s->real_ms + boot_ms > s->mono_ms ? s->real_ms + boot_ms - s->mono_ms : 0;
}

static uint64_t age_ms(const inspected_view_t *v, uint64_t boot_ms)
{
    uint64_t now = MAX(v->details->mono_ms, v->model->system.mono_ms);

    return now > boot_ms ? now - boot_ms : 0;
}

// ---- JSON --------------------------------------------------------------------------------------

static bool is_moment(const char *name)
{
    static const char *const moments[] = {"mono_ms", "exited_ms", "breakdown_ms", "leak_since_ms"};

    for (size_t i = 0; i < ARRAY_SIZE(moments); i++)
        if (strcmp(moments[i], name) == 0)
            return true;
    return false;
}

// Every field of DETAILS under its own name, but for moments of the daemon's clock and for codes.
static void put_details(json_t *o, const details_message_t *d)
{
    const message_info_t *info = message_info(MESSAGE_DETAILS);

    for (size_t i = 0; i < info->n_fields; i++) {
        const message_field_t *f = &info->fields[i];
        const char *value = (const char *) d + f->offset;

        if (!*(const bool *) ((const char *) d + f->has_offset) || is_moment(f->name) ||
                strcmp(f->name, "source") == 0)
            continue;
        if (f->kind == MESSAGE_KIND_TEXT) {
            const text_view_t *t = (const text_view_t *) (const void *) value;

            json_put_bytes(o, f->name, t->data, t->len);
        } else if (f->kind == MESSAGE_KIND_UINT) {
            json_put_field(o, f->name, f->unit, *(const uint64_t *) (const void *) value);
        }
    }
}

static void put_moment(json_t *o, const char *key, const inspected_view_t *v, uint64_t boot_ms)
{
    uint64_t t = real_ms(&v->model->system, boot_ms);

    if (t > 0)
        json_put(o, key, json_time_ms(t));
}

void inspect_print_json(const inspected_view_t *v)
{
    const details_message_t *d = v->details;
    json_t *o = json_new();

    json_put_uint(o, "schema", INSPECT_SCHEMA);
    put_moment(o, "time", v, d->has.mono_ms ? d->mono_ms : v->model->system.mono_ms);
    if (v->row)
        json_put_row(o, v->model, v->row);
    put_details(o, d);
    if (d->has.exited_ms)
        put_moment(o, "exited_time", v, d->exited_ms);
    if (d->has.leak_since_ms)
        put_moment(o, "leak_since_time", v, d->leak_since_ms);
    if (d->has.breakdown_ms)
        json_put_number(o, "breakdown_age_seconds", (double) age_ms(v, d->breakdown_ms) / 1000, 3);
    if (source_name(d))
        json_put_text(o, "breakdown_source", source_name(d));
    json_print_line(o);
}

// ---- Text --------------------------------------------------------------------------------------

__attribute__((format(printf, 2, 3))) static void line(const char *label, const char *format, ...)
{
    char text[LINE_MAX_LEN];
    va_list args;
    int len = snprintf(text, sizeof(text), "%-*s ", LABEL_WIDTH, label);

    va_start(args, format);
    vsnprintf(text + len, sizeof(text) - (size_t) len, format, args);
    va_end(args);
    wrapped_print(text, wrapped_columns(), LABEL_WIDTH + 1);
}

static void text_line(const model_t *m, const char *label, const text_view_t *t)
{
    char text[4096];

    text_sanitize(text, sizeof(text), t->data, t->len, m->utf8);
    if (text[0])
        line(label, "%s", text);
}

static void kb_line(const char *label, bool known, uint64_t kb)
{
    char text[FORMAT_MAX];

    line(label, "%s", known ? format_kb(text, sizeof(text), kb) : "-");
}

static void print_memory(const details_message_t *d)
{
    const struct {
        const char *label;
        bool known;
        uint64_t kb;
    } parts[] = {
            {"RSS", d->has.rss_kb, d->rss_kb},
            {"PSS", d->has.pss_kb, d->pss_kb},
            {"Private", d->has.private_clean_kb && d->has.private_dirty_kb,
                    d->private_clean_kb + d->private_dirty_kb},
            {"Anonymous", d->has.anon_kb, d->anon_kb},
            {"File", d->has.file_kb, d->file_kb},
            {"Shared", d->has.shmem_kb, d->shmem_kb},
            {"Swap", d->has.swap_kb, d->swap_kb},
            {"Locked", d->has.locked_kb, d->locked_kb},
            {"Page tables", d->has.page_tables_kb, d->page_tables_kb},
            {"Peak RSS", d->has.hwm_kb, d->hwm_kb},
            {"Address space", d->has.size_kb, d->size_kb},
    };

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        kb_line(parts[i].label, parts[i].known, parts[i].kb);
}

static void print_moment(const inspected_view_t *v, const char *label, uint64_t boot_ms)
{
    char when[64], age[FORMAT_MAX];
    time_t t = (time_t) (real_ms(&v->model->system, boot_ms) / 1000);
    struct tm tm;

    format_duration(age, sizeof(age), age_ms(v, boot_ms) / 1000);
    if (t > 0 && localtime_r(&t, &tm) && strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm))
        line(label, "%s, %s ago", when, age);
    else
        line(label, "%s ago", age);
}

static void print_who(const inspected_view_t *v)
{
    const details_message_t *d = v->details;
    uint64_t start_ms;
    const char *user = v->row ? model_user(v->model, v->row) : NULL;
    char text[INTERN_MAX_LEN];

    line("Process", "%" PRIu64 " %s", d->pid,
            v->row ? model_name(v->model, v->row, text, sizeof(text)) : "");
    if (!v->row)
        text_line(v->model, "Name", &d->name);
    if (user)
        line("User", "%s", user);
    if (v->row && model_string(v->model, v->row->unit, text, sizeof(text))[0])
        line("Unit", "%s", text);
    if (v->row)
        line("Command", "%s", model_command(v->model, v->row, text, sizeof(text)));
    if (v->row && v->row->state)
        line("State", "%c", v->row->state);
    if (v->row && v->row->flags & ROW_PPID_KNOWN)
        line("Parent", "%" PRIu64, v->row->ppid);
    if (d->has.start_time && model_started_ms(&v->model->system, d->start_time, &start_ms))
        print_moment(v, "Started", start_ms);
    if (d->has.exited_ms)
        print_moment(v, "Ended", d->exited_ms);
}

static void print_work(const inspected_view_t *v)
{
    const details_message_t *d = v->details;
    char a[FORMAT_MAX], b[FORMAT_MAX];

    if (v->row && row_knows(v->row, VALUE_CPU))
        line("CPU", "%s", format_permille(a, sizeof(a), (uint64_t) v->row->values[VALUE_CPU]));
    if (d->has.utime_ms && d->has.stime_ms)
        line("CPU time", "%.2f s user, %.2f s system", (double) d->utime_ms / 1000,
                (double) d->stime_ms / 1000);
    if (d->has.minflt && d->has.majflt)
        line("Page faults", "%s minor, %s major", format_count(a, sizeof(a), d->minflt),
                format_count(b, sizeof(b), d->majflt));
    if (d->has.read_bytes && d->has.write_bytes)
        line("Storage", "read %s, written %s", format_kb(a, sizeof(a), d->read_bytes / 1024),
                format_kb(b, sizeof(b), d->write_bytes / 1024));
    if (d->has.cgroup_limit_kb && d->has.cgroup_used_kb)
        line("Limit", "%s of %s in its cgroup", format_kb(a, sizeof(a), d->cgroup_used_kb),
                format_kb(b, sizeof(b), d->cgroup_limit_kb));
}

void inspect_print_text(const inspected_view_t *v)
{
    const details_message_t *d = v->details;
    char age[FORMAT_MAX];

    print_who(v);
    print_memory(d);
    if (source_name(d) && d->has.breakdown_ms)
        line("Source", "%s, %s ago", source_name(d),
                format_duration(age, sizeof(age), age_ms(v, d->breakdown_ms) / 1000));
    print_work(v);
    text_line(v->model, "Cgroup", &d->cgroup);
    text_line(v->model, "Program", &d->exe);
    for (size_t i = 0; i < N_TAGS; i++)
        if (tag_infos[i].title)
            text_line(v->model, tag_infos[i].title, tag_receipt(&tag_infos[i], d));
    text_line(v->model, "Not readable", &d->unreadable);
}
