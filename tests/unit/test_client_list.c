// The list: which rows, in which order, and what keys do to them.

#include "tests/support/cmocka.h"
#include "tests/support/stage.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROW 4 // head and headings above it

static uint64_t selected_pid(const stage_t *s)
{
    return strtoull(stage_selected(s), NULL, 10);
}

// ---- Selection ---------------------------------------------------------------------------------

static void selection_follows_the_process(void **state)
{
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    assert_int_equal(selected_pid(&s), 10);
    stage_keys(&s, "jj");
    assert_int_equal(selected_pid(&s), 8);
    stage_add(&s, 50, "big", 900000);
    stage_add(&s, 51, "bigger", 990000);
    stage_run(&s, 1);
    assert_int_equal(stage_pid(&s, FIRST_ROW), 51);
    assert_int_equal(selected_pid(&s), 8);
    assert_int_equal(stage_find_row(&s, "p8"), FIRST_ROW + 4);
    stage_done(&s);
}

static void selection_follows_before_any_key(void **state)
{
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    stage_add(&s, 50, "big", 900000);
    stage_run(&s, 1);
    assert_int_equal(stage_pid(&s, FIRST_ROW), 50);
    assert_int_equal(selected_pid(&s), 10);
    stage_done(&s);
}

static void enter_opens_what_was_drawn(void **state)
{
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    stage_keys(&s, "j");
    stage_add(&s, 50, "big", 900000);
    stage_tick(&s, 1000);
    app_key(s.app, KEY_CODE_ENTER);
    assert_int_equal(s.inspected_pid, 9);
    assert_int_equal(s.inspected_start, 9);
    stage_draw(&s);
    assert_int_equal(stage_find_row(&s, "INSPECT: p9 (PID 9)"), 0);
    stage_done(&s);
}

static void keys_move_in_the_drawn_order(void **state)
{
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    stage_find(&s, 1)->anon_kb = 5000000; // would be first
    stage_tick(&s, 1000);
    app_key(s.app, 'j');
    app_key(s.app, 'j');
    app_key(s.app, 'k');
    app_key(s.app, KEY_CODE_ENTER);
    assert_int_equal(s.inspected_pid, 9);
    stage_done(&s);
}

static void enter_opens_the_drawn_one_though_it_died(void **state)
{
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    stage_remove(&s, 10);
    stage_tick(&s, 1000);
    app_key(s.app, KEY_CODE_ENTER);
    assert_int_equal(s.inspected_pid, 10);
    stage_draw(&s);
    assert_int_equal(stage_find_row(&s, "(PID 10)"), 0);
    assert_true(stage_find_row(&s, "EXITED") > 0);
    stage_done(&s);
}

static void death_leaves_the_cursor_on_its_line(void **state)
{
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    stage_keys(&s, "jjj");
    assert_int_equal(selected_pid(&s), 7);
    stage_remove(&s, 7);
    stage_run(&s, 1);
    assert_int_equal(selected_pid(&s), 6);
    stage_done(&s);
}

static void a_recycled_pid_is_somebody_else(void **state)
{
    process_snapshot_t *p;
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    stage_keys(&s, "jjj ");
    stage_remove(&s, 7);
    p = stage_add(&s, 7, "other", 1);
    PROCESS_SET(p, start_time, 777);
    PROCESS_SET(p, baseline_kb, 0);
    PROCESS_SET(p, anon_kb, 2048);
    stage_run(&s, 1);
    assert_int_equal(selected_pid(&s), 6);
    // Nor does it inherit the baseline that its forerunner was given.
    assert_in_row(&s, stage_find_row(&s, "other"), "+2.00 MB");
    stage_done(&s);
}

static void fast_keys_all_count(void **state)
{
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    for (int i = 0; i < 7; i++)
        app_key(s.app, KEY_CODE_DOWN);
    app_key(s.app, KEY_CODE_UP);
    stage_draw(&s);
    assert_int_equal(selected_pid(&s), 4);
    stage_done(&s);
}

static void an_untouched_cursor_does_not_drag_the_screen(void **state)
{
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    stage_resize(&s, 8, 80); // three lines of list
    stage_find(&s, 10)->anon_kb = 1;
    stage_run(&s, 1);
    assert_int_equal(stage_pid(&s, FIRST_ROW), 9);
    assert_int_equal(selected_pid(&s), 9);
    // One that was put there does.
    stage_keys(&s, "j");
    stage_find(&s, 8)->anon_kb = 1;
    stage_run(&s, 1);
    assert_int_equal(selected_pid(&s), 8);
    stage_done(&s);
}

// ---- Many --------------------------------------------------------------------------------------

static void every_row_of_thousands_is_reachable(void **state)
{
    enum { N = 6000 };
    unsigned char *seen = calloc(1, N + 1);
    uint64_t before = UINT64_MAX;
    stage_t s;

    (void) state;
    stage_init(&s, true, 24, 80);
    for (uint64_t pid = 1; pid <= N; pid++)
        stage_add(&s, pid, "p", pid * 7919 % N * 8);
    stage_run(&s, 1);
    assert_shown(&s, "6,000 processes");
    for (int i = 0; i < N; i++) {
        uint64_t pid = selected_pid(&s), kb = pid * 7919 % N * 8;

        assert_true(pid >= 1 && pid <= N && !seen[pid]);
        seen[pid] = 1;
        assert_true(kb <= before);
        before = kb;
        stage_key(&s, KEY_CODE_DOWN);
    }
    stage_key(&s, KEY_CODE_HOME);
    assert_int_equal(selected_pid(&s) * 7919 % N, N - 1);
    stage_key(&s, KEY_CODE_END);
    assert_int_equal(selected_pid(&s) * 7919 % N, 0);
    assert_in_row(&s, 23, "6000/6000");
    free(seen);
    stage_done(&s);
}

static void pages_leave_nothing_out(void **state)
{
    stage_t s;
    int rows = 0;

    (void) state;
    stage_init(&s, true, 15, 80);
    for (uint64_t pid = 1; pid <= 100; pid++)
        stage_add(&s, pid, "p", (1000 - pid) * 1024);
    stage_run(&s, 1);
    for (uint64_t next = 1;; stage_key(&s, KEY_CODE_PAGE_DOWN)) {
        for (int row = FIRST_ROW; row < 14; row++) {
            if (stage_pid(&s, row) == next) {
                next++;
                rows++;
            }
        }
        if (selected_pid(&s) == 100)
            break;
    }
    assert_int_equal(rows, 100);
    stage_done(&s);
}

// Whatever changes from one tick to the next, everybody is there once, and in order.
static void the_order_is_right_after_every_tick(void **state)
{
    enum { N = 300 };
    uint64_t next = N + 1;
    stage_t s;

    (void) state;
    stage_init(&s, true, 24, 80);
    srand(7);
    for (uint64_t pid = 1; pid <= N; pid++)
        stage_add(&s, pid, "p", (uint64_t) rand() % 100000);
    for (int round = 0; round < 400; round++) {
        const list_t *l = &s.app->list;
        uint64_t sum = 0, expected = 0;

        for (int k = rand() % (round % 5 ? 6 : N); k > 0; k--)
            s.processes[(size_t) rand() % N].anon_kb = (uint64_t) rand() % 100000;
        if (round % 3 == 0) {
            stage_remove(&s, s.processes[(size_t) rand() % N].pid);
            stage_add(&s, next++, "p", (uint64_t) rand() % 100000);
        }
        stage_run(&s, 1);
        assert_int_equal(l->n, N);
        for (size_t i = 0; i < N; i++) {
            const row_t *row = list_row(l, &s.app->model, i);

            sum += row->id.pid;
            expected += s.processes[i].pid;
            assert_true(i == 0 || list_row(l, &s.app->model, i - 1)->values[VALUE_MEM] >=
                                          row->values[VALUE_MEM]);
        }
        assert_int_equal(sum, expected);
        if (round % 50 == 49)
            stage_keys(&s, round % 100 == 99 ? "gm" : "ggggm");
        if (round % 100 == 99)
            stage_keys(&s, "ggg");
    }
    stage_done(&s);
}

// ---- Sorting -----------------------------------------------------------------------------------

static void keys_sort(void **state)
{
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    stage_find(&s, 3)->cpu_permille = 990;
    stage_find(&s, 5)->baseline_kb = 0;
    stage_run(&s, 1);
    stage_keys(&s, "c");
    assert_in_row(&s, 0, "[SORT: CPU]");
    assert_int_equal(stage_pid(&s, FIRST_ROW), 3);
    stage_keys(&s, "d");
    assert_in_row(&s, 0, "[SORT: DELTA]");
    assert_int_equal(stage_pid(&s, FIRST_ROW), 5);
    stage_keys(&s, "p");
    assert_in_row(&s, 0, "[SORT: PID]");
    assert_int_equal(stage_pid(&s, FIRST_ROW), 1);
    stage_keys(&s, "I");
    assert_int_equal(stage_pid(&s, FIRST_ROW), 10);
    stage_keys(&s, "m");
    assert_in_row(&s, 0, "[SORT: MEM]");
    assert_int_equal(stage_pid(&s, FIRST_ROW), 10);
    stage_keys(&s, "<");
    assert_in_row(&s, 0, "[SORT: STATE]");
    stage_keys(&s, "<");
    assert_in_row(&s, 0, "[SORT: NAME]");
    assert_int_equal(stage_pid(&s, FIRST_ROW), 1);
    assert_int_equal(stage_pid(&s, FIRST_ROW + 1), 10); // p1, p10, p2
    stage_done(&s);
}

static void unknown_comes_last_either_way(void **state)
{
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    PROCESS_UNSET(stage_find(&s, 10), anon_kb);
    stage_run(&s, 1);
    assert_int_equal(stage_pid(&s, FIRST_ROW + 9), 10);
    assert_in_row(&s, FIRST_ROW + 9, " - ");
    stage_keys(&s, "I");
    assert_int_equal(stage_pid(&s, FIRST_ROW), 1);
    assert_int_equal(stage_pid(&s, FIRST_ROW + 9), 10);
    stage_done(&s);
}

static void selection_survives_sorting(void **state)
{
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    stage_keys(&s, "jjp");
    assert_int_equal(selected_pid(&s), 8);
    stage_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(selection_follows_the_process),
            cmocka_unit_test(selection_follows_before_any_key),
            cmocka_unit_test(enter_opens_what_was_drawn),
            cmocka_unit_test(keys_move_in_the_drawn_order),
            cmocka_unit_test(enter_opens_the_drawn_one_though_it_died),
            cmocka_unit_test(death_leaves_the_cursor_on_its_line),
            cmocka_unit_test(a_recycled_pid_is_somebody_else),
            cmocka_unit_test(fast_keys_all_count),
            cmocka_unit_test(an_untouched_cursor_does_not_drag_the_screen),
            cmocka_unit_test(every_row_of_thousands_is_reachable),
            cmocka_unit_test(pages_leave_nothing_out),
            cmocka_unit_test(the_order_is_right_after_every_tick),
            cmocka_unit_test(keys_sort),
            cmocka_unit_test(unknown_comes_last_either_way),
            cmocka_unit_test(selection_survives_sorting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
