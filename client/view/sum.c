// What the members of a group are together, above their list.

#include "client/view/figures.h"
#include "client/view/part.h"
#include "client/view/views.h"
#include "client/widget/sparkline.h"
#include "common/cleanup.h"
#include "common/format.h"
#include <stdio.h>

#define PARTS_ROWS  3
#define TREND_LEFT  8
#define BESIDE_LEFT (VIEW_PART_WIDTH + 4)

// What is not known of every member is more than that.
static view_part_t part_of(const model_sum_t *s, const char *label, value_t v)
{
    uint64_t kb = (uint64_t) MAX(s->row.values[v], INT64_C(0)), swap = v == VALUE_SWAP ? kb : 0;

    return (view_part_t){.label = label,
            .known = s->known[v] > 0,
            .partly = s->known[v] > 0 && s->known[v] < s->members,
            .kb = kb,
            .whole_kb = (uint64_t) MAX(s->row.values[VALUE_RSS], INT64_C(0)) + swap,
            .of_whole = true};
}

// The whole group's, also of those that a filter hides and those that have died.
static void put_trend(const ui_t *ui, const pane_t *p, int row)
{
    int64_t values[TRACK_POINTS], least = INT64_MAX, greatest = 0;
    size_t n = model_group_series(&ui->model, ui->list.within, values), known = 0;
    char text[160], low[FORMAT_MAX], high[FORMAT_MAX], span[FORMAT_MAX];

    pane_put(p, row, 0, TREND_LEFT, ALIGN_LEFT, STYLE_NORMAL, "Trend");
    for (size_t i = 0; i < n; i++) {
        if (values[i] == SPARKLINE_GAP)
            continue;
        least = MIN(least, values[i]);
        greatest = MAX(greatest, values[i]);
        known++;
    }
    if (known == 0) {
        pane_put(p, row, TREND_LEFT, 1, ALIGN_LEFT, STYLE_DIM, "-");
        return;
    }
    sparkline_text(ui->glyphs, values, n, TRACK_POINTS, text, sizeof(text));
    pane_put(p, row, TREND_LEFT, TRACK_POINTS, ALIGN_LEFT, STYLE_GAUGE_LOW, text);
    format_range(low, high, (uint64_t) least, (uint64_t) greatest);
    format_duration(span, sizeof(span), known * TRACK_STEP_MS / 1000);
    if (known > 1)
        snprintf(text, sizeof(text), "%s - %s anonymous + swap, last %s", low, high, span);
    else
        snprintf(text, sizeof(text), "%s anonymous + swap, watched from now on", high);
    pane_put(p, row, TREND_LEFT + TRACK_POINTS + 2, p->cols - TREND_LEFT - TRACK_POINTS - 2,
            ALIGN_LEFT, STYLE_DIM, text);
}

void view_sum(const ui_t *ui, const pane_t *p)
{
    static const struct {
        const char *label;
        value_t value;
    } parts[][PARTS_ROWS] = {
            {{"Anon", VALUE_ANON}, {"File", VALUE_FILE}, {"Shmem", VALUE_SHMEM}},
            {{"Private", VALUE_USS}, {"PSS", VALUE_PSS}, {"Swap", VALUE_SWAP}},
    };

    for (size_t col = 0; col < ARRAY_SIZE(parts); col++) {
        for (size_t row = 0; row < PARTS_ROWS; row++) {
            view_part_t part = part_of(&ui->sum, parts[col][row].label, parts[col][row].value);

            view_part(ui, p, (int) row, (int) col * BESIDE_LEFT, &part);
        }
    }
    put_trend(ui, p, PARTS_ROWS);
    pane_fill(p, VIEW_SUM_ROWS - 1, 0, p->cols, STYLE_RULE, ui->glyphs->rule);
}
