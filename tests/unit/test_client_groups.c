// Groups of processes, and their members.

#include "client/view/views.h"
#include "tests/support/cmocka.h"
#include "tests/support/stage.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROW 4

// Two of "web" (one with a PSS), one "db", a kernel thread.
static void open_groups(stage_t *s, int cols)
{
    process_snapshot_t *p;

    stage_init(s, true, 24, cols);
    p = stage_add(s, 10, "web", 100 * 1024);
    PROCESS_SET(p, file_kb, 0);
    PROCESS_SET(p, pss_kb, 60 * 1024);
    PROCESS_SET(p, pss_rss_kb, 100 * 1024);
    PROCESS_SET(p, pss_time_ms, s->snapshot.system.mono_ms);
    PROCESS_SET(p, baseline_kb, 90 * 1024);
    PROCESS_SET(p, cpu_permille, 500);
    PROCESS_SET(p, unit, stage_string(s, "web.service", 11));
    p = stage_add(s, 11, "web", 36 * 1024);
    PROCESS_SET(p, baseline_kb, 40 * 1024);
    PROCESS_SET(p, cpu_permille, 700);
    PROCESS_SET(p, unit, stage_string(s, "web.service", 11));
    PROCESS_SET(p, uid, 54321);
    p = stage_add(s, 12, "db", 76 * 1024);
    PROCESS_SET(p, unit, stage_string(s, "db.service", 10));
    PROCESS_SET(p, tags, TAG_LEAK);
    p = stage_add(s, 2, "kthreadd", 0);
    PROCESS_SET(p, flags, PROCESS_KERNEL_THREAD);
    PROCESS_UNSET(p, anon_kb);
    PROCESS_UNSET(p, file_kb);
    PROCESS_UNSET(p, swap_kb);
    stage_run(s, 1);
}

static void sums_say_what_they_are_sums_of(void **state)
{
    const char *row;
    stage_t s;

    (void) state;
    open_groups(&s, 120);
    stage_keys(&s, "g");
    assert_shown(&s, "counts shared pages repeatedly");
    row = stage_row(&s, FIRST_ROW);
    assert_int_equal(strtol(row, NULL, 10), 2);
    assert_non_null(strstr(row, "web"));
    assert_non_null(strstr(row, "100.0 MB PSS+RSS")); // 60 of PSS, 36 + 4 of RSS
    assert_non_null(strstr(row, "120.0%"));
    assert_non_null(strstr(row, "+6.00 MB")); // +10 -4
    row = stage_row(&s, FIRST_ROW + 1);
    assert_non_null(strstr(row, "80.0 MB RSS"));
    assert_non_null(strstr(row, "LEAK"));
    row = stage_row(&s, FIRST_ROW + 2);
    assert_non_null(strstr(row, "kthreadd"));
    assert_non_null(strstr(row, " - -"));
    stage_done(&s);
}

static void space_means_the_same_in_groups(void **state)
{
    stage_t s;

    (void) state;
    open_groups(&s, 100);
    stage_keys(&s, "g ");
    assert_in_row(&s, FIRST_ROW, "+0.00 MB");
    stage_find(&s, 10)->anon_kb += 2048;
    stage_find(&s, 11)->anon_kb -= 1024;
    stage_run(&s, 1);
    assert_in_row(&s, FIRST_ROW, "+1.00 MB");
    stage_done(&s);
}

static void g_goes_round(void **state)
{
    stage_t s;

    (void) state;
    open_groups(&s, 100);
    stage_keys(&s, "g");
    assert_shown(&s, "BY NAME");
    stage_keys(&s, "g");
    assert_shown(&s, "BY USER");
    assert_shown(&s, "54321");
    stage_keys(&s, "g");
    assert_shown(&s, "BY UNIT");
    assert_shown(&s, "web.service");
    assert_shown(&s, "(no unit)");
    stage_keys(&s, "g");
    assert_not_shown(&s, "BY ");
    assert_shown(&s, "PID");
    stage_done(&s);
}

static void sort_keys_work_on_groups(void **state)
{
    stage_t s;

    (void) state;
    open_groups(&s, 100);
    stage_find(&s, 12)->baseline_kb = 1024;
    stage_run(&s, 1);
    stage_keys(&s, "gd");
    assert_in_row(&s, FIRST_ROW, "db");
    stage_keys(&s, "c");
    assert_in_row(&s, FIRST_ROW, "web");
    stage_keys(&s, "p"); // by the number of processes
    assert_in_row(&s, FIRST_ROW, "web");
    stage_keys(&s, "mI");
    assert_in_row(&s, FIRST_ROW, "db");
    stage_done(&s);
}

static void draw_sorted(stage_t *s, column_id_t column, bool inverted)
{
    s->app->list.order = (sort_order_t){.column = column, .inverted = inverted};
    s->app->stale = true;
    stage_draw(s);
}

static void units_are_in_order_of_their_names(void **state)
{
    static const uint64_t pids[] = {2, 12, 10, 11}; // of no unit, db, web, web
    static const char *const groups[] = {"(no unit)", "db.service", "web.service"};
    stage_t s;

    (void) state;
    open_groups(&s, 100);
    draw_sorted(&s, COLUMN_UNIT, false);
    for (int i = 0; i < 4; i++)
        assert_int_equal(stage_pid(&s, FIRST_ROW + i), pids[i]);
    draw_sorted(&s, COLUMN_UNIT, true);
    for (int i = 0; i < 2; i++)
        assert_int_equal(stage_pid(&s, FIRST_ROW + i), pids[2 + i]); // equals are not turned round
    assert_int_equal(stage_pid(&s, FIRST_ROW + 2), 12);
    stage_keys(&s, "ggg");
    for (int i = 0; i < 6; i++) {
        draw_sorted(&s, COLUMN_NAME, i >= 3);
        assert_in_row(&s, FIRST_ROW + i % 3, groups[i >= 3 ? 5 - i : i]);
    }
    stage_done(&s);
}

static void the_cursor_stays_inside_and_on_its_group(void **state)
{
    stage_t s;

    (void) state;
    open_groups(&s, 100);
    stage_keys(&s, "gjjjjjjj");
    assert_selected(&s, "kthreadd");
    stage_keys(&s, "k");
    assert_selected(&s, "db");
    stage_find(&s, 12)->anon_kb = 1 << 20;
    stage_run(&s, 1);
    assert_in_row(&s, FIRST_ROW, "db");
    assert_selected(&s, "db");
    stage_done(&s);
}

static void enter_shows_the_members(void **state)
{
    stage_t s;

    (void) state;
    open_groups(&s, 100);
    stage_keys(&s, "gj\r");
    assert_null(s.app->inspect);
    assert_shown(&s, "NAME = db: together MEM ");
    assert_in_row(&s, 23, "1/1");
    stage_keys(&s, "\x1b");
    assert_selected(&s, "db");
    stage_keys(&s, "k\r");
    assert_in_row(&s, 23, "1/2");
    // A new one joins, others stay out.
    stage_add(&s, 20, "web", 500 * 1024);
    stage_add(&s, 21, "other", 900 * 1024);
    stage_run(&s, 1);
    assert_in_row(&s, 23, "2/3");
    assert_int_equal(strtol(stage_row(&s, FIRST_ROW + VIEW_SUM_ROWS), NULL, 10), 20);
    stage_keys(&s, "k\r");
    assert_int_equal(s.inspected_pid, 20);
    stage_keys(&s, "\x1b");
    assert_shown(&s, "NAME = web");
    stage_keys(&s, "\x1b");
    assert_shown(&s, "BY NAME");
    assert_false(s.app->quit);
    stage_keys(&s, "\x1b");
    assert_true(s.app->quit);
    stage_done(&s);
}

// Each of a line of workers lives for half a minute: together they have the same all the time.
static void a_groups_past_is_not_that_of_who_lives(void **state)
{
    const char *row;
    stage_t s;

    (void) state;
    open_groups(&s, 160);
    for (uint64_t pid = 100; pid < 112; pid++) {
        stage_add(&s, pid, "job", 300 * 1024);
        stage_run(&s, 30);
        stage_remove(&s, pid);
    }
    stage_add(&s, 112, "job", 300 * 1024);
    stage_run(&s, 10);
    stage_keys(&s, "g");
    stage_key(&s, KEY_CODE_HOME);
    row = stage_row(&s, stage_find_row(&s, "job"));
    assert_non_null(strstr(row, " 0 ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁"));
    stage_keys(&s, "\r");
    assert_shown(&s, "300.0 - 300.0 MB anonymous + swap, last 4 min");
    // Some of its members: what those had that live.
    stage_keys(&s, "\x1b"
                   "fpid:112\r");
    row = stage_row(&s, stage_find_row(&s, "job"));
    assert_null(strstr(row, "▁▁▁"));
    stage_done(&s);
}

static void keys_need_no_picture_between_them(void **state)
{
    stage_t s;

    (void) state;
    open_groups(&s, 100);
    app_key(s.app, 'g');
    app_key(s.app, 'j');
    app_key(s.app, KEY_CODE_ENTER);
    app_key(s.app, KEY_CODE_ENTER);
    stage_draw(&s);
    assert_int_equal(s.inspected_pid, 12);
    stage_done(&s);
}

static void a_process_leads_to_its_group(void **state)
{
    stage_t s;

    (void) state;
    open_groups(&s, 100);
    stage_keys(&s, "j"); // db
    stage_keys(&s, "g");
    assert_selected(&s, "db");
    stage_done(&s);
}

static void an_empty_group_is_no_trap(void **state)
{
    stage_t s;

    (void) state;
    open_groups(&s, 100);
    stage_keys(&s, "gj\r");
    stage_remove(&s, 12);
    stage_run(&s, 1);
    assert_shown(&s, "nobody is left in this group");
    stage_keys(&s, "jk\r \x1b");
    assert_shown(&s, "BY NAME");
    stage_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(sums_say_what_they_are_sums_of),
            cmocka_unit_test(space_means_the_same_in_groups),
            cmocka_unit_test(g_goes_round),
            cmocka_unit_test(sort_keys_work_on_groups),
            cmocka_unit_test(units_are_in_order_of_their_names),
            cmocka_unit_test(the_cursor_stays_inside_and_on_its_group),
            cmocka_unit_test(enter_shows_the_members),
            cmocka_unit_test(a_groups_past_is_not_that_of_who_lives),
            cmocka_unit_test(keys_need_no_picture_between_them),
            cmocka_unit_test(a_process_leads_to_its_group),
            cmocka_unit_test(an_empty_group_is_no_trap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
