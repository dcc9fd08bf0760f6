#include "client/view/part.h"

#include "client/view/figures.h"
#include "client/widget/gauge.h"
#include "common/format.h"
#include <stdio.h>

#define LABEL_WIDTH 8
#define GAUGE_WIDTH 14
#define VALUE_WIDTH 11
#define SHARE_WIDTH 5
#define OF_WIDTH    (SHARE_WIDTH + 3)

_Static_assert(LABEL_WIDTH + GAUGE_WIDTH + VALUE_WIDTH + SHARE_WIDTH == VIEW_PART_WIDTH, "fits");

void view_part(const ui_t *ui, const pane_t *p, int row, int col, const view_part_t *part)
{
    char amount[FORMAT_MAX] = "", text[FORMAT_MAX + 1];

    pane_put(p, row, col, LABEL_WIDTH, ALIGN_LEFT, STYLE_NORMAL, part->label);
    col += LABEL_WIDTH;
    gauge_draw(p, ui->glyphs, row, col, GAUGE_WIDTH, GAUGE_PLAIN, part->kb,
            part->of_whole ? part->whole_kb : 0);
    col += GAUGE_WIDTH;
    if (part->known)
        format_mb(amount, sizeof(amount), part->kb, 1);
    snprintf(text, sizeof(text), "%s%s", part->partly ? ">" : "", part->known ? amount : "-");
    pane_put(p, row, col, VALUE_WIDTH, ALIGN_RIGHT, part->known ? STYLE_NORMAL : STYLE_DIM, text);
    if (!part->known || !part->of_whole)
        return;
    format_share(text, sizeof(text), part->kb, part->whole_kb);
    pane_put(p, row, col + VALUE_WIDTH, SHARE_WIDTH, ALIGN_RIGHT, STYLE_DIM, text);
}

void view_part_heading(const pane_t *p, int row, int col, const char *title, const char *of)
{
    int at = col + VIEW_PART_WIDTH - OF_WIDTH;

    pane_put(p, row, col, at - col, ALIGN_LEFT, STYLE_HEADING, title);
    pane_put(p, row, at, OF_WIDTH, ALIGN_RIGHT, STYLE_DIM, of);
}
