#ifndef MEMSCOPE_CLIENT_WIDGET_GAUGE_H
#define MEMSCOPE_CLIENT_WIDGET_GAUGE_H

#include "client/widget/glyphs.h"
#include "client/widget/grid.h"
#include <stdint.h>

typedef enum {
    GAUGE_PLAIN, // a part of a whole: much is not worse than little
    GAUGE_LOAD,  // warns by its colour as it fills
} gauge_kind_t;

// "[████░░░░]" in `width` columns, brackets included (at least 3). More than the whole is full,
// less than the whole never is.
void gauge_draw(const pane_t *p, const glyphs_t *g, int row, int col, int width, gauge_kind_t kind,
        uint64_t part, uint64_t whole);

typedef struct {
    uint64_t amount;
    int style;
} gauge_part_t;

// The same in up to GLYPH_PARTS parts, each with a glyph of its own; what they leave of the whole
// stays empty.
void gauge_draw_parts(const pane_t *p, const glyphs_t *g, int row, int col, int width,
        const gauge_part_t *parts, size_t n, uint64_t whole);

#endif
