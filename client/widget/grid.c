#include "client/widget/grid.h"

#include "common/cleanup.h"
#include "common/text.h"
#include <errno.h>
#include <string.h>

static const cell_t blank = {.text = {' '}, .width = 1, .style = STYLE_NORMAL};

int grid_resize(grid_t *g, int rows, int cols)
{
    cell_t *cells;

    rows = MIN(MAX(rows, 1), GRID_MAX_SIDE);
    cols = MIN(MAX(cols, 1), GRID_MAX_SIDE);
    cells = malloc((size_t) rows * (size_t) cols * sizeof(*cells));
    if (!cells)
        return -ENOMEM;
    free(g->cells);
    *g = (grid_t){.rows = rows, .cols = cols, .cells = cells};
    grid_clear(g);
    return 0;
}

void grid_done(grid_t *g)
{
    free(g->cells);
    *g = (grid_t){0};
}

void grid_clear(grid_t *g)
{
    for (int i = 0; i < g->rows * g->cols; i++)
        g->cells[i] = blank;
}

const cell_t *grid_row(const grid_t *g, int row)
{
    return g->cells + (size_t) row * (size_t) g->cols;
}

pane_t pane_all(grid_t *g)
{
    return (pane_t){.grid = g, .rows = g->rows, .cols = g->cols};
}

pane_t pane_part(const pane_t *p, int top, int left, int rows, int cols)
{
    top = MIN(MAX(top, 0), p->rows);
    left = MIN(MAX(left, 0), p->cols);
    return (pane_t){
            .grid = p->grid,
            .top = p->top + top,
            .left = p->left + left,
            .rows = MIN(MAX(rows, 0), p->rows - top),
            .cols = MIN(MAX(cols, 0), p->cols - left),
    };
}

// The cells of [col, col + *width) of a row as far as they lie in the pane, or NULL.
static cell_t *span(const pane_t *p, int row, int col, int *width)
{
    row -= p->scroll;
    if (row < 0 || row >= p->rows || col < 0 || col >= p->cols)
        return NULL;
    *width = MIN(*width, p->cols - col);
    if (*width <= 0)
        return NULL;
    return p->grid->cells + (size_t) (p->top + row) * (size_t) p->grid->cols + p->left + col;
}

// Overwriting one half of a wide character leaves no other half behind.
static void free_edges(cell_t *cells, int width, const cell_t *row_end)
{
    if (cells[0].width == 0)
        cells[-1] = blank;
    if (cells + width < row_end && cells[width].width == 0)
        cells[width] = blank;
}

static void add_combining(cell_t *cell, uint32_t c)
{
    for (int i = 1; i <= GRID_COMBINING; i++) {
        if (cell->text[i] == 0) {
            cell->text[i] = c;
            return;
        }
    }
}

static int put_cells(cell_t *cells, int width, int style, const char *text)
{
    size_t len = strlen(text);
    cell_t *last = NULL;
    int at = 0;

    while (len > 0) {
        uint32_t c;
        size_t used = text_decode(text, len, &c);
        int w = text_codepoint_width(c);

        if (w < 0) {
            c = '?';
            w = 1;
        }
        if (w == 0) {
            if (last)
                add_combining(last, c);
        } else {
            if (w > width - at)
                break;
            last = &cells[at];
            *last = (cell_t){.text = {c}, .width = (uint8_t) w, .style = (uint8_t) style};
            if (w == 2)
                cells[at + 1] = (cell_t){.width = 0, .style = (uint8_t) style};
            at += w;
        }
        text += used;
        len -= used;
    }
    return at;
}

int pane_put(
        const pane_t *p, int row, int col, int width, align_t align, int style, const char *text)
{
    cell_t *cells = span(p, row, col, &width);
    int shift = 0;

    if (!cells)
        return 0;
    free_edges(cells, width, cells + (p->cols - col));
    if (align == ALIGN_RIGHT) {
        size_t columns;

        text_fit(text, (size_t) width, &columns);
        shift = width - (int) columns;
    }
    for (int i = 0; i < width; i++) {
        cells[i] = blank;
        cells[i].style = (uint8_t) style;
    }
    return put_cells(cells + shift, width - shift, style, text);
}

void pane_fill(const pane_t *p, int row, int col, int width, int style, const char *glyph)
{
    cell_t *cells = span(p, row, col, &width);

    if (!cells)
        return;
    free_edges(cells, width, cells + (p->cols - col));
    for (int i = 0; i < width; i++) {
        cells[i] = blank;
        put_cells(&cells[i], 1, style, glyph);
    }
}

void pane_clear(const pane_t *p)
{
    for (int i = 0; i < p->rows; i++)
        pane_fill(p, p->scroll + i, 0, p->cols, STYLE_NORMAL, " ");
}

void pane_mark(const pane_t *p, int row, int col, int width, int style)
{
    cell_t *cells = span(p, row, col, &width);

    for (int i = 0; cells && i < width; i++)
        cells[i].style |= (uint8_t) style;
}

// Also with the blanks at the end, for which *ret_text_len tells where they begin.
static size_t row_bytes(const grid_t *g, int row, char *buf, size_t cap, size_t *ret_text_len)
{
    const cell_t *cells = grid_row(g, row);
    size_t at = 0, text_len = 0;

    for (int col = 0; col < g->cols; col++) {
        const cell_t *cell = &cells[col];

        for (int i = 0; cell->width > 0 && i <= GRID_COMBINING && cell->text[i]; i++) {
            char bytes[4];
            size_t n = text_encode(cell->text[i], bytes);

            if (at + n >= cap)
                break;
            memcpy(buf + at, bytes, n);
            at += n;
            if (cell->text[i] != ' ')
                text_len = at;
        }
    }
    buf[at] = '\0';
    *ret_text_len = text_len;
    return at;
}

void grid_row_text(const grid_t *g, int row, char *buf, size_t cap)
{
    size_t text_len;

    row_bytes(g, row, buf, cap, &text_len);
    buf[text_len] = '\0';
}

void grid_dump(const grid_t *g, FILE *out)
{
    size_t cap = (size_t) g->cols * 4 * (1 + GRID_COMBINING) + 1;
    _cleanup_free_ char *buf = malloc(cap);

    for (int row = 0; buf && row < g->rows; row++) {
        const cell_t *cells = grid_row(g, row);
        bool selected = false;
        size_t text_len;

        for (int col = 0; col < g->cols; col++)
            selected |= (cells[col].style & STYLE_SELECTED) != 0;
        row_bytes(g, row, buf, cap, &text_len);
        fprintf(out, "%c|%s|\n", selected ? '>' : ' ', buf);
    }
}
