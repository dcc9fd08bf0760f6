#include "client/widget/sparkline.h"

#include "common/cleanup.h"
#include <stdbool.h>
#include <string.h>

#define KB_PER_MB 1024.0

static bool range_of(const int64_t *values, size_t n, int64_t *ret_least, int64_t *ret_greatest)
{
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        if (values[i] == SPARKLINE_GAP)
            continue;
        if (!any || values[i] < *ret_least)
            *ret_least = values[i];
        if (!any || values[i] > *ret_greatest)
            *ret_greatest = values[i];
        any = true;
    }
    return any;
}

void sparkline_text(
        const glyphs_t *g, const int64_t *values, size_t n, size_t width, char *buf, size_t cap)
{
    size_t skip = n > width ? n - width : 0, at = 0;
    int64_t least = 0, greatest = 0;
    double span;

    buf[0] = '\0';
    values += skip;
    n -= skip;
    if (!range_of(values, n, &least, &greatest))
        return;
    span = MAX((double) (greatest - least), MAX((double) greatest / 100, 64));
    for (size_t i = 0; i < width; i++) {
        int level = 0;
        size_t len;

        if (i >= width - n && values[i - (width - n)] != SPARKLINE_GAP) {
            double share = (double) (values[i - (width - n)] - least) / span;

            level = 1 + (int) (share * (GLYPH_LEVELS - 1) + 0.5);
        }
        len = strlen(g->level[level]);
        if (at + len >= cap)
            break;
        memcpy(buf + at, g->level[level], len);
        at += len;
    }
    buf[at] = '\0';
}

// The least of 1, 2, 2.5, 4, 5 times a power of ten that is not below x > 0.
static double round_up(double x)
{
    static const double mantissas[] = {1, 2, 2.5, 4, 5, 10};
    double power = 1;

    while (power > x)
        power /= 10;
    while (power * 10 <= x)
        power *= 10;
    for (size_t i = 0;; i++)
        if (x <= power * mantissas[i] * (1 + 1e-9))
            return power * mantissas[i];
}

static bool is_whole(double x)
{
    double rest = x - (double) (int64_t) (x + 0.5);

    return rest < 1e-6 && rest > -1e-6;
}

static int label_width(const chart_axis_t *a, int rows)
{
    char label[32];
    int widest = 0;

    for (int i = 0; i < rows; i++) {
        chart_axis_label(a, i, label, sizeof(label));
        widest = MAX(widest, (int) strlen(label));
    }
    return widest;
}

chart_axis_t chart_axis(int64_t least, int64_t greatest, int rows)
{
    chart_axis_t a = {.unit = KB_PER_MB, .suffix = ""};
    double low = (double) least, high = (double) greatest, step;

    if (high >= KB_PER_MB * 10000)
        a = (chart_axis_t){.unit = KB_PER_MB * 1024, .suffix = "G"};
    else if (high < KB_PER_MB)
        a = (chart_axis_t){.unit = 1, .suffix = "K"};
    // A chart that magnified noise would show every process as restless.
    step = MAX(MAX(high - low, high / 100) / rows / a.unit, a.unit > 1 ? 0.01 : 1);
    for (step = round_up(step);; step = round_up(step * 1.01)) {
        a.step = step * a.unit;
        a.low = (double) (int64_t) (low / a.step + 1e-9) * a.step;
        if (a.low + a.step * rows >= high)
            break;
    }
    for (double scaled = step; a.decimals < 2 && !is_whole(scaled); scaled *= 10)
        a.decimals++;
    a.width = label_width(&a, rows) + 1;
    return a;
}

void chart_axis_label(const chart_axis_t *a, int row_from_bottom, char *buf, size_t cap)
{
    double v = (a->low + a->step * row_from_bottom) / a->unit;

    snprintf(buf, cap, "%.*f%s", a->decimals, v, a->suffix);
}

static void draw_value(const pane_t *p, const glyphs_t *g, const chart_axis_t *a, int row, int col,
        int rows, int64_t value)
{
    double height = ((double) value - a->low) / a->step * GLYPH_LEVELS;
    int eighths = MAX((int) (height + 0.5), 1);

    for (int i = 0; i < rows && eighths > 0; i++, eighths -= GLYPH_LEVELS)
        pane_fill(p, row + rows - 1 - i, col, 1, STYLE_GAUGE_LOW,
                g->level[MIN(eighths, GLYPH_LEVELS)]);
}

void chart_draw(const pane_t *p, const glyphs_t *g, const chart_axis_t *axis, int row, int rows,
        const int64_t *values, size_t n)
{
    for (int i = 0; i < rows; i++) {
        char label[32];

        chart_axis_label(axis, i, label, sizeof(label));
        pane_put(p, row + rows - 1 - i, 0, axis->width - 1, ALIGN_RIGHT, STYLE_DIM, label);
        pane_put(p, row + rows - 1 - i, axis->width - 1, 1, ALIGN_LEFT, STYLE_DIM, g->axis);
    }
    for (size_t i = 0; i < n; i++)
        if (values[i] != SPARKLINE_GAP)
            draw_value(p, g, axis, row, axis->width + (int) i, rows, values[i]);
}
