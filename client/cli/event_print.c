#include "client/cli/event_print.h"

#include "client/cli/json.h"
#include "client/cli/wrapped.h"
#include "common/cleanup.h"
#include "common/format.h"
#include "common/text.h"
#include "protocol/rows.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TEXT_SIZE 512
#define INDENT    10 // where a line goes on in the next one

static const char *const state_words[] = {
        [EVENT_SUSPECTED] = "suspected", [EVENT_SET] = "set", [EVENT_CLEARED] = "cleared"};

static const struct {
    unsigned bit;
    const char *name;
} ruled_out_words[] = {
        {RULED_OUT_FILE_PAGES, "file_pages"},
        {RULED_OUT_SWAP_IN, "swap_in"},
        {RULED_OUT_WARMUP, "warmup"},
        {RULED_OUT_SAWTOOTH, "sawtooth"},
        {RULED_OUT_CACHE, "cache"},
        {RULED_OUT_STEPS, "steps"},
        {RULED_OUT_NOISE, "noise"},
};

int event_printer_init(event_printer_t *p, bool utf8)
{
    *p = (event_printer_t){.utf8 = utf8};
    return userdb_new(&p->users);
}

void event_printer_done(event_printer_t *p)
{
    userdb_free(p->users);
}

// ---- A line ------------------------------------------------------------------------------------

static const char *tag_name(uint64_t tag)
{
    const char *word = tag_word(tag);

    return word ? word : "?";
}

static const char *state_word(uint64_t kind)
{
    return kind >= EVENT_SUSPECTED && kind <= EVENT_CLEARED ? state_words[kind] : NULL;
}

static char *put_what(const event_message_t *m, char *buf, size_t cap)
{
    if (m->kind == EVENT_OOM_KILL)
        snprintf(buf, cap, "OOM KILL");
    else if (m->kind == EVENT_EXIT)
        snprintf(buf, cap, "EXIT");
    else
        snprintf(buf, cap, "%s %s", tag_name(m->tag),
                state_word(m->kind) ? state_word(m->kind) : "?");
    return buf;
}

static char *put_safe(const event_printer_t *p, text_view_t text, char *buf, size_t cap)
{
    text_sanitize(buf, cap, text.data ? text.data : "", text.len, p->utf8);
    return buf;
}

static char *put_name(const event_printer_t *p, text_view_t name, char *buf, size_t cap)
{
    text_name(buf, cap, name.data ? name.data : "", name.len, p->utf8);
    return buf;
}

void event_print_line(event_printer_t *p, const event_message_t *m)
{
    char when[WHEN_MAX], what[32], name[TEXT_SIZE], unit[TEXT_SIZE], text[TEXT_SIZE], pid[32];
    char line[4 * TEXT_SIZE];

    snprintf(pid, sizeof(pid), "[%" PRIu64 "]", m->pid);
    snprintf(line, sizeof(line), "%s  %-16s  %s%s  %s  %s  %s",
            when_format(when, sizeof(when), when_real_ms(&p->clock, m->time_ms), p->clock.now_ms),
            put_what(m, what, sizeof(what)),
            m->has.name ? put_name(p, m->name, name, sizeof(name)) : "-", m->has.pid ? pid : "",
            m->has.uid ? userdb_name(p->users, (uint32_t) m->uid) : "-",
            m->unit.len > 0 ? put_safe(p, m->unit, unit, sizeof(unit)) : "-",
            put_safe(p, m->text, text, sizeof(text)));
    wrapped_print(line, wrapped_columns(), INDENT);
}

// ---- JSON --------------------------------------------------------------------------------------

static void put_process(event_printer_t *p, json_t *o, const event_message_t *m)
{
    if (m->has.pid) {
        json_put_uint(o, "pid", m->pid);
        json_put_uint(o, "start_time", m->start_time);
    }
    json_put_bytes(o, "name", m->name.data, m->name.len);
    if (m->has.uid) {
        json_put_uint(o, "uid", m->uid);
        json_put_text(o, "user", userdb_name(p->users, (uint32_t) m->uid));
    }
    json_put_bytes(o, "unit", m->unit.data, m->unit.len);
    json_put_bytes(o, "cgroup", m->cgroup.data, m->cgroup.len);
}

static void put_ruled_out(json_t *o, uint64_t bits)
{
    json_t *array = json_new_array();

    for (size_t i = 0; i < ARRAY_SIZE(ruled_out_words); i++)
        if (bits & ruled_out_words[i].bit)
            json_append(array, json_text(ruled_out_words[i].name, strlen(ruled_out_words[i].name)));
    json_put(o, "ruled_out", array);
}

void event_put_evidence(json_t *o, const event_message_t *m)
{
    if (m->has.rate) {
        json_put_uint(o, "rate_bytes_per_second", m->rate);
        json_put_uint(o, "rate_low_bytes_per_second", m->rate_low);
        json_put_uint(o, "rate_high_bytes_per_second", m->rate_high);
    }
    if (m->has.confidence)
        json_put_uint(o, "confidence_percent", m->confidence);
    if (m->has.left_s)
        json_put_uint(o, "left_seconds", m->left_s);
    if (m->has.ruled_out)
        put_ruled_out(o, m->ruled_out);
    if (m->has.duration_ms)
        json_put_number(o, "duration_seconds", (double) m->duration_ms / 1000, 3);
    if (m->has.given_back)
        json_put_bool(o, "given_back", m->given_back != 0);
}

static void put_receipt(const event_printer_t *p, json_t *o, const event_message_t *m)
{
    if (m->has.since_ms)
        json_put(o, "since", json_time_ms(when_real_ms(&p->clock, m->since_ms)));
    if (m->has.size_kb)
        json_put_uint(o, "size_bytes", m->size_kb * 1024);
    if (m->has.peak_kb)
        json_put_uint(o, "peak_rss_bytes", m->peak_kb * 1024);
    event_put_evidence(o, m);
    if (m->has.count)
        json_put_uint(o, "count", m->count);
    if (m->has.story) {
        json_put_uint(o, "story", m->story);
        json_put(o, "story_since", json_time_ms(when_real_ms(&p->clock, m->story_ms)));
        json_put_uint(o, "story_bytes", m->story_kb * 1024);
    }
}

static void put_grown(json_t *o, text_view_t packed)
{
    cursor_t c = cursor_of(packed.data, packed.len);
    json_t *array = json_new_array();
    why_row_t row;

    while (why_row_next(&c, &row)) {
        json_t *r = json_new();

        json_put_bytes(r, "name", row.name.data, row.name.len);
        if (row.pid) {
            json_put_uint(r, "pid", row.pid);
            json_put_uint(r, "start_time", row.start_time);
        }
        json_put_uint(r, "processes", row.count);
        if (row.has_uid)
            json_put_uint(r, "uid", row.uid);
        json_put_bytes(r, "unit", row.unit.data, row.unit.len);
        json_put_uint(r, "start_bytes", row.start_kb * 1024);
        json_put_uint(r, "end_bytes", row.end_kb * 1024);
        json_put_uint(r, "peak_bytes", row.peak_kb * 1024);
        json_append(array, r);
    }
    json_put(o, "grown", array);
}

// Points of a HISTORY; the last one is of the time of the event.
static void put_used(json_t *o, text_view_t packed, uint64_t step_ms)
{
    cursor_t c = cursor_of(packed.data, packed.len);
    json_t *array = json_new_array();
    uint64_t used = 0;

    while (cursor_left(&c) > 0) {
        uint64_t head = cursor_varint(&c), count = MIN(head >> 1, UINT64_C(4096));

        if (head & 1)
            continue; // only before all that is known
        used += (uint64_t) cursor_zigzag(&c);
        cursor_zigzag(&c);
        for (uint64_t i = 0; i < count && !c.failed; i++)
            json_append(array, json_object_new_uint64(used * 1024));
    }
    json_put(o, "used_bytes", array);
    json_put_number(o, "used_step_seconds", (double) step_ms / 1000, 3);
}

void event_print_json(event_printer_t *p, const event_message_t *m)
{
    json_t *o = json_new();

    json_put(o, "time", json_time_ms(when_real_ms(&p->clock, m->time_ms)));
    json_put_uint(o, "number", m->number);
    if (state_word(m->kind)) {
        json_put_text(o, "tag", tag_name(m->tag));
        json_put_text(o, "state", state_word(m->kind));
    } else {
        json_put_text(o, "event",
                m->kind == EVENT_OOM_KILL ? "oom_kill"
                : m->kind == EVENT_EXIT   ? "exit"
                                          : "unknown");
    }
    put_process(p, o, m);
    put_receipt(p, o, m);
    json_put_bytes(o, "text", m->text.data, m->text.len);
    if (m->has.grown)
        put_grown(o, m->grown);
    if (m->has.used)
        put_used(o, m->used, m->step_ms);
    json_print_line(o);
}
