// Columns at every width, sizes, help, keys and mouse, and what is copied.

#include "client/view/views.h"
#include "tests/support/cmocka.h"
#include "tests/support/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- Columns -----------------------------------------------------------------------------------

static bool has(const column_layout_t *l, column_id_t id)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->places[i].id == id)
            return true;
    return false;
}

static void columns_fit_and_only_join_as_it_widens(void **state)
{
    (void) state;
    for (unsigned variant = 0; variant < 12; variant++) {
        cell_context_t c = {.kind = variant % 3 ? variant % 3 : GROUP_NONE, .command = variant & 1};
        int pid_width = variant < 6 ? 5 : 7;
        column_layout_t before = {0};

        for (int width = VIEW_MIN_COLS; width <= 300; width++) {
            column_layout_t l = columns_layout(&c, width, pid_width);
            int end = 0;

            assert_true(has(&l, COLUMN_NAME) && has(&l, COLUMN_TAGS) && has(&l, COLUMN_RSS));
            for (size_t i = 0; i < l.n; i++) {
                assert_true(l.places[i].left >= end + (i > 0));
                assert_true(l.places[i].width >= 1);
                end = l.places[i].left + l.places[i].width;
            }
            assert_true(end <= width);
            for (size_t i = 0; i < before.n; i++)
                assert_true(has(&l, before.places[i].id));
            before = l;
        }
        assert_true(before.n >= 13);
    }
}

static void the_core_fits_80_columns(void **state)
{
    static const column_id_t core[] = {
            COLUMN_PID, COLUMN_NAME, COLUMN_RSS, COLUMN_CPU, COLUMN_DELTA, COLUMN_TAGS};
    cell_context_t c = {0};

    (void) state;
    for (int width = 60; width <= 80; width++) {
        column_layout_t l = columns_layout(&c, width, 7);

        for (size_t i = 0; i < sizeof(core) / sizeof(core[0]); i++)
            assert_true(has(&l, core[i]));
    }
}

static void what_is_sorted_by_is_shown(void **state)
{
    stage_t s;

    (void) state;
    for (column_id_t id = 0; id < COLUMN_MAX; id++) {
        cell_context_t c = {.sort = id};

        for (int width = 64; columns[id].sortable && columns[id].title && width <= 300; width++) {
            column_layout_t l = columns_layout(&c, width, 7);

            assert_true(has(&l, id));
            assert_true(has(&l, COLUMN_PID) && has(&l, COLUMN_NAME) && has(&l, COLUMN_RSS));
        }
    }
    stage_open(&s, 24, 80);
    stage_keys(&s, "d<");
    assert_shown(&s, "[SORT: WRITE]");
    assert_in_row(&s, 2, "IO-W/s");
    assert_in_row(&s, 4, "1.5M"); // of firefox, the only one
    stage_done(&s);
}

static void headings_stand_over_their_columns(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    for (int cols = VIEW_MIN_COLS; cols <= 240; cols += 3) {
        char heading[1024];

        stage_resize(&s, 24, cols);
        snprintf(heading, sizeof(heading), "%s", stage_row(&s, 2));
        assert_int_equal(stage_column(&s, 2, "PID") + 3, stage_column(&s, 4, "3587") + 4);
        assert_int_equal(stage_column(&s, 2, "NAME"), stage_column(&s, 4, "chrome"));
        assert_int_equal(stage_column(&s, 2, "TAGS"), stage_column(&s, 4, "LEAK"));
        assert_int_equal(stage_column(&s, 2, "RSS") + 3, stage_column(&s, 4, " MB") + 3);
        if (strstr(heading, "CPU%"))
            assert_int_equal(stage_column(&s, 2, "CPU%") + 4, stage_column(&s, 4, "2.1%") + 4);
        if (strstr(heading, "DELTA"))
            assert_int_equal(
                    stage_column(&s, 2, "DELTA") + 5, stage_column(&s, 4, "+12.30 MB") + 9);
    }
    stage_done(&s);
}

// ---- Drawing -----------------------------------------------------------------------------------

static void nothing_to_draw_without_a_change(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    assert_false(s.app->dirty);
    app_key(s.app, '\t'); // no key of ours
    assert_false(s.app->dirty);
    app_key(s.app, 'j');
    assert_true(s.app->dirty);
    stage_draw(&s);
    stage_tick(&s, 1000);
    assert_true(s.app->dirty);
    stage_done(&s);
}

static void before_the_first_sample(void **state)
{
    stage_t s;

    (void) state;
    stage_init(&s, true, 24, 80);
    stage_draw(&s);
    assert_shown(&s, "MEMSCOPE [SORT: MEM]");
    assert_shown(&s, "waiting for the first sample");
    stage_keys(&s, "jkgg\r dcpmI<>n\x1b");
    stage_done(&s);
}

// ---- Sizes, views ------------------------------------------------------------------------------

static void any_size_is_drawn(void **state)
{
    static const char *const screens[] = {"", "g", "\r", "?"};
    stage_t s;

    (void) state;
    for (size_t i = 0; i < sizeof(screens) / sizeof(screens[0]); i++) {
        stage_open(&s, 24, 80);
        stage_keys(&s, screens[i]);
        for (int rows = 1; rows < 60; rows += 3) {
            for (int cols = 1; cols < 200; cols += 7) {
                stage_resize(&s, rows, cols);
                stage_keys(&s, "jk");
                if (rows < VIEW_MIN_ROWS || cols < VIEW_MIN_COLS)
                    assert_int_equal(
                            strncmp(stage_row(&s, 0), "too small", (size_t) (cols < 9 ? cols : 9)),
                            0);
            }
        }
        stage_done(&s);
    }
}

static void growing_back_loses_nothing(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    stage_keys(&s, "jj");
    stage_resize(&s, 5, 20);
    assert_shown(&s, "too small");
    stage_resize(&s, 24, 80);
    assert_selected(&s, "3600");
    stage_done(&s);
}

static void help_knows_every_key(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 100, 100);
    stage_keys(&s, "?");
    for (size_t i = 0; i < n_key_bindings; i++) {
        assert_shown(&s, key_bindings[i].name);
        assert_shown(&s, key_bindings[i].help);
    }
    stage_keys(&s, "\x1b");
    assert_shown(&s, "firefox");
    assert_false(s.app->quit);
    stage_keys(&s, "\r?\x1b");
    assert_shown(&s, "INSPECT: chrome");
    stage_done(&s);
}

static void no_key_means_two_things(void **state)
{
    (void) state;
    for (view_t view = VIEW_LIST; view <= VIEW_HELP; view++)
        for (size_t i = 0; i < n_key_bindings; i++)
            for (size_t c = 0; c < 4 && key_bindings[i].codes[c] != KEY_CODE_NONE; c++)
                if (key_bindings[i].views >> view & 1)
                    assert_int_equal(
                            key_action(key_bindings[i].codes[c], view), key_bindings[i].action);
}

static void help_scrolls_to_its_end_and_no_further(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 15, 60);
    stage_keys(&s, "?");
    stage_key(&s, KEY_CODE_END);
    assert_shown(&s, "the last reading, some minutes old");
    stage_keys(&s, "jjjjjjjjjj");
    assert_shown(&s, "the last reading, some minutes old");
    stage_key(&s, KEY_CODE_UP);
    stage_key(&s, KEY_CODE_HOME);
    assert_shown(&s, "KEYS");
    stage_done(&s);
}

static void a_key_that_is_none_says_so(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    stage_keys(&s, "s");
    assert_in_row(&s, 23, "s does nothing here: ? shows the keys");
    stage_keys(&s, "\r");
    stage_keys(&s, "m"); // it does something elsewhere
    assert_in_row(&s, 23, "m does nothing here: ? shows the keys");
    stage_run(&s, 5); // it has passed by then
    // What has no letter, and where the keys are on the screen: nothing at all.
    stage_keys(&s, "?");
    stage_keys(&s, "s");
    assert_not_shown(&s, "does nothing");
    app_key(s.app, '\t');
    app_key(s.app, 0x1b9);
    assert_false(s.app->dirty);
    stage_done(&s);
}

static void escape_and_q_quit(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    app_key(s.app, KEY_CODE_ESCAPE);
    assert_true(s.app->quit);
    stage_done(&s);
    stage_open(&s, 24, 80);
    stage_keys(&s, "\r");
    app_key(s.app, 'q');
    assert_true(s.app->quit);
    stage_done(&s);
}

// ---- Mouse and clipboard -----------------------------------------------------------------------

static void the_mouse_selects_opens_and_sorts(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    app_mouse(s.app, MOUSE_PRESS, 6, 10);
    stage_draw(&s);
    assert_selected(&s, "3600");
    app_mouse(s.app, MOUSE_PRESS, 2, stage_column(&s, 2, "CPU%"));
    stage_draw(&s);
    assert_int_equal(stage_find_row(&s, "[SORT: CPU]"), 0);
    app_mouse(s.app, MOUSE_PRESS, 2, stage_column(&s, 2, "CPU%"));
    stage_draw(&s);
    assert_int_equal(stage_find_row(&s, "[SORT: CPU ↑]"), 0);
    stage_keys(&s, "m");
    app_mouse(s.app, MOUSE_WHEEL_DOWN, 6, 10);
    stage_draw(&s);
    assert_selected(&s, " 901");
    app_mouse(s.app, MOUSE_PRESS, 4, 10);
    app_mouse(s.app, MOUSE_PRESS, 4, 10);
    stage_draw(&s);
    assert_int_equal(s.inspected_pid, 3587);
    assert_shown(&s, "INSPECT: chrome");
    app_mouse(s.app, MOUSE_WHEEL_DOWN, 6, 10);
    app_mouse(s.app, MOUSE_PRESS, 6, 10);
    stage_draw(&s);
    // Anywhere else it does nothing.
    stage_keys(&s, "\x1b");
    for (int row = -1; row < 30; row++)
        for (int col = -1; col < 90; col += 7)
            if (row < 4 || row > 22)
                app_mouse(s.app, MOUSE_PRESS, row, col);
    stage_draw(&s);
    stage_done(&s);
}

static void assert_copied(stage_t *s, const char *keys, const char *expected)
{
    char *text;

    stage_keys(s, keys);
    text = app_take_clipboard(s->app);
    assert_string_equal(text ? text : "", expected);
    free(text);
    assert_null(app_take_clipboard(s->app));
}

static void y_copies_a_report(void **state)
{
    static const char receipt[] = "LEAK: grows\033[31m since 14 min";
    process_snapshot_t *p;
    message_t m = {0};
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    assert_null(app_take_clipboard(s.app));
    assert_copied(&s, "y",
            "PID 3587 chrome, user root, unit app-chrome.scope, RSS 483.7 MB, PSS 412.1 MB, "
            "SWAP 0 kB, DELTA +12.30 MB, RATE -, LEAK");
    MESSAGE_SET(&m.details, pid, 3587);
    MESSAGE_SET(&m.details, start_time, 3587);
    MESSAGE_SET_TEXT(&m.details, leak_text, receipt, sizeof(receipt) - 1);
    stage_keys(&s, "\r");
    app_message(s.app, MESSAGE_DETAILS, &m);
    assert_copied(&s, "y",
            "PID 3587 chrome, user root, unit app-chrome.scope, RSS 483.7 MB, PSS 412.1 MB, "
            "SWAP 0 kB, DELTA +12.30 MB, RATE -, LEAK; LEAK: grows?[31m since 14 min");
    // Also of who is dead, and nothing of what a name may hold.
    p = stage_add(&s, 77777, "x", 900 << 10);
    stage_name(&s, p, "evil\033]52;c;AAAA\a\nname");
    stage_run(&s, 1);
    stage_keys(&s, "\x1b");
    stage_key(&s, KEY_CODE_HOME);
    assert_selected(&s, "77777");
    stage_keys(&s, "\r");
    stage_remove(&s, 77777);
    stage_run(&s, 1);
    stage_keys(&s, "y");
    {
        char *text = app_take_clipboard(s.app);

        assert_non_null(text);
        assert_non_null(strstr(text, "PID 77777 evil?]52;c;AAAA??name"));
        assert_non_null(strstr(text, ", has exited, RSS "));
        for (const char *c = text; *c; c++)
            assert_true((unsigned char) *c >= 0x20);
        free(text);
    }
    // A group is reported as its sum.
    stage_keys(&s, "\x1bg");
    stage_key(&s, KEY_CODE_HOME);
    stage_keys(&s, "y");
    {
        char *text = app_take_clipboard(s.app);

        assert_non_null(text);
        assert_non_null(strstr(text, " processes chrome, MEM "));
        free(text);
    }
    stage_done(&s);
}

static void capital_c_changes_colours(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    assert_string_equal(s.app->theme->name, "default");
    stage_keys(&s, "C");
    assert_string_equal(s.app->theme->name, "high-contrast");
    assert_shown(&s, "colours: high-contrast");
    stage_keys(&s, "CC");
    assert_string_equal(s.app->theme->name, "default");
    stage_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(columns_fit_and_only_join_as_it_widens),
            cmocka_unit_test(the_core_fits_80_columns),
            cmocka_unit_test(what_is_sorted_by_is_shown),
            cmocka_unit_test(headings_stand_over_their_columns),
            cmocka_unit_test(nothing_to_draw_without_a_change),
            cmocka_unit_test(before_the_first_sample),
            cmocka_unit_test(any_size_is_drawn),
            cmocka_unit_test(growing_back_loses_nothing),
            cmocka_unit_test(help_knows_every_key),
            cmocka_unit_test(no_key_means_two_things),
            cmocka_unit_test(help_scrolls_to_its_end_and_no_further),
            cmocka_unit_test(a_key_that_is_none_says_so),
            cmocka_unit_test(escape_and_q_quit),
            cmocka_unit_test(the_mouse_selects_opens_and_sorts),
            cmocka_unit_test(y_copies_a_report),
            cmocka_unit_test(capital_c_changes_colours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
