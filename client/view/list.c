#include "client/view/views.h"

#include "common/cleanup.h"
#include "common/text.h"
#include <string.h>

static int sum_rows(const ui_t *ui)
{
    return ui->list.within_kind != GROUP_NONE && ui->grid.rows >= VIEW_SUM_TALL &&
                           ui->grid.cols >= VIEW_SUM_COLS
                   ? VIEW_SUM_ROWS
                   : 0;
}

int view_list_top(const ui_t *ui)
{
    return view_head_rows(ui->grid.rows) + sum_rows(ui);
}

int view_list_page(const ui_t *ui)
{
    int rows = ui->grid.rows;

    return MAX(rows - view_list_top(ui) - HEADING_ROWS - view_foot_rows(rows), 0);
}

static const char *name_title(const list_t *l)
{
    switch (l->kind) {
    case GROUP_USER:
        return "USER";
    case GROUP_UNIT:
        return "UNIT";
    default:
        return l->kind == GROUP_NONE && l->command ? "COMMAND" : "NAME";
    }
}

static void draw_headings(const ui_t *ui, const pane_t *p, const column_layout_t *layout)
{
    for (size_t i = 0; i < layout->n; i++) {
        const column_place_t *place = &layout->places[i];
        const char *title = column_title(place->id, ui->list.kind, ui->list.tree);

        if (place->id == COLUMN_NAME)
            title = name_title(&ui->list);
        pane_put(p, 0, place->left, place->width, columns[place->id].align,
                place->id == ui->list.order.column ? STYLE_HEADING_SORT : STYLE_HEADING, title);
    }
    pane_fill(p, 1, 0, p->cols, STYLE_RULE, ui->glyphs->rule);
}

static void draw_row(const pane_t *p, int line, cell_context_t *c, const column_layout_t *layout,
        const row_t *row, bool matches)
{
    char cell[CELL_MAX];

    for (size_t i = 0; i < layout->n; i++) {
        const column_place_t *place = &layout->places[i];
        style_t style;

        c->width = place->width;
        c->value = columns[place->id].value;
        style = columns[place->id].format(c, row, cell);
        if (place->id == COLUMN_NAME && matches)
            style = STYLE_MATCH;
        pane_put(p, line, place->left, place->width, columns[place->id].align, style, cell);
    }
}

static void draw_empty(const ui_t *ui, const pane_t *p)
{
    const char *text = "no process to show";

    if (!ui->snapshot)
        text = "waiting for the first sample";
    else if (ui->list.filter)
        text = "no process passes the filter: ESC shows all";
    else if (ui->list.tagged)
        text = "no process has a tag: T shows all";
    else if (ui->list.within_kind != GROUP_NONE)
        text = "nobody is left in this group: ESC goes back";
    pane_put(p, 1, 2, p->cols - 2, ALIGN_LEFT, STYLE_DIM, text);
}

void view_list(ui_t *ui, const pane_t *p)
{
    list_t *l = &ui->list;
    cell_context_t c = {
            .model = &ui->model,
            .glyphs = ui->glyphs,
            .kind = l->kind,
            .tree = l->tree,
            .command = l->command,
            .sort = l->order.column,
    };
    column_layout_t layout = columns_layout(&c, p->cols, ui->model.pid_width);
    int top = view_list_top(ui), below = view_foot_rows(p->rows), first = top - sum_rows(ui);
    pane_t head = pane_part(p, 0, 0, first, p->cols);
    pane_t sum = pane_part(p, first, 0, top - first, p->cols);
    pane_t headings = pane_part(p, top, 0, HEADING_ROWS, p->cols);
    pane_t lines = pane_part(p, top + HEADING_ROWS, 0, view_list_page(ui), p->cols);
    pane_t foot = pane_part(p, p->rows - below, 0, below, p->cols);
    bool searching = ui->prompt.kind == PROMPT_SEARCH;

    ui->layout = layout;
    view_head(ui, &head);
    if (sum.rows > 0)
        view_sum(ui, &sum);
    draw_headings(ui, &headings, &layout);
    for (size_t i = 0; i < (size_t) lines.rows && l->top + i < l->n; i++) {
        const row_t *row = list_row(l, &ui->model, l->top + i);

        draw_row(&lines, (int) i, &c, &layout, row,
                searching && filter_finds(&ui->model, row, l->search));
        if (l->top + i == l->cursor)
            pane_mark(&lines, (int) i, 0, lines.cols, STYLE_SELECTED);
    }
    if (l->n == 0)
        draw_empty(ui, &lines);
    view_foot(ui, &foot);
}
