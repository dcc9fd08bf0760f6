#ifndef MEMSCOPE_CLIENT_WIDGET_SPARKLINE_H
#define MEMSCOPE_CLIENT_WIDGET_SPARKLINE_H

// Series of KiB as block elements: on one line, or as a chart with an axis.

#include "client/widget/glyphs.h"
#include "client/widget/grid.h"
#include <stddef.h>
#include <stdint.h>

#define SPARKLINE_GAP INT64_MIN // nothing is known of that moment

// The last `width` of n values, oldest first and at the right end, as UTF-8 text. It shows the
// shape between the least and the greatest; what moves by less than 1% stays flat.
void sparkline_text(
        const glyphs_t *g, const int64_t *values, size_t n, size_t width, char *buf, size_t cap);

// What stands at the left of a chart of `rows` rows: row i from the bottom begins at low + i *
// step.
typedef struct {
    double low, step;   // KiB
    double unit;        // KiB in what the labels count
    const char *suffix; // of that unit; "" for MB
    int decimals;
    int width; // columns that the labels and the line beside them take
} chart_axis_t;

// Round numbers around [least, greatest] for that many rows (at least 1).
chart_axis_t chart_axis(int64_t least, int64_t greatest, int rows);
void chart_axis_label(const chart_axis_t *a, int row_from_bottom, char *buf, size_t cap);

// Draws n values within the axis' range, one per column at its right.
void chart_draw(const pane_t *p, const glyphs_t *g, const chart_axis_t *axis, int row, int rows,
        const int64_t *values, size_t n);

#endif
