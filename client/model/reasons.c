#include "client/model/reasons.h"

#include "common/cleanup.h"
#include "common/text.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST_KB (INT64_C(1) << 44)

static void put_safe(char *to, text_view_t text, bool utf8)
{
    text_sanitize(to, REASONS_NAME_MAX, text.data ? text.data : "", text.len, utf8);
}

static int64_t bounded(int64_t kb)
{
    return MAX(MIN(kb, MOST_KB), -MOST_KB);
}

static uint64_t bounded_size(uint64_t kb)
{
    return MIN(kb, (uint64_t) MOST_KB);
}

static void bound_row(why_row_t *row)
{
    row->start_kb = bounded_size(row->start_kb);
    row->end_kb = bounded_size(row->end_kb);
    row->peak_kb = bounded_size(row->peak_kb);
}

static void read_change(reasons_t *r, const why_message_t *m)
{
    why_message_t *c = &r->message;

    *c = *m;
    c->rows = c->ledger = (text_view_t){0};
    c->used_from_kb = bounded_size(m->used_from_kb);
    c->used_to_kb = bounded_size(m->used_to_kb);
    c->change_from_kb = bounded_size(m->change_from_kb);
    c->change_to_kb = bounded_size(m->change_to_kb);
    c->mem_total_kb = bounded_size(m->mem_total_kb);
    c->estimated_kb = bounded_size(m->estimated_kb);
    c->steepest_kb = bounded(m->steepest_kb);
    c->processes_kb = bounded(m->processes_kb);
    r->by = (unsigned) m->by;
    r->change_kb = (int64_t) (c->change_to_kb - c->change_from_kb);
    r->n_rows = r->n = r->n_minor = r->n_ledger = 0;
}

static void set_change(const reasons_t *r, reason_t *line, reason_kind_t kind, int64_t change_kb)
{
    *line = (reason_t){.kind = kind, .change_kb = change_kb};
    if (r->change_kb != 0)
        line->share = (double) change_kb / (double) r->change_kb;
}

static bool is_minor(const reasons_t *r, int64_t change_kb, double least)
{
    int64_t whole = llabs(r->change_kb);

    return least > 0 &&
           (double) llabs(change_kb) <
                   (whole < REASONS_HARDLY_KB ? REASONS_HARDLY_KB : (double) whole * least);
}

static void add_row(reasons_t *r, const why_row_t *row, userdb_t *users, bool utf8, double least)
{
    int64_t change_kb = (int64_t) (row->end_kb - row->start_kb);
    bool minor = is_minor(r, change_kb, least);
    reason_t *line = &r->lines[minor ? REASONS_MAX - ++r->n_minor : r->n_rows++];

    set_change(r, line, row->kind ? REASON_LEDGER : REASON_PROCESSES, change_kb);
    line->row = *row;
    line->row.name = line->row.unit = (text_view_t){0};
    line->count = row->count;
    put_safe(line->unit, row->unit, utf8);
    if (row->has_uid)
        snprintf(line->user, sizeof(line->user), "%s", userdb_name(users, (uint32_t) row->uid));
    if (line->kind == REASON_LEDGER) {
        snprintf(line->name, sizeof(line->name), "%s", ledger_name(row->kind));
        if (row->pid)
            put_safe(line->writer, row->name, utf8);
        else
            put_safe(line->most, row->name, utf8);
    } else if (r->by == WHY_BY_USER)
        snprintf(line->name, sizeof(line->name), "%s", row->has_uid ? line->user : "?");
    else if (r->by == WHY_BY_UNIT)
        put_safe(line->name, row->unit, utf8);
    else
        put_safe(line->name, row->name, utf8);
    if (line->name[0] == '\0')
        snprintf(line->name, sizeof(line->name), "-");
}

static reason_t *add_rest(reasons_t *r, reason_kind_t kind, int64_t change_kb, const char *name)
{
    reason_t *line = &r->lines[r->n++];

    set_change(r, line, kind, change_kb);
    snprintf(line->name, sizeof(line->name), "%s", name);
    return line;
}

static void add_others(reasons_t *r, const why_message_t *m)
{
    uint64_t count = MIN(m->others, (uint64_t) UINT32_MAX);
    int64_t change_kb = bounded(m->others_kb);
    char name[48];

    for (size_t i = 0; i < r->n_minor; i++) {
        const reason_t *line = &r->lines[REASONS_MAX - 1 - i];

        count += line->kind == REASON_PROCESSES ? MIN(line->count, (uint64_t) UINT32_MAX) : 1;
        change_kb += line->change_kb;
    }
    if (count == 0 && change_kb == 0)
        return;
    snprintf(name, sizeof(name), "%" PRIu64 " other%s", count, count == 1 ? "" : "s");
    add_rest(r, REASON_OTHERS, change_kb, name)->count = count;
}

int reasons_read(reasons_t *r, const why_message_t *m, userdb_t *users, bool utf8, double least)
{
    cursor_t c = cursor_of(m->rows.data, m->rows.len);
    ledger_line_t line;
    why_row_t row;

    read_change(r, m);
    while (r->n_rows + r->n_minor + 3 < REASONS_MAX && why_row_next(&c, &row)) {
        bound_row(&row);
        add_row(r, &row, users, utf8, least);
    }
    if (c.failed)
        return -EBADMSG;
    c = cursor_of(m->ledger.data, m->ledger.len);
    while (r->n_ledger < REASONS_LEDGER_MAX && ledger_line_next(&c, &line))
        r->ledger[r->n_ledger++] =
                (ledger_line_t){line.kind, bounded(line.start_kb), bounded(line.end_kb)};
    if (c.failed)
        return -EBADMSG;
    r->n = r->n_rows;
    add_others(r, m);
    if (m->hidden_kb != 0)
        add_rest(r, REASON_HIDDEN, bounded(m->hidden_kb), "other users' processes");
    add_rest(r, REASON_UNEXPLAINED, bounded(m->unexplained_kb), "unexplained");
    return 0;
}
