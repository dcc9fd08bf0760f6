#include "client/view/text.h"
#include "client/view/views.h"

#include "common/cleanup.h"

#define NAME_WIDTH   11
#define SIDE_BY_SIDE 120 // columns from which keys and columns stand beside each other

static int put_entry(const pane_t *p, int row, int style, const char *name, const char *text)
{
    pane_put(p, row, 2, NAME_WIDTH, ALIGN_LEFT, style, name);
    return view_put_wrapped(
            p, row, 2 + NAME_WIDTH, MAX(p->cols - 2 - NAME_WIDTH, 10), STYLE_NORMAL, text);
}

static int put_title(const pane_t *p, int row, const char *text)
{
    pane_put(p, row, 0, p->cols, ALIGN_LEFT, STYLE_HEADING, text);
    return 1;
}

static int draw_keys(const ui_t *ui, const pane_t *p, int row)
{
    int first = row;

    row += put_title(p, row, "KEYS");

    for (size_t i = 0; i < n_key_bindings; i++) {
        const key_binding_t *k = &key_bindings[i];

        row += put_entry(p, row, STYLE_KEY, key_label(k, ui->utf8), k->help);
    }
    return row - first;
}

static int draw_columns(const pane_t *p, int row)
{
    int first = row;

    row += put_title(p, row, "COLUMNS");
    for (column_id_t id = 0; id < COLUMN_MAX; id++) {
        const char *title = columns[id].title         ? columns[id].title
                            : columns[id].group_title ? columns[id].group_title
                                                      : columns[id].tree_title;
        char text[128];

        if (!title)
            continue;
        snprintf(text, sizeof(text), "%s%s%s%s", columns[id].help, columns[id].unit[0] ? " (" : "",
                columns[id].unit, columns[id].unit[0] ? ")" : "");
        row += put_entry(p, row, STYLE_KEY, title, text);
    }
    row += 1;
    row += put_title(p, row, "READING");
    row += put_entry(p, row, STYLE_KEY, "-", "unknown: the kernel does not tell, or not to you");
    row += put_entry(p, row, STYLE_KEY, "~",
            "the last reading, some minutes old, scaled to the memory of now");
    return row - first;
}

static int draw_all(const ui_t *ui, const pane_t *p)
{
    pane_t left = pane_part(p, 0, 0, p->rows, p->cols / 2 - 1);
    pane_t right = pane_part(p, 0, p->cols / 2 + 1, p->rows, p->cols - p->cols / 2 - 1);
    int rows;

    left.scroll = right.scroll = p->scroll;
    if (p->cols >= SIDE_BY_SIDE) {
        rows = draw_keys(ui, &left, 0);
        return MAX(rows, draw_columns(&right, 0));
    }
    rows = draw_keys(ui, p, 0) + 1;
    return rows + draw_columns(p, rows);
}

void view_help(ui_t *ui, const pane_t *p)
{
    pane_t foot = pane_part(p, p->rows - 1, 0, 1, p->cols);

    view_title(ui, p, "MEMSCOPE help");
    view_scrolled(ui, p, &ui->help_scroll, draw_all);
    view_hints(ui, &foot, VIEW_HELP);
}
