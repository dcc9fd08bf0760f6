#include "client/widget/gauge.h"

#include "common/cleanup.h"

static int style_of(gauge_kind_t kind, double share)
{
    if (kind == GAUGE_PLAIN || share < 0.7)
        return STYLE_GAUGE_LOW;
    return share < 0.9 ? STYLE_GAUGE_MEDIUM : STYLE_GAUGE_HIGH;
}

void gauge_draw(const pane_t *p, const glyphs_t *g, int row, int col, int width, gauge_kind_t kind,
        uint64_t part, uint64_t whole)
{
    int inner = width - 2, full;
    double share = whole > 0 ? (double) MIN(part, whole) / (double) whole : 0;

    if (inner < 1)
        return;
    full = (int) (share * inner + 0.5);
    if (full == inner && share < 1 && inner > 1)
        full = inner - 1;
    pane_put(p, row, col, 1, ALIGN_LEFT, STYLE_DIM, "[");
    pane_fill(p, row, col + 1, full, style_of(kind, share), g->gauge_full);
    pane_fill(p, row, col + 1 + full, inner - full, STYLE_DIM, g->gauge_empty);
    pane_put(p, row, col + 1 + inner, 1, ALIGN_LEFT, STYLE_DIM, "]");
}

void gauge_draw_parts(const pane_t *p, const glyphs_t *g, int row, int col, int width,
        const gauge_part_t *parts, size_t n, uint64_t whole)
{
    int inner = width - 2, at = 0;
    uint64_t sum = 0;

    if (inner < 1)
        return;
    pane_put(p, row, col, 1, ALIGN_LEFT, STYLE_DIM, "[");
    for (size_t i = 0; i < n && i < GLYPH_PARTS && whole > 0; i++) {
        int end;

        sum = MIN(sum + MIN(parts[i].amount, whole), whole);
        end = (int) ((double) sum / (double) whole * inner + 0.5);
        pane_fill(p, row, col + 1 + at, end - at, parts[i].style, g->part[i]);
        at = end;
    }
    pane_fill(p, row, col + 1 + at, inner - at, STYLE_DIM, g->gauge_empty);
    pane_put(p, row, col + 1 + inner, 1, ALIGN_LEFT, STYLE_DIM, "]");
}
