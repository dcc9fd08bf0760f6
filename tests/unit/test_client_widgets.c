// Grid, gauge, sparkline and chart.

#include "client/widget/gauge.h"
#include "client/widget/sparkline.h"
#include "tests/support/cmocka.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const grid_t *g, int row)
{
    static char buf[4096];

    grid_row_text(g, row, buf, sizeof(buf));
    return buf;
}

static grid_t new_grid(int rows, int cols)
{
    grid_t g = {0};

    assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
    assert_int_equal(grid_resize(&g, rows, cols), 0);
    return g;
}

static void text_is_cut_and_aligned(void **state)
{
    grid_t g = new_grid(3, 10);
    pane_t p = pane_all(&g);

    (void) state;
    assert_int_equal(pane_put(&p, 0, 2, 4, ALIGN_LEFT, 0, "abcdef"), 4);
    assert_string_equal(text_of(&g, 0), "  abcd");
    pane_put(&p, 0, 0, 10, ALIGN_RIGHT, 0, "xyz");
    assert_string_equal(text_of(&g, 0), "       xyz");
    // Half of a wide character does not fit.
    pane_put(&p, 1, 0, 3, ALIGN_LEFT, 0, "漢字");
    assert_string_equal(text_of(&g, 1), "漢");
    pane_put(&p, 1, 0, 3, ALIGN_RIGHT, 0, "漢字");
    assert_string_equal(text_of(&g, 1), " 漢");
    // Outside is outside.
    assert_int_equal(pane_put(&p, 3, 0, 3, ALIGN_LEFT, 0, "x"), 0);
    assert_int_equal(pane_put(&p, 0, 10, 3, ALIGN_LEFT, 0, "x"), 0);
    assert_int_equal(pane_put(&p, -1, -1, 3, ALIGN_LEFT, 0, "x"), 0);
    grid_done(&g);
}

static void overwriting_half_of_a_wide_one_leaves_no_half(void **state)
{
    grid_t g = new_grid(1, 6);
    pane_t p = pane_all(&g);

    (void) state;
    pane_put(&p, 0, 0, 6, ALIGN_LEFT, 0, "漢字かな");
    pane_put(&p, 0, 1, 2, ALIGN_LEFT, 0, "ab");
    assert_string_equal(text_of(&g, 0), " ab か");
    assert_int_equal(grid_row(&g, 0)[3].width, 1);
    grid_done(&g);
}

static void combining_ones_stay_with_their_base(void **state)
{
    grid_t g = new_grid(1, 6);
    pane_t p = pane_all(&g);

    (void) state;
    assert_int_equal(pane_put(&p, 0, 0, 6, ALIGN_LEFT, 0, "e\xcc\x81x"), 2);
    assert_int_equal(grid_row(&g, 0)[0].text[1], 0x301);
    assert_int_equal(grid_row(&g, 0)[1].text[0], 'x');
    assert_int_equal(pane_put(&p, 0, 3, 3, ALIGN_LEFT, 0, "\xcc\x81y"), 1);
    assert_int_equal(grid_row(&g, 0)[3].text[0], 'y');
    grid_done(&g);
}

static void control_characters_never_reach_a_cell(void **state)
{
    grid_t g = new_grid(1, 8);
    pane_t p = pane_all(&g);

    (void) state;
    pane_put(&p, 0, 0, 8, ALIGN_LEFT, 0, "\x1b[1m\x7f\n\xc2\x9b");
    assert_string_equal(text_of(&g, 0), "?[1m???");
    grid_done(&g);
}

static void panes_scroll_and_clip(void **state)
{
    grid_t g = new_grid(4, 10);
    pane_t all = pane_all(&g), p = pane_part(&all, 1, 2, 2, 5);

    (void) state;
    p.scroll = 3;
    for (int row = 0; row < 9; row++) {
        char text[16];

        snprintf(text, sizeof(text), "line %d is long", row);
        pane_put(&p, row, 0, 20, ALIGN_LEFT, 0, text);
    }
    assert_string_equal(text_of(&g, 0), "");
    assert_string_equal(text_of(&g, 1), "  line");
    assert_string_equal(text_of(&g, 2), "  line");
    assert_string_equal(text_of(&g, 3), "");
    grid_done(&g);
}

static void gauges_are_honest(void **state)
{
    static const struct {
        uint64_t part, whole;
        const char *text;
    } cases[] = {
            {0, 100, "[░░░░░░░░░░]"},
            {50, 100, "[█████░░░░░]"},
            {54, 100, "[█████░░░░░]"},
            {56, 100, "[██████░░░░]"},
            {99, 100, "[█████████░]"},
            {100, 100, "[██████████]"},
            {300, 100, "[██████████]"},
            {5, 0, "[░░░░░░░░░░]"},
            {UINT64_MAX, UINT64_MAX, "[██████████]"},
    };
    grid_t g = new_grid(1, 12);
    pane_t p = pane_all(&g);

    (void) state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gauge_draw(&p, glyphs_get(true), 0, 0, 12, GAUGE_PLAIN, cases[i].part, cases[i].whole);
        assert_string_equal(text_of(&g, 0), cases[i].text);
    }
    gauge_draw(&p, glyphs_get(false), 0, 0, 12, GAUGE_PLAIN, 1, 2);
    assert_string_equal(text_of(&g, 0), "[#####.....]");
    grid_done(&g);
}

static void sparklines_show_the_shape(void **state)
{
    const int64_t rising[] = {0, 1000, 2000, 3000, 4000, 5000, 6000, 7000};
    const int64_t flat[] = {500000, 500001, 500000, 500002};
    const int64_t gaps[] = {SPARKLINE_GAP, 0, SPARKLINE_GAP, 7000};
    char buf[128];

    (void) state;
    sparkline_text(glyphs_get(true), rising, 8, 8, buf, sizeof(buf));
    assert_string_equal(buf, "▁▂▃▄▅▆▇█");
    sparkline_text(glyphs_get(true), rising, 8, 10, buf, sizeof(buf));
    assert_string_equal(buf, "  ▁▂▃▄▅▆▇█");
    sparkline_text(glyphs_get(true), rising, 8, 2, buf, sizeof(buf));
    assert_string_equal(buf, "▁█");
    sparkline_text(glyphs_get(true), flat, 4, 4, buf, sizeof(buf));
    assert_string_equal(buf, "▁▁▁▁");
    sparkline_text(glyphs_get(true), gaps, 4, 4, buf, sizeof(buf));
    assert_string_equal(buf, " ▁ █");
    sparkline_text(glyphs_get(false), rising, 8, 8, buf, sizeof(buf));
    assert_string_equal(buf, "_.-:=+*#");
    sparkline_text(glyphs_get(true), gaps, 1, 4, buf, sizeof(buf));
    assert_string_equal(buf, "");
}

static void axes_hold_their_values_in_round_numbers(void **state)
{
    char label[32];

    (void) state;
    srand(2);
    for (int i = 0; i < 20000; i++) {
        int64_t least = (int64_t) rand() << rand() % 20, greatest = least + (rand() >> rand() % 31);
        int rows = 1 + rand() % 12;
        chart_axis_t a = chart_axis(least, greatest, rows);

        assert_true(a.low <= (double) least * (1 + 1e-9) + 1e-6);
        assert_true(a.low + a.step * rows >= (double) greatest * (1 - 1e-9));
        for (int row = 0; row < rows; row++) {
            chart_axis_label(&a, row, label, sizeof(label));
            assert_true((int) strlen(label) < a.width);
        }
    }
    {
        chart_axis_t a = chart_axis(900 * 1024, 1290 * 1024, 4);

        chart_axis_label(&a, 0, label, sizeof(label));
        assert_string_equal(label, "900");
        chart_axis_label(&a, 3, label, sizeof(label));
        assert_string_equal(label, "1200");
    }
    {
        chart_axis_t a = chart_axis(0, 0, 4);

        chart_axis_label(&a, 0, label, sizeof(label));
        assert_string_equal(label, "0K");
    }
}

static void charts_draw_within_their_rows(void **state)
{
    const int64_t values[] = {0, 1024 * 10, SPARKLINE_GAP, 1024 * 40};
    chart_axis_t axis = chart_axis(0, 1024 * 40, 4);
    grid_t g = new_grid(6, 12);
    pane_t p = pane_all(&g);

    (void) state;
    chart_draw(&p, glyphs_get(true), &axis, 1, 4, values, 4);
    assert_string_equal(text_of(&g, 0), "");
    assert_string_equal(text_of(&g, 1), "30│   █");
    assert_string_equal(text_of(&g, 2), "20│   █");
    assert_string_equal(text_of(&g, 3), "10│   █");
    assert_string_equal(text_of(&g, 4), " 0│▁█ █");
    assert_string_equal(text_of(&g, 5), "");
    grid_done(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(text_is_cut_and_aligned),
            cmocka_unit_test(overwriting_half_of_a_wide_one_leaves_no_half),
            cmocka_unit_test(combining_ones_stay_with_their_base),
            cmocka_unit_test(control_characters_never_reach_a_cell),
            cmocka_unit_test(panes_scroll_and_clip),
            cmocka_unit_test(gauges_are_honest),
            cmocka_unit_test(sparklines_show_the_shape),
            cmocka_unit_test(axes_hold_their_values_in_round_numbers),
            cmocka_unit_test(charts_draw_within_their_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
