#include "client/model/why.h"

#include "common/cleanup.h"
#include "common/text.h"
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

static bool is_same(const reason_t *a, const reason_t *b)
{
    return a->row.kind == b->row.kind && a->row.pid == b->row.pid &&
           a->row.start_time == b->row.start_time && strcmp(a->name, b->name) == 0 &&
           strcmp(a->user, b->user) == 0;
}

// The cursor stays with whom it was on.
static void put_cursor(why_t *w, const reason_t *selected)
{
    const reasons_t *r = &w->reasons;

    w->pressed = 0;
    for (size_t i = 0; i < r->n_rows; i++) {
        if (is_same(&r->lines[i], selected)) {
            w->cursor = i;
            return;
        }
    }
    w->cursor = r->n_rows > 0 ? MIN(w->cursor, r->n_rows - 1) : 0;
}

const reason_t *why_selected(const why_t *w)
{
    return w->known && w->cursor < w->reasons.n_rows ? &w->reasons.lines[w->cursor] : NULL;
}

// Whether a process is one of those that a row is about: by the text that the row has of it.
static bool is_of(const model_t *m, const row_t *process, group_kind_t kind, const reason_t *line)
{
    uint32_t id = kind == GROUP_NAME ? process->name : process->unit;
    char text[REASONS_NAME_MAX];
    const char *raw;
    size_t len = 0;

    if (kind == GROUP_USER)
        return line->row.has_uid && process->flags & ROW_UID_KNOWN && process->uid == line->row.uid;
    raw = m->strings ? intern_get(m->strings, id, &len) : "";
    text_sanitize(text, sizeof(text), raw, MIN(len, (size_t) WHY_NAME_MAX), m->utf8);
    return strcmp(text[0] ? text : "-", line->name) == 0;
}

group_kind_t why_group(
        const why_t *w, const reason_t *line, const model_t *m, identity_t *ret_group)
{
    static const group_kind_t kinds[] = {
            [WHY_BY_PROCESS] = GROUP_NAME, // of one program, if they share a row
            [WHY_BY_USER] = GROUP_USER,
            [WHY_BY_UNIT] = GROUP_UNIT,
            [WHY_BY_NAME] = GROUP_NAME,
    };
    unsigned by = w->reasons.by;

    for (size_t i = 0; i < m->processes.n && by < ARRAY_SIZE(kinds); i++) {
        const row_t *process = &m->processes.items[i];

        if (!is_of(m, process, kinds[by], line))
            continue;
        *ret_group = model_group_of(m, process, kinds[by]);
        return kinds[by];
    }
    return GROUP_NONE;
}

bool why_move(why_t *w, int lines)
{
    size_t step = (size_t) abs(lines), before = w->cursor;

    if (lines < 0)
        w->cursor -= MIN(step, w->cursor);
    else if (w->cursor < w->reasons.n_rows)
        w->cursor += MIN(step, w->reasons.n_rows - 1 - w->cursor);
    return w->cursor != before;
}

bool why_take(why_t *w, const why_message_t *m, userdb_t *users, bool utf8)
{
    reason_t selected = why_selected(w) ? *why_selected(w) : (reason_t){0};

    if (w->request == 0 || m->request != w->request)
        return false;
    w->request = 0;
    w->error[0] = '\0';
    w->known = reasons_read(&w->reasons, m, users, utf8, WHY_LEAST) == 0;
    if (!w->known)
        snprintf(w->error, sizeof(w->error),
                "the daemon sent a malformed answer: 'memscope status' tells its version");
    else
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
