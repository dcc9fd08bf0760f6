#include "client/view/figures.h"
#include "client/view/text.h"
#include "client/view/views.h"

#include "common/cleanup.h"
#include "common/format.h"
#include "common/text.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CHANGE_WIDTH 9
#define SHARE_WIDTH  5
#define NAME_WIDTH   15
#define NAME_WIDE    30
#define WHO_WIDTH    8
#define USER_WIDTH   9
#define SPAN_WIDTH   15
#define ENDED_WIDTH  14
#define SENTENCE_MAX 2048
#define ROWS_WIDE    104 // more would be empty
#define SIDE_BY_SIDE 136 // columns from which the ledger stands beside the rows
#define LEDGER_NAME  24
#define LEDGER_WIDTH (LEDGER_NAME + 3 * (CHANGE_WIDTH + 1))

static const char *const by_names[] = {"process", "user", "unit", "name"};

// A recording knows nothing of the host but its processes.
static bool is_replay(const ui_t *ui)
{
    return (ui->model.system.system_flags & SYSTEM_REPLAY) != 0;
}

static int change_style(int64_t kb)
{
    if (kb == 0)
        return STYLE_DIM;
    return kb > 0 ? STYLE_GROWTH : STYLE_SHRINK;
}

static char *amount_short(char buf[FORMAT_MAX], uint64_t kb)
{
    return format_kb_short(buf, FORMAT_MAX, kb);
}

// "+1.2 GiB", "54%" of the whole change.
static void put_change(const pane_t *p, int row, const reason_t *line)
{
    double share = line->share * 100;
    char text[FORMAT_MAX];

    pane_put(p, row, 0, CHANGE_WIDTH, ALIGN_RIGHT, change_style(line->change_kb),
            reasons_size(text, sizeof(text), line->change_kb, true));
    // Without a sign before nothing.
    snprintf(text, sizeof(text), "%.0f%%", share > -0.5 && share < 0.5 ? 0 : share);
    pane_put(p, row, CHANGE_WIDTH + 1, SHARE_WIDTH, ALIGN_RIGHT, STYLE_DIM, text);
}

// What is seen first: how much, when, and who.
static int draw_summary(const ui_t *ui, const pane_t *p, int row)
{
    const reasons_t *r = &ui->why->reasons;
    const why_message_t *m = &r->message;
    const system_snapshot_t *s = &ui->model.system;
    char from[64], to[64], text[SENTENCE_MAX];
    const reasons_wording_t wording = {.what = is_replay(ui) ? "private memory" : "used memory",
            .from = format_clock(from, sizeof(from), s, m->change_from_ms),
            .to = format_clock(to, sizeof(to), s, m->change_to_ms)};
    int first = row;

    reasons_sentence(r, &wording, ui->glyphs->utf8, text, sizeof(text));
    row += view_put_wrapped(p, row, 0, p->cols, STYLE_NORMAL, text);
    format_clock(from, sizeof(from), s, m->steepest_from_ms);
    if (reasons_steepest(r, from, text, sizeof(text))[0])
        row += view_put_wrapped(p, row, 0, p->cols, STYLE_NORMAL, text);
    if (reasons_estimated(r, text, sizeof(text))[0])
        row += view_put_wrapped(p, row, 0, p->cols, STYLE_NORMAL, text);
    if (m->has.unseen_to_ms) {
        format_clock(from, sizeof(from), s, m->unseen_from_ms);
        format_clock(to, sizeof(to), s, m->unseen_to_ms);
        snprintf(text, sizeof(text), "Nothing was seen from %s to %s.", from, to);
        row += view_put_wrapped(p, row, 0, p->cols, STYLE_NORMAL, text);
    }
    return row - first;
}

static void draw_row(const ui_t *ui, const pane_t *p, int row, const reason_t *line)
{
    const why_row_t *r = &line->row;
    int at = CHANGE_WIDTH + SHARE_WIDTH + 3;
    char text[96], when[64], from[FORMAT_MAX], to[FORMAT_MAX];
    int others = at + 1 + WHO_WIDTH + 1 + USER_WIDTH + 1 + SPAN_WIDTH + 1 + ENDED_WIDTH;
    int name = MIN(MAX(p->cols - others, NAME_WIDTH), NAME_WIDE);
    char shown[REASONS_NAME_MAX];

    put_change(p, row, line);
    text_name(shown, sizeof(shown), line->name, strlen(line->name), true);
    // What is the kernel's has no PID.
    pane_put(p, row, at, r->kind ? name + 1 + WHO_WIDTH : name, ALIGN_LEFT,
            r->kind ? STYLE_DIM : STYLE_NORMAL, shown);
    at += name + 1;
    if (r->pid)
        snprintf(text, sizeof(text), "%" PRIu64, r->pid);
    else
        snprintf(text, sizeof(text), "%s%" PRIu64, ui->glyphs->utf8 ? "×" : "x", r->count);
    if (r->kind == 0)
        pane_put(p, row, at, WHO_WIDTH, ALIGN_RIGHT, STYLE_NORMAL, text);
    at += WHO_WIDTH + 1;
    pane_put(p, row, at, USER_WIDTH, ALIGN_LEFT, STYLE_NORMAL, line->user);
    at += USER_WIDTH + 1;
    snprintf(text, sizeof(text), "%s to %s", amount_short(from, r->start_kb),
            amount_short(to, r->end_kb));
    // Half of it would be another amount.
    if (p->cols - at >= SPAN_WIDTH) {
        pane_put(p, row, at, SPAN_WIDTH, ALIGN_LEFT, STYLE_DIM, text);
        at += SPAN_WIDTH + 1;
    }
    if (r->exited_ms == 0)
        return;
    format_clock(when, sizeof(when), &ui->model.system, r->exited_ms);
    snprintf(text, sizeof(text), p->cols - at < ENDED_WIDTH ? "ended" : "ended %s", when);
    pane_put(p, row, at, p->cols - at, ALIGN_LEFT, STYLE_ALERT, text);
}

static int draw_rows(const ui_t *ui, const pane_t *p, int row)
{
    const why_t *w = ui->why;
    const reasons_t *r = &w->reasons;
    int first = row;
    char text[64];

    snprintf(text, sizeof(text), "WHO, by %s", by_names[r->by % ARRAY_SIZE(by_names)]);
    pane_put(p, row++, 0, p->cols, ALIGN_LEFT, STYLE_HEADING, text);
    for (size_t i = 0; i < r->n_rows; i++, row++) {
        draw_row(ui, p, row, &r->lines[i]);
        if (i == w->cursor)
            pane_mark(p, row, 0, p->cols, STYLE_SELECTED);
    }
    for (size_t i = r->n_rows; i < r->n; i++, row++) {
        put_change(p, row, &r->lines[i]);
        pane_put(p, row, CHANGE_WIDTH + SHARE_WIDTH + 3, p->cols, ALIGN_LEFT, STYLE_DIM,
                r->lines[i].name);
    }
    return row - first;
}

static int draw_ledger(const ui_t *ui, const pane_t *p, int row)
{
    const int before = LEDGER_NAME, after = before + CHANGE_WIDTH + 1,
              change = after + CHANGE_WIDTH + 1;
    const reasons_t *r = &ui->why->reasons;
    int first = row;
    char text[FORMAT_MAX];

    pane_put(p, row, 0, LEDGER_NAME, ALIGN_LEFT, STYLE_HEADING,
            is_replay(ui) ? "RECORDED" : "ALL MEMORY");
    pane_put(p, row, before, CHANGE_WIDTH, ALIGN_RIGHT, STYLE_HEADING, "BEFORE");
    pane_put(p, row, after, CHANGE_WIDTH, ALIGN_RIGHT, STYLE_HEADING, "AFTER");
    pane_put(p, row++, change, CHANGE_WIDTH, ALIGN_RIGHT, STYLE_HEADING, "CHANGE");
    for (size_t i = 0; i < r->n_ledger; i++) {
        const ledger_line_t *l = &r->ledger[i];
        int64_t kb = l->end_kb - l->start_kb;

        if (is_replay(ui) && l->kind != LEDGER_PROCESSES && l->kind != LEDGER_SWAP)
            continue;
        pane_put(p, row, 0, LEDGER_NAME, ALIGN_LEFT, STYLE_NORMAL, ledger_name(l->kind));
        pane_put(p, row, before, CHANGE_WIDTH, ALIGN_RIGHT, STYLE_NORMAL,
                reasons_size(text, sizeof(text), l->start_kb, false));
        pane_put(p, row, after, CHANGE_WIDTH, ALIGN_RIGHT, STYLE_NORMAL,
                reasons_size(text, sizeof(text), l->end_kb, false));
        pane_put(p, row++, change, CHANGE_WIDTH, ALIGN_RIGHT, change_style(kb),
                reasons_size(text, sizeof(text), kb, true));
    }
    return row - first;
}

// Where the first row of those that can be selected is goes to *ret_first.
static int draw_all(const ui_t *ui, const pane_t *p, int *ret_first)
{
    int width = MIN(p->cols - LEDGER_WIDTH - 2, ROWS_WIDE);
    pane_t left = pane_part(p, 0, 0, p->rows, width);
    pane_t right = pane_part(p, 0, width + 2, p->rows, LEDGER_WIDTH);
    int row, taken;

    if (!ui->why->known) {
        const char *text = ui->why->error[0] ? ui->why->error : "waiting for the daemon";

        if (!ui_has_feature(ui, FEATURE_WHY))
            text = "this daemon is too old to say who took memory: update memscoped";
        return view_put_wrapped(p, 1, 2, p->cols - 2, STYLE_DIM, text) + 1;
    }
    row = draw_summary(ui, p, 0) + 1;
    *ret_first = row + 1;
    left.scroll = right.scroll = p->scroll;
    if (p->cols < SIDE_BY_SIDE) {
        row += draw_rows(ui, p, row) + 1;
        return row + draw_ledger(ui, p, row);
    }
    taken = draw_rows(ui, &left, row);
    return row + MAX(taken, draw_ledger(ui, &right, row));
}

// Not beyond the end, and with the cursor in sight unless the viewer looks at what is below.
static int scroll_of(const ui_t *ui, const pane_t *body, int rows)
{
    why_t *w = ui->why;
    int scroll = MIN(ui->why_scroll, MAX(rows - body->rows, 0));
    int cursor = ui->why_first + (int) w->cursor;

    if (w->follow && w->reasons.n_rows > 0) {
        if (w->cursor == 0)
            return 0;
        scroll = MIN(MAX(scroll, cursor - body->rows + 1), cursor);
    }
    w->follow = cursor >= scroll && cursor < scroll + body->rows;
    return scroll;
}

// "WHY memory changed in the last 10 min", or "in 10 min (4 min known)".
static void put_title(const ui_t *ui, const pane_t *p)
{
    const why_t *w = ui->why;
    const why_message_t *m = &w->reasons.message;
    char title[96], span[FORMAT_MAX], known[FORMAT_MAX];

    format_span(span, sizeof(span), inspect_spans[w->span]);
    format_duration(known, sizeof(known), (m->to_ms - MIN(m->known_ms, m->to_ms)) / 1000);
    if (w->known && m->known_ms > w->from_ms + m->step_ms)
        snprintf(title, sizeof(title), "WHY memory changed in %s (%s known)", span, known);
    else
        snprintf(title, sizeof(title), "WHY memory changed in the last %s", span);
    view_title(ui, p, title);
}

void view_why(ui_t *ui, const pane_t *p)
{
    pane_t body = pane_part(p, VIEW_TITLE_ROWS, 0, p->rows - VIEW_TITLE_ROWS - 1, p->cols);
    pane_t foot = pane_part(p, p->rows - 1, 0, 1, p->cols);
    int rows, scroll;

    put_title(ui, p);
    body.scroll = ui->why_scroll;
    rows = draw_all(ui, &body, &ui->why_first);
    scroll = scroll_of(ui, &body, rows);
    if (scroll != ui->why_scroll) {
        ui->why_scroll = body.scroll = scroll;
        pane_clear(&body);
        draw_all(ui, &body, &ui->why_first);
    }
    view_place(ui, p, scroll, body.rows, rows);
    view_hints(ui, &foot, VIEW_WHY);
}
