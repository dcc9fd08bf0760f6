// Processes below their parents.

#include "tests/support/cmocka.h"
#include "tests/support/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROW 4

static process_snapshot_t *add(
        stage_t *s, uint64_t pid, uint64_t ppid, const char *name, uint64_t mb)
{
    process_snapshot_t *p = stage_add(s, pid, name, mb * 1024);

    PROCESS_SET(p, file_kb, 0);
    PROCESS_SET(p, ppid, ppid);
    return p;
}

// 1 ─ 10 (20 MB) ─ 11 (5 MB), 12 (7 MB);  1 ─ 20 (30 MB);  2, a root of its own
static void open_tree(stage_t *s)
{
    stage_init(s, true, 24, 100);
    add(s, 1, 0, "init", 1);
    add(s, 10, 1, "server", 20);
    add(s, 11, 10, "small", 5);
    add(s, 12, 10, "large", 7);
    add(s, 20, 1, "alone", 30);
    add(s, 2, 0, "second", 3);
    stage_run(s, 1);
    stage_keys(s, "t");
}

static void assert_order(const stage_t *s, size_t n, const unsigned *pids)
{
    assert_int_equal(s->app->list.n, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(strtoul(stage_row(s, FIRST_ROW + (int) i), NULL, 10), pids[i]);
}

#define ASSERT_ORDER(s, ...) \
    assert_order(s, sizeof((unsigned[]){__VA_ARGS__}) / sizeof(unsigned), (unsigned[]){__VA_ARGS__})

static void children_stand_below_their_parents(void **state)
{
    stage_t s;

    (void) state;
    open_tree(&s);
    ASSERT_ORDER(&s, 1, 10, 12, 11, 20, 2);
    assert_int_equal(
            stage_column(&s, FIRST_ROW + 1, "├ server"), stage_column(&s, FIRST_ROW, "init"));
    assert_int_equal(
            stage_column(&s, FIRST_ROW + 2, "├ large"), stage_column(&s, FIRST_ROW, "init") + 2);
    // Lines go on beside whom more follow, and no further.
    assert_in_row(&s, FIRST_ROW + 3, "│ └ ");
    assert_in_row(&s, FIRST_ROW + 4, " └ ");
    assert_null(strstr(stage_row(&s, FIRST_ROW + 5), "└"));
    stage_done(&s);
}

static void sums_are_of_the_whole_subtree(void **state)
{
    stage_t s;

    (void) state;
    open_tree(&s);
    assert_shown(&s, "SUBTREE");
    assert_in_row(&s, FIRST_ROW, " 1.0 MB    63.0 MB");
    assert_in_row(&s, FIRST_ROW + 1, "20.0 MB    32.0 MB");
    assert_in_row(&s, FIRST_ROW + 3, " 5.0 MB     5.0 MB");
    // Brothers are in order of that: 32 before 30, though 20 is less than 30.
    stage_find(&s, 12)->anon_kb = 1024;
    stage_run(&s, 1);
    ASSERT_ORDER(&s, 1, 20, 10, 11, 12, 2);
    stage_keys(&s, "p");
    ASSERT_ORDER(&s, 1, 10, 11, 12, 20, 2);
    stage_done(&s);
}

static void a_filter_keeps_the_way_up(void **state)
{
    stage_t s;

    (void) state;
    open_tree(&s);
    stage_keys(&s, "flarge\r");
    ASSERT_ORDER(&s, 1, 10, 12);
    stage_done(&s);
}

// Narrow screens give other columns up for the names.
static void names_have_room_at_any_width(void **state)
{
    stage_t s;

    (void) state;
    open_tree(&s);
    add(&s, 13, 12, "postgres-writer", 2);
    stage_run(&s, 1);
    for (int cols = 60; cols <= 300; cols += 4) {
        stage_resize(&s, 24, cols);
        assert_shown(&s, "│ └ postgres-w");
        assert_shown(&s, "RSS");
    }
    stage_done(&s);
}

static void circles_and_orphans_are_shown_once(void **state)
{
    stage_t s;

    (void) state;
    open_tree(&s);
    add(&s, 30, 31, "a", 1);
    add(&s, 31, 32, "b", 1);
    add(&s, 32, 30, "c", 1);
    add(&s, 40, 40, "self", 1);
    add(&s, 50, 9999, "orphan", 1);
    stage_run(&s, 1);
    assert_int_equal(s.app->list.n, 11);
    for (const char *const *name =
                    (const char *const[]){" a ", " b ", " c ", "self", "orphan", NULL};
            *name; name++)
        assert_shown(&s, *name);
    stage_done(&s);
}

static void any_parents_make_some_tree(void **state)
{
    stage_t s;

    (void) state;
    stage_init(&s, true, 24, 100);
    srand(4);
    for (uint64_t pid = 1; pid <= 300; pid++)
        add(&s, pid, 0, "p", 1);
    stage_keys(&s, "t");
    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < 300; i++)
            PROCESS_SET(&s.processes[i], ppid, (uint64_t) rand() % (round % 2 ? 300 : 5));
        stage_run(&s, 1);
        assert_int_equal(s.app->list.n, 300);
    }
    stage_done(&s);
}

static void a_long_line_of_descent(void **state)
{
    stage_t s;

    (void) state;
    stage_init(&s, true, 24, 80);
    for (uint64_t pid = 1; pid <= 9000; pid++)
        add(&s, pid, pid - 1, "p", 1);
    stage_run(&s, 1);
    stage_keys(&s, "t");
    stage_key(&s, KEY_CODE_END);
    assert_int_equal(s.app->list.n, 9000);
    assert_selected(&s, "└ p");
    stage_done(&s);
}

static void t_and_g_exclude_each_other(void **state)
{
    stage_t s;

    (void) state;
    open_tree(&s);
    stage_key(&s, KEY_CODE_HOME);
    stage_keys(&s, "j");
    stage_keys(&s, "t");
    assert_not_shown(&s, "SUBTREE");
    assert_selected(&s, "server");
    stage_keys(&s, "tg");
    assert_not_shown(&s, "SUBTREE");
    assert_shown(&s, "BY NAME");
    stage_keys(&s, "t");
    assert_shown(&s, "SUBTREE");
    // A sort column that goes away does not stay in force unseen.
    stage_keys(&s, "m>");
    assert_shown(&s, "[SORT: SUBTREE]");
    stage_keys(&s, "t");
    assert_shown(&s, "[SORT: MEM]");
    stage_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(children_stand_below_their_parents),
            cmocka_unit_test(sums_are_of_the_whole_subtree),
            cmocka_unit_test(a_filter_keeps_the_way_up),
            cmocka_unit_test(names_have_room_at_any_width),
            cmocka_unit_test(circles_and_orphans_are_shown_once),
            cmocka_unit_test(any_parents_make_some_tree),
            cmocka_unit_test(a_long_line_of_descent),
            cmocka_unit_test(t_and_g_exclude_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
