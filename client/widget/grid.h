#ifndef MEMSCOPE_CLIENT_WIDGET_GRID_H
#define MEMSCOPE_CLIENT_WIDGET_GRID_H

// A picture of the screen: cells of text and style that know no terminal. Tests compare it with
// golden files; the terminal copies it.

#include "client/widget/style.h"
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define GRID_COMBINING 3 // further ones of the same cell are dropped
#define GRID_MAX_SIDE  2000

typedef struct {
    uint32_t text[1 + GRID_COMBINING]; // code points, 0 where there is none
    uint8_t width;                     // 1 or 2; 0: the right half of the wide cell before it
    uint8_t style;                     // style_t, perhaps with STYLE_SELECTED
} cell_t;

typedef struct {
    int rows, cols;
    cell_t *cells;
} grid_t;

// Makes an empty picture of that size (sides are limited to 1..GRID_MAX_SIDE). 0 or -ENOMEM, and
// then the grid is as it was.
int grid_resize(grid_t *g, int rows, int cols);
void grid_done(grid_t *g);
void grid_clear(grid_t *g);
const cell_t *grid_row(const grid_t *g, int row);

// A part of the grid to draw in. Rows and columns count from its corner, after `scroll` rows were
// pushed out above; what lies outside is not drawn.
typedef struct {
    grid_t *grid;
    int top, left, rows, cols;
    int scroll;
} pane_t;

pane_t pane_all(grid_t *g);
pane_t pane_part(const pane_t *p, int top, int left, int rows, int cols);

typedef enum { ALIGN_LEFT, ALIGN_RIGHT } align_t;

// Writes UTF-8 text into `width` columns; cut where it is longer. Returns the columns written
// without padding. Bytes that could act on a terminal are written as '?'.
int pane_put(
        const pane_t *p, int row, int col, int width, align_t align, int style, const char *text);
// Repeats one glyph.
void pane_fill(const pane_t *p, int row, int col, int width, int style, const char *glyph);
// All of it, as far as it is in sight.
void pane_clear(const pane_t *p);
// Adds style bits to what is there.
void pane_mark(const pane_t *p, int row, int col, int width, int style);

// The text of a row as UTF-8 without the blanks at its end; `buf` is always ended with a NUL.
void grid_row_text(const grid_t *g, int row, char *buf, size_t cap);
// All rows, each between bars; rows with a selected cell begin with '>'.
void grid_dump(const grid_t *g, FILE *out);

#endif
