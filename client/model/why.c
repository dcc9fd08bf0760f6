#include "client/model/why.h"

#include "client/model/reasons.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "protocol/rows.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int why_new(why_t **ret, unsigned span)
{
    why_t *w = calloc(1, sizeof(*w));

    if (!w)
        return -ENOMEM;
    w->span = span;
    w->follow = true;
    *ret = w;
    return 0;
}

void why_free(why_t *w)
{
    free(w);
}

// Amounts are what a host may have: differences stay within the type.
static int64_t bounded(uint64_t kb)
{
    return (int64_t) MIN(kb, UINT64_C(1) << 50);
}

// Of a row that is less than that nobody learns who took memory.
#define WORTH_KB    1024
#define WORTH_SHARE 200 // of the change

static bool is_worth(const why_line_t *line, int64_t whole)
{
    return llabs(line->end_kb - line->start_kb) >= MAX(WORTH_KB, llabs(whole) / WORTH_SHARE);
}

static bool same_line(const why_line_t *a, const why_line_t *b)
{
    return a->kind == b->kind && a->pid == b->pid && a->start_time == b->start_time &&
           a->has_uid == b->has_uid && a->uid == b->uid && strcmp(a->name, b->name) == 0;
}

// The cursor stays with whom it was on.
static void put_cursor(why_t *w, const why_line_t *selected)
{
    w->pressed = 0;
    for (size_t i = 0; selected && i < w->n_rows; i++) {
        if (same_line(&w->rows[i], selected)) {
            w->cursor = i;
            return;
        }
    }
    w->cursor = w->n_rows > 0 ? MIN(w->cursor, w->n_rows - 1) : 0;
}

static bool take_rows(why_t *w, const why_message_t *m, bool utf8)
{
    cursor_t c = cursor_of(m->rows.data, m->rows.len);
    int64_t whole = bounded(m->change_to_kb) - bounded(m->change_from_kb);
    why_row_t row;

    w->n_rows = 0;
    w->others = m->others;
    w->others_kb = MAX(MIN(m->others_kb, INT64_C(1) << 50), -(INT64_C(1) << 50));
    while (w->n_rows < WHY_ROWS && why_row_next(&c, &row)) {
        why_line_t *line = &w->rows[w->n_rows];

        *line = (why_line_t){.kind = row.kind,
                .count = row.count,
                .pid = row.pid,
                .start_time = row.start_time,
                .uid = row.uid,
                .exited_ms = row.exited_ms,
                .has_uid = row.has_uid,
                .start_kb = bounded(row.start_kb),
                .end_kb = bounded(row.end_kb)};
        if (!is_worth(line, whole)) {
            w->others += MAX(MIN(line->count, UINT32_MAX), UINT64_C(1));
            w->others_kb += line->end_kb - line->start_kb;
            continue;
        }
        w->n_rows++;
        if (row.kind != 0)
            snprintf(line->name, sizeof(line->name), "%s", ledger_name(row.kind));
        else
            text_sanitize(line->name, sizeof(line->name), row.name.data, row.name.len, utf8);
    }
    return !c.failed;
}

static bool take_ledger(why_t *w, const text_view_t *packed)
{
    cursor_t c = cursor_of(packed->data, packed->len);
    ledger_line_t line;
    int64_t most = INT64_C(1) << 50;

    w->n_ledger = 0;
    while (w->n_ledger < WHY_LEDGER && ledger_line_next(&c, &line))
        w->ledger[w->n_ledger++] = (why_line_t){.kind = line.kind,
                .start_kb = MAX(MIN(line.start_kb, most), -most),
                .end_kb = MAX(MIN(line.end_kb, most), -most)};
    return !c.failed;
}

const why_line_t *why_selected(const why_t *w)
{
    return w->known && w->cursor < w->n_rows ? &w->rows[w->cursor] : NULL;
}

bool why_move(why_t *w, int lines)
{
    size_t step = (size_t) abs(lines);

    if (lines < 0 ? w->cursor < step : w->cursor + step >= w->n_rows)
        return false;
    w->cursor = lines < 0 ? w->cursor - step : w->cursor + step;
    return true;
}

bool why_take(why_t *w, const why_message_t *m, bool utf8)
{
    why_line_t selected;

    if (w->request == 0 || m->request != w->request)
        return false;
    w->request = 0;
    w->error[0] = '\0';
    selected = why_selected(w) ? *why_selected(w) : (why_line_t){0};
    w->known = take_rows(w, m, utf8) && take_ledger(w, &m->ledger);
    w->answer = *m;
    w->answer.rows = w->answer.ledger = (text_view_t){0};
    if (!w->known)
        snprintf(w->error, sizeof(w->error), "the daemon's answer makes no sense");
    put_cursor(w, &selected);
    return w->known;
}

bool why_failed(why_t *w, const error_message_t *m, bool utf8)
{
    if (w->request == 0 || m->request != w->request)
        return false;
    w->request = 0;
    // What is no more than there may be between two ticks is asked again after the next one.
    if (m->code == ERROR_LIMIT)
        w->asked_ms = 0;
    text_sanitize(w->error, sizeof(w->error), m->text.data, m->text.len, utf8);
    return true;
}
