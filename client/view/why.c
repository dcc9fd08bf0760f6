#include "client/model/reasons.h"
#include "client/view/figures.h"
#include "client/view/text.h"
#include "client/view/views.h"

#include "common/cleanup.h"
#include "common/format.h"
#include <inttypes.h>
#include <stdio.h>

#define CHANGE_WIDTH 11
#define SHARE_WIDTH  5
#define NAME_WIDTH   15
#define NAME_WIDE    30
#define WHO_WIDTH    8
#define USER_WIDTH   9
#define SPAN_WIDTH   15
#define ENDED_WIDTH  14
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

static char *amount(char buf[FORMAT_MAX], int64_t kb)
{
    return format_kb(buf, FORMAT_MAX, kb > 0 ? (uint64_t) kb : 0);
}

static char *amount_short(char buf[FORMAT_MAX], int64_t kb)
{
    return format_kb_short(buf, FORMAT_MAX, kb > 0 ? (uint64_t) kb : 0);
}

// "+1.20 GB", "54%" of the whole change.
static void put_change(const pane_t *p, int row, int64_t kb, int64_t whole)
{
    char text[FORMAT_MAX];
    double share;

    pane_put(p, row, 0, CHANGE_WIDTH, ALIGN_RIGHT, change_style(kb),
            format_delta_kb(text, sizeof(text), kb));
    if (whole == 0)
        return;
    share = (double) kb / (double) whole * 100;
    // Without a sign before nothing.
    snprintf(text, sizeof(text), "%.0f%%", share > -0.5 && share < 0.5 ? 0 : share);
    pane_put(p, row, CHANGE_WIDTH + 1, SHARE_WIDTH, ALIGN_RIGHT, STYLE_DIM, text);
}

// What is seen first: how much, and when.
static int draw_summary(const ui_t *ui, const pane_t *p, int row)
{
    const why_message_t *a = &ui->why->answer;
    const system_snapshot_t *s = &ui->model.system;
    char from[64], to[64], low[FORMAT_MAX], high[FORMAT_MAX], delta[FORMAT_MAX], text[256];
    int64_t change = (int64_t) (a->change_to_kb - a->change_from_kb), first = row;

    format_clock(from, sizeof(from), s, a->change_from_ms);
    format_clock(to, sizeof(to), s, a->change_to_ms);
    snprintf(text, sizeof(text), "%s %s to %s: %s between %s and %s.",
            is_replay(ui) ? "Private memory of all processes" : "Used memory",
            format_kb(low, sizeof(low), a->change_from_kb),
            format_kb(high, sizeof(high), a->change_to_kb),
            format_delta_kb(delta, sizeof(delta), change), from, to);
    row += view_put_wrapped(p, row, 0, p->cols, STYLE_NORMAL, text);
    if (a->has.steepest_kb && a->steepest_kb != 0) {
        double span_ms = (double) (a->steepest_to_ms - MIN(a->steepest_from_ms, a->steepest_to_ms));

        format_clock(from, sizeof(from), s, a->steepest_from_ms);
        // There may be several samples in a second.
        snprintf(text, sizeof(text), "Steepest: %s within %.*f s at %s.",
                format_delta_kb(delta, sizeof(delta), a->steepest_kb), span_ms < 10000,
                span_ms / 1000, from);
        row += view_put_wrapped(p, row, 0, p->cols, STYLE_NORMAL, text);
    }
    if (a->has.unseen_to_ms) {
        format_clock(from, sizeof(from), s, a->unseen_from_ms);
        format_clock(to, sizeof(to), s, a->unseen_to_ms);
        snprintf(text, sizeof(text), "Nothing was seen from %s to %s.", from, to);
        row += view_put_wrapped(p, row, 0, p->cols, STYLE_NORMAL, text);
    }
    return row - (int) first;
}

static int put_rest(
        const pane_t *p, int row, bool known, int64_t kb, int64_t whole, const char *name)
{
    if (!known || (kb == 0 && name[0] != 'u'))
        return row;
    put_change(p, row, kb, whole);
    pane_put(p, row, CHANGE_WIDTH + SHARE_WIDTH + 3, p->cols, ALIGN_LEFT, STYLE_DIM, name);
    return row + 1;
}

static void draw_row(const ui_t *ui, const pane_t *p, int row, const why_line_t *r, int64_t whole)
{
    int at = CHANGE_WIDTH + SHARE_WIDTH + 3;
    const char *user = r->has_uid ? userdb_name(ui->model.users, (uint32_t) r->uid) : NULL;
    char text[96], when[64], from[FORMAT_MAX], to[FORMAT_MAX];
    int others = at + 1 + WHO_WIDTH + 1 + USER_WIDTH + 1 + SPAN_WIDTH + 1 + ENDED_WIDTH;
    int name = MIN(MAX(p->cols - others, NAME_WIDTH), NAME_WIDE);

    put_change(p, row, r->end_kb - r->start_kb, whole);
    // What is the kernel's has no PID.
    pane_put(p, row, at, r->kind ? name + 1 + WHO_WIDTH : name, ALIGN_LEFT,
            r->kind ? STYLE_DIM : STYLE_NORMAL, r->name[0] ? r->name : "-");
    at += name + 1;
    if (r->pid)
        snprintf(text, sizeof(text), "%" PRIu64, r->pid);
    else
        snprintf(text, sizeof(text), "%s%" PRIu64, ui->glyphs->utf8 ? "×" : "x", r->count);
    if (r->kind == 0)
        pane_put(p, row, at, WHO_WIDTH, ALIGN_RIGHT, STYLE_NORMAL, text);
    at += WHO_WIDTH + 1;
    pane_put(p, row, at, USER_WIDTH, ALIGN_LEFT, STYLE_NORMAL, user ? user : "");
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
    const why_message_t *a = &w->answer;
    int64_t whole = (int64_t) (a->change_to_kb - a->change_from_kb);
    int first = row;
    char text[64];

    snprintf(text, sizeof(text), "WHO, by %s", by_names[a->by % ARRAY_SIZE(by_names)]);
    pane_put(p, row++, 0, p->cols, ALIGN_LEFT, STYLE_HEADING, text);
    for (size_t i = 0; i < w->n_rows; i++, row++) {
        draw_row(ui, p, row, &w->rows[i], whole);
        if (i == w->cursor)
            pane_mark(p, row, 0, p->cols, STYLE_SELECTED);
    }
    snprintf(text, sizeof(text), "%" PRIu64 " others", w->others);
    row = put_rest(p, row, w->others > 0, w->others_kb, whole, text);
    row = put_rest(p, row, a->has.hidden_kb, a->hidden_kb, whole, "not for you to see");
    row = put_rest(p, row, a->has.unexplained_kb, a->unexplained_kb, whole, "unexplained");
    return row - first;
}

static int draw_ledger(const ui_t *ui, const pane_t *p, int row)
{
    const int before = LEDGER_NAME, after = before + CHANGE_WIDTH + 1,
              change = after + CHANGE_WIDTH + 1;
    const why_t *w = ui->why;
    int first = row;
    char text[FORMAT_MAX];

    pane_put(p, row, 0, LEDGER_NAME, ALIGN_LEFT, STYLE_HEADING,
            is_replay(ui) ? "RECORDED" : "ALL MEMORY");
    pane_put(p, row, before, CHANGE_WIDTH, ALIGN_RIGHT, STYLE_HEADING, "BEFORE");
    pane_put(p, row, after, CHANGE_WIDTH, ALIGN_RIGHT, STYLE_HEADING, "AFTER");
    pane_put(p, row++, change, CHANGE_WIDTH, ALIGN_RIGHT, STYLE_HEADING, "CHANGE");
    for (size_t i = 0; i < w->n_ledger; i++) {
        const why_line_t *l = &w->ledger[i];
        int64_t kb = l->end_kb - l->start_kb;

        if (is_replay(ui) && l->kind != LEDGER_PROCESSES && l->kind != LEDGER_SWAP)
            continue;
        pane_put(p, row, 0, LEDGER_NAME, ALIGN_LEFT, STYLE_NORMAL, ledger_name(l->kind));
        pane_put(
                p, row, before, CHANGE_WIDTH, ALIGN_RIGHT, STYLE_NORMAL, amount(text, l->start_kb));
        pane_put(p, row, after, CHANGE_WIDTH, ALIGN_RIGHT, STYLE_NORMAL, amount(text, l->end_kb));
        pane_put(p, row++, change, CHANGE_WIDTH, ALIGN_RIGHT, change_style(kb),
                format_delta_kb(text, sizeof(text), kb));
    }
    return row - first;
}

// Where the first row of those that can be selected is goes to *ret_first.
static int draw_all(const ui_t *ui, const pane_t *p, int *ret_first)
{
    pane_t left = pane_part(p, 0, 0, p->rows, p->cols - LEDGER_WIDTH - 2);
    pane_t right = pane_part(p, 0, p->cols - LEDGER_WIDTH, p->rows, LEDGER_WIDTH);
    int row, taken;

    if (!ui->why->known) {
        const char *text = ui->why->error[0] ? ui->why->error : "waiting for the daemon";

        if (!ui_has_feature(ui, FEATURE_WHY))
            text = "this daemon does not tell who took memory";
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

    if (w->follow && w->n_rows > 0) {
        if (w->cursor == 0)
            return 0;
        scroll = MIN(MAX(scroll, cursor - body->rows + 1), cursor);
    }
    w->follow = cursor >= scroll && cursor < scroll + body->rows;
    return scroll;
}

void view_why(ui_t *ui, const pane_t *p)
{
    pane_t body = pane_part(p, VIEW_TITLE_ROWS, 0, p->rows - VIEW_TITLE_ROWS - 1, p->cols);
    pane_t foot = pane_part(p, p->rows - 1, 0, 1, p->cols);
    unsigned seconds = inspect_spans[ui->why->span];
    char title[96], span[FORMAT_MAX];
    int rows, scroll;

    snprintf(title, sizeof(title), "WHY memory changed in the last %s",
            format_span(span, sizeof(span), seconds));
    view_title(ui, p, title);
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
