#include "client/cli/json.h"
#include "client/cli/why_print.h"
#include "common/cleanup.h"

static void put_time(const why_view_t *v, json_t *o, const char *key, uint64_t boot_ms)
{
    json_put(o, key, json_time_ms(when_real_ms(&v->clock, boot_ms)));
}

static json_t *span(const why_view_t *v, uint64_t from_ms, uint64_t to_ms)
{
    json_t *o = json_new();

    put_time(v, o, "from", from_ms);
    put_time(v, o, "to", to_ms);
    return o;
}

static void put_owner(json_t *o, const reason_t *line)
{
    if (line->row.has_uid) {
        json_put_uint(o, "uid", line->row.uid);
        json_put_text(o, "user", line->user);
    }
    if (line->unit[0])
        json_put_text(o, "unit", line->unit);
}

static json_t *writer(const reason_t *line)
{
    json_t *o = json_new();

    json_put_text(o, "name", line->writer);
    json_put_uint(o, "pid", line->row.pid);
    json_put_uint(o, "start_time", line->row.start_time);
    put_owner(o, line);
    return o;
}

static json_t *row(const why_view_t *v, const reason_t *line)
{
    static const char *const kinds[] = {[WHY_BY_PROCESS] = "process",
            [WHY_BY_USER] = "user",
            [WHY_BY_UNIT] = "unit",
            [WHY_BY_NAME] = "name"};
    const why_row_t *r = &line->row;
    json_t *o = json_new();

    if (line->kind == REASON_LEDGER) {
        json_put_text(o, "kind", "ledger");
        json_put_text(o, "line", ledger_key(r->kind));
    } else {
        unsigned by = v->reasons->by == WHY_BY_PROCESS && !r->pid ? WHY_BY_NAME : v->reasons->by;

        json_put_text(o, "kind", kinds[by < ARRAY_SIZE(kinds) ? by : WHY_BY_PROCESS]);
        json_put_uint(o, "processes", r->count);
    }
    json_put_text(o, "name", line->name);
    if (line->writer[0])
        json_put(o, "likely_writer", writer(line));
    if (line->kind == REASON_LEDGER && line->count) {
        json_put_uint(o, "more_processes", line->count);
        if (line->most[0])
            json_put_text(o, "most_named", line->most);
    }
    if (r->pid && line->kind == REASON_PROCESSES) {
        json_put_uint(o, "pid", r->pid);
        json_put_uint(o, "start_time", r->start_time);
    }
    if (line->kind == REASON_PROCESSES)
        put_owner(o, line);
    if (r->story)
        json_put_uint(o, "story", r->story);
    if (r->exited_ms)
        put_time(v, o, "exited", r->exited_ms);
    json_put_uint(o, "start_bytes", r->start_kb * 1024);
    json_put_uint(o, "end_bytes", r->end_kb * 1024);
    json_put_uint(o, "peak_bytes", r->peak_kb * 1024);
    json_put_int(o, "change_bytes", line->change_kb * 1024);
    json_put_number(o, "share", line->share, 4);
    return o;
}

static void put_rows(const why_view_t *v, json_t *o)
{
    static const char *const keys[] = {[REASON_OTHERS] = "others",
            [REASON_HIDDEN] = "hidden",
            [REASON_UNEXPLAINED] = "unexplained"};
    const reasons_t *r = v->reasons;
    json_t *rows = json_new_array();

    for (size_t i = 0; i < r->n_rows; i++)
        json_append(rows, row(v, &r->lines[i]));
    for (size_t i = r->n_rows; i < r->n; i++) {
        const reason_t *line = &r->lines[i];
        json_t *rest = json_new();

        if (line->count)
            json_put_uint(rest, "count", line->count);
        json_put_int(rest, "change_bytes", line->change_kb * 1024);
        json_put_number(rest, "share", line->share, 4);
        json_put(o, keys[line->kind], rest);
    }
    json_put(o, "rows", rows);
}

static json_t *ledger(const why_view_t *v)
{
    const reasons_t *r = v->reasons;
    json_t *array = json_new_array();

    for (size_t i = 0; i < r->n_ledger; i++) {
        const ledger_line_t *l = &r->ledger[i];
        json_t *o;

        if (!why_is_recorded(v, l))
            continue;
        o = json_new();
        json_put_text(o, "line", ledger_key(l->kind));
        json_put_int(o, "start_bytes", l->start_kb * 1024);
        json_put_int(o, "end_bytes", l->end_kb * 1024);
        json_put_int(o, "change_bytes", (l->end_kb - l->start_kb) * 1024);
        json_append(array, o);
    }
    return array;
}

void why_print_json(const why_view_t *v)
{
    const reasons_t *r = v->reasons;
    const why_message_t *m = &r->message;
    char sentence[WHY_SENTENCE_MAX];
    json_t *o = json_new(), *asked = json_new(), *known, *change, *steepest;

    json_put_text(o, "sentence", why_sentence(v, sentence));
    json_put(asked, "from", json_time_ms(v->asked_from_ms));
    json_put(asked, "to", json_time_ms(v->asked_to_ms));
    json_put(o, "asked", asked);
    known = span(v, m->from_ms, m->to_ms);
    put_time(v, known, "known_since", m->known_ms);
    json_put_number(known, "step_seconds", (double) m->step_ms / 1000, 3);
    json_put_uint(known, "used_from_bytes", m->used_from_kb * 1024);
    json_put_uint(known, "used_to_bytes", m->used_to_kb * 1024);
    json_put(o, "span", known);
    change = span(v, m->change_from_ms, m->change_to_ms);
    json_put_uint(change, "used_from_bytes", m->change_from_kb * 1024);
    json_put_uint(change, "used_to_bytes", m->change_to_kb * 1024);
    json_put_int(change, "bytes", r->change_kb * 1024);
    json_put(o, "change", change);
    steepest = span(v, m->steepest_from_ms, m->steepest_to_ms);
    json_put_int(steepest, "bytes", m->steepest_kb * 1024);
    json_put(o, "steepest", steepest);
    if (m->has.unseen_to_ms)
        json_put(o, "unseen", span(v, m->unseen_from_ms, m->unseen_to_ms));
    put_rows(v, o);
    json_put_int(o, "processes_bytes", m->processes_kb * 1024);
    if (m->has.estimated_kb)
        json_put_uint(o, "estimated_bytes", m->estimated_kb * 1024);
    json_put(o, "ledger", ledger(v));
    json_put_uint(o, "mem_total_bytes", m->mem_total_kb * 1024);
    json_put_bool(o, "private_daemon", v->private_daemon);
    json_print_line(o);
}
