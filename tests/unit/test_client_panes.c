// The pane that says who took memory: what it shows, and what keys and the mouse do there.

#include "protocol/cursor.h"
#include "protocol/rows.h"
#include "tests/support/cmocka.h"
#include "tests/support/stage.h"

#include <stdlib.h>
#include <string.h>

#define KEY_ESCAPE "\x1b"

static void put_row(buffer_t *b, uint64_t pid, const char *name, uint64_t from, uint64_t to)
{
    why_row_t row = {.count = 1,
            .pid = pid,
            .start_time = pid / 100,
            .has_uid = true,
            .start_kb = from,
            .end_kb = to};

    row.name = (text_view_t){name, strlen(name)};
    why_row_put(b, &row);
}

static void answer_partly(stage_t *s, uint64_t request, uint64_t unseen_s, uint64_t known_s)
{
    uint64_t now = s->snapshot.system.mono_ms;
    buffer_t rows = {0}, ledger = {0};
    ledger_line_t line = {LEDGER_PROCESSES, 4 << 20, 6 << 20};
    why_row_t cache = {.kind = LEDGER_CACHE_DIRTY, .start_kb = 1 << 20, .end_kb = 1 << 19};
    message_t m = {0};
    why_message_t *w = &m.why;

    put_row(&rows, 3587, "chrome", 1 << 20, 2 << 20);
    put_row(&rows, 4000, "gone\x1b", 0, 300 << 10);
    why_row_put(&rows, &cache);
    ledger_line_put(&ledger, &line);
    line = (ledger_line_t){LEDGER_FREE, 9 << 20, 7 << 20};
    ledger_line_put(&ledger, &line);
    MESSAGE_SET(w, request, request);
    MESSAGE_SET(w, known_ms, now - known_s * 1000);
    MESSAGE_SET(w, to_ms, now);
    MESSAGE_SET(w, change_from_ms, now - 200000);
    MESSAGE_SET(w, change_to_ms, now - 20000);
    MESSAGE_SET(w, change_from_kb, 5 << 20);
    MESSAGE_SET(w, change_to_kb, 7 << 20);
    MESSAGE_SET(w, steepest_from_ms, now - 100000);
    MESSAGE_SET(w, steepest_to_ms, now - 90000);
    MESSAGE_SET(w, steepest_kb, 700 << 10);
    if (unseen_s > 0) {
        MESSAGE_SET(w, unseen_from_ms, now - 60000);
        MESSAGE_SET(w, unseen_to_ms, now - 60000 + unseen_s * 1000);
    }
    MESSAGE_SET(w, others, 12);
    MESSAGE_SET(w, others_kb, 5 << 10);
    MESSAGE_SET(w, hidden_kb, 0);
    MESSAGE_SET(w, unexplained_kb, -(3 << 10));
    MESSAGE_SET_TEXT(w, rows, (const char *) rows.data, rows.len);
    MESSAGE_SET_TEXT(w, ledger, (const char *) ledger.data, ledger.len);
    app_message(s->app, MESSAGE_WHY, &m);
    stage_draw(s);
    buffer_done(&rows);
    buffer_done(&ledger);
}

static void answer(stage_t *s, uint64_t request)
{
    answer_partly(s, request, 0, 900);
}

static void why_tells_what_was_not_seen(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    stage_keys(&s, "w");
    answer_partly(&s, 3001, 7, 400);
    assert_shown(&s, "Nothing was seen from ");
    assert_shown(&s, "WHY memory changed in 10 min (6 min known)");
    stage_keys(&s, "-"); // all of that is known
    assert_not_shown(&s, "known)");
    assert_shown(&s, "WHY memory changed in the last 2 min");
    stage_done(&s);
}

static void why_tells_who(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    stage_keys(&s, "w");
    assert_int_equal(s.why_requests, 1);
    assert_int_equal(s.why_from_ms, s.snapshot.system.mono_ms - 600000);
    assert_shown(&s, "WHY memory changed in the last 10 min");
    answer(&s, 77); // not awaited
    assert_shown(&s, "waiting for the daemon");
    answer(&s, 3001);
    assert_shown(&s, "used memory rose 2.0 GiB: 50% chrome (PID 3587");
    assert_shown(&s, "Steepest: +700 MiB within 10 s from 22:11:41.");
    assert_shown(&s, "gone?");
    assert_true(stage_golden(&s, "why_80x24"));
    stage_resize(&s, 50, 160);
    assert_true(stage_golden(&s, "why_160x50"));
    stage_resize(&s, 15, 60);
    assert_true(stage_golden(&s, "why_60x15"));
    stage_done(&s);
}

// The cursor follows who it is on, opens also who is dead, and ESC leads back.
static void a_reason_can_be_opened(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    stage_keys(&s, "w");
    stage_keys(&s, "\r"); // nothing to open yet
    assert_int_equal(s.app->view, VIEW_WHY);
    answer(&s, 3001);
    assert_selected(&s, "chrome");
    stage_keys(&s, "j");
    assert_selected(&s, "gone?");
    stage_keys(&s, "\r");
    assert_shown(&s, "INSPECT: gone? (PID 4000)");
    assert_shown(&s, "EXITED; nothing more is known of it");
    assert_not_shown(&s, "BREAKDOWN");
    assert_int_equal(s.inspected_pid, 4000);
    assert_int_equal(s.inspected_start, 40);
    stage_keys(&s, KEY_ESCAPE);
    assert_int_equal(s.app->view, VIEW_WHY);
    assert_selected(&s, "gone?");
    stage_keys(&s, "j\r"); // a part of the kernel's
    assert_int_equal(s.app->view, VIEW_WHY);
    // Below the rows is the ledger, which short screens have to scroll to.
    stage_resize(&s, 15, 60);
    stage_keys(&s, "jjjjjjjjjjjj");
    assert_shown(&s, "free                      9.0 GiB");
    stage_resize(&s, 8, 60);
    stage_key(&s, KEY_CODE_END);
    assert_string_equal(stage_selected(&s), "");
    stage_keys(&s, "\r"); // nobody is opened who is not seen
    assert_int_equal(s.app->view, VIEW_WHY);
    assert_selected(&s, "dirty page cache");
    stage_resize(&s, 15, 60);
    stage_key(&s, KEY_CODE_HOME);
    assert_selected(&s, "chrome");
    // From the process to why again, and back to where nothing is left.
    stage_keys(&s, "\rw" KEY_ESCAPE KEY_ESCAPE);
    assert_int_equal(s.app->view, VIEW_LIST);
    stage_done(&s);
}

// One row for all that are called alike, one for a part of the kernel's of which the writer is
// known, and two for nobody that lives.
static void answer_with_several(stage_t *s, uint64_t request, unsigned by, const char *name)
{
    why_row_t several = {.count = 501, .end_kb = 1 << 20}, ended = {.count = 7, .end_kb = 1 << 18};
    why_row_t tmpfs = {.kind = LEDGER_SHMEM, .pid = 812, .start_time = 812, .end_kb = 1 << 19};
    buffer_t rows = {0};
    message_t m = {0};

    several.name = several.unit = (text_view_t){name, strlen(name)};
    several.has_uid = by == WHY_BY_USER;
    ended.name = ended.unit = (text_view_t){"gone", 4};
    tmpfs.name = (text_view_t){"postgres", 8};
    why_row_put(&rows, &several);
    why_row_put(&rows, &tmpfs);
    why_row_put(&rows, &ended);
    MESSAGE_SET(&m.why, request, request);
    MESSAGE_SET(&m.why, by, by);
    MESSAGE_SET(&m.why, change_to_kb, 2 << 20);
    MESSAGE_SET_TEXT(&m.why, rows, (const char *) rows.data, rows.len);
    app_message(s->app, MESSAGE_WHY, &m);
    stage_draw(s);
    buffer_done(&rows);
}

// Enter on a row of several shows those of them that live, and ESC leads back: to the reasons, and
// from there to the list as it was.
static void a_row_of_several_opens_its_processes(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    stage_keys(&s, "fchrome\rw");
    answer_with_several(&s, 3001, WHY_BY_PROCESS, "worker");
    assert_in_row(&s, stage_find_row(&s, "worker  "), "×501");
    stage_keys(&s, "\r");
    assert_shown(&s, "NAME = worker: together MEM");
    assert_int_equal(s.app->list.n, 24);
    assert_not_shown(&s, "postgres");
    stage_keys(&s, "j\r"); // one of them, and back
    assert_int_equal(s.inspected_pid, stage_find(&s, 1007)->pid);
    stage_keys(&s, KEY_ESCAPE);
    assert_shown(&s, "NAME = worker");
    stage_keys(&s, KEY_ESCAPE);
    assert_int_equal(s.app->view, VIEW_WHY);
    assert_selected(&s, "worker");
    stage_keys(&s, "j\r");
    assert_shown(&s, "INSPECT: postgres (PID 812)");
    stage_keys(&s, KEY_ESCAPE "j\r");
    assert_shown(&s, "none of these processes lives any more");
    assert_int_equal(s.app->view, VIEW_WHY);
    stage_keys(&s, KEY_ESCAPE);
    assert_shown(&s, "FILTER: chrome");
    assert_int_equal(s.app->list.n, 2);
    stage_done(&s);
}

// It ended long before anybody looked, and the daemon has forgotten all else.
static void the_end_of_the_forgotten_is_told(void **state)
{
    why_row_t row = {.count = 1, .pid = 4000, .start_time = 40, .end_kb = 1 << 20};
    buffer_t rows = {0};
    message_t m = {0};
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    row.exited_ms = s.snapshot.system.mono_ms - 11 * 60 * 1000;
    row.name = (text_view_t){"gone", 4};
    why_row_put(&rows, &row);
    stage_keys(&s, "w");
    MESSAGE_SET(&m.why, request, 3001);
    MESSAGE_SET(&m.why, change_to_kb, 1 << 20);
    MESSAGE_SET_TEXT(&m.why, rows, (const char *) rows.data, rows.len);
    app_message(s.app, MESSAGE_WHY, &m);
    stage_draw(&s);
    stage_keys(&s, "\r");
    assert_shown(&s, "EXITED 11 min ago at 22:0");
    assert_shown(&s, "nothing more is known of it");
    stage_run(&s, 2);
    assert_shown(&s, "EXITED 11 min ago at 22:0");
    buffer_done(&rows);
    stage_done(&s);
}

// Rows of users and of units are several by nature.
static void rows_of_users_and_units_open_too(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    stage_keys(&s, "w");
    answer_with_several(&s, 3001, WHY_BY_UNIT, "app-chrome.scope");
    stage_keys(&s, "\r");
    assert_shown(&s, "UNIT = app-chrome.scope");
    assert_int_equal(s.app->list.n, 1);
    stage_keys(&s, KEY_ESCAPE "g");
    answer_with_several(&s, s.why_requests + 3000, WHY_BY_USER, "");
    stage_keys(&s, "\r");
    assert_shown(&s, "USER = root");
    // Reasons asked for from there, and their processes: two steps further, and as many back.
    stage_keys(&s, "w");
    answer_with_several(&s, s.why_requests + 3000, WHY_BY_NAME, "chrome");
    stage_keys(&s, "\r");
    assert_shown(&s, "NAME = chrome");
    stage_keys(&s, KEY_ESCAPE KEY_ESCAPE);
    assert_int_equal(s.app->view, VIEW_LIST);
    assert_int_equal(s.app->list.n, 32);
    // Above an inspection, which then is none any more.
    stage_keys(&s, "\rw");
    answer_with_several(&s, s.why_requests + 3000, WHY_BY_NAME, "chrome");
    stage_keys(&s, "\r");
    assert_null(s.app->inspect);
    stage_keys(&s, "y" KEY_ESCAPE KEY_ESCAPE);
    assert_int_equal(s.app->view, VIEW_LIST);
    assert_false(s.app->quit);
    stage_done(&s);
}

static void pages_move_the_cursor_and_then_the_screen(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 15, 60);
    stage_keys(&s, "w");
    stage_key(&s, KEY_CODE_PAGE_DOWN); // nothing is known yet
    answer(&s, 3001);
    assert_selected(&s, "chrome");
    stage_key(&s, KEY_CODE_PAGE_DOWN);
    assert_int_equal(s.app->why->cursor, 2);
    assert_not_shown(&s, "free   ");
    stage_key(&s, KEY_CODE_PAGE_DOWN);
    assert_shown(&s, "free                      9.0 GiB");
    stage_key(&s, KEY_CODE_PAGE_UP);
    stage_key(&s, KEY_CODE_PAGE_UP);
    assert_selected(&s, "chrome");
    stage_done(&s);
}

static void the_mouse_opens_reasons(void **state)
{
    stage_t s;
    int row;

    (void) state;
    stage_open(&s, 24, 80);
    stage_keys(&s, "w");
    answer(&s, 3001);
    row = stage_find_row(&s, "gone?   ");
    app_mouse(s.app, MOUSE_PRESS, row, 10);
    stage_draw(&s);
    assert_selected(&s, "gone?");
    app_mouse(s.app, MOUSE_PRESS, row, 10);
    assert_int_equal(s.inspected_pid, 4000);
    // Where there is nothing to press, nothing happens.
    stage_keys(&s, KEY_ESCAPE);
    for (int i = -2; i < 30; i++)
        app_mouse(s.app, MOUSE_PRESS, i, i * 5);
    stage_draw(&s);
    stage_done(&s);
}

// Hundreds of rows that hardly changed say nothing.
static void what_hardly_changed_is_summed_up(void **state)
{
    buffer_t rows = {0};
    message_t m = {0};
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    stage_keys(&s, "w");
    put_row(&rows, 3587, "chrome", 1 << 20, 2 << 20);
    for (uint64_t pid = 5000; pid < 5010; pid++)
        put_row(&rows, pid, "small", 100, 612);
    MESSAGE_SET(&m.why, request, 3001);
    MESSAGE_SET(&m.why, change_from_kb, 5 << 20);
    MESSAGE_SET(&m.why, change_to_kb, 6 << 20);
    MESSAGE_SET(&m.why, others, 3);
    MESSAGE_SET(&m.why, others_kb, 1 << 10);
    MESSAGE_SET_TEXT(&m.why, rows, (const char *) rows.data, rows.len);
    app_message(s.app, MESSAGE_WHY, &m);
    stage_draw(&s);
    assert_not_shown(&s, "small");
    assert_shown(&s, " +6.0 MiB    1%  13 others");
    buffer_done(&rows);
    stage_done(&s);
}

static void why_goes_on_asking(void **state)
{
    message_t m = {0};
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    stage_keys(&s, "\r++w");
    assert_int_equal(s.why_from_ms, s.snapshot.system.mono_ms - 600000); // the span inspected
    answer(&s, 3001);
    stage_run(&s, 4);
    assert_int_equal(s.why_requests, 1);
    stage_run(&s, 1);
    assert_int_equal(s.why_requests, 2);
    // What could not be answered leaves what is there.
    MESSAGE_SET(&m.error, request, 3002);
    MESSAGE_SET(&m.error, code, ERROR_LIMIT);
    app_message(s.app, MESSAGE_ERROR, &m);
    stage_draw(&s);
    assert_shown(&s, "used memory rose");
    // Too many at once are asked again after the next tick.
    stage_run(&s, 1);
    assert_int_equal(s.why_requests, 3);
    // An answer that takes long is waited for.
    stage_run(&s, 20);
    assert_int_equal(s.why_requests, 3);
    answer(&s, 3003);
    stage_run(&s, 1);
    assert_int_equal(s.why_requests, 4);
    stage_keys(&s, "-");
    assert_int_equal(s.why_from_ms, s.snapshot.system.mono_ms - 120000);
    stage_keys(&s, "g");
    assert_int_equal(s.why_by, WHY_BY_NAME);
    assert_shown(&s, "WHO, by process"); // what is there, until the answer comes
    stage_keys(&s, "g");
    assert_int_equal(s.why_by, WHY_BY_UNIT);
    assert_int_equal(s.why_requests, 7);
    stage_keys(&s, KEY_ESCAPE);
    assert_int_equal(s.app->view, VIEW_INSPECT);
    stage_run(&s, 20);
    assert_int_equal(s.why_requests, 7);
    stage_done(&s);
}

static void answers_may_be_any_bytes(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    stage_keys(&s, "w");
    srand(1);
    for (unsigned round = 0; round < 3000; round++) {
        char rows[64], ledger[64];
        message_t m = {0};

        for (size_t i = 0; i < sizeof(rows); i++) {
            rows[i] = (char) rand();
            ledger[i] = (char) rand();
        }
        s.app->why->request = 7;
        MESSAGE_SET(&m.why, request, 7);
        MESSAGE_SET(&m.why, change_from_kb, (uint64_t) rand() << 33);
        MESSAGE_SET(&m.why, change_to_kb, (uint64_t) rand() << 33);
        MESSAGE_SET(&m.why, unexplained_kb, INT64_MIN + rand());
        MESSAGE_SET(&m.why, steepest_kb, INT64_MIN);
        MESSAGE_SET_TEXT(&m.why, rows, rows, (size_t) rand() % sizeof(rows));
        MESSAGE_SET_TEXT(&m.why, ledger, ledger, (size_t) rand() % sizeof(ledger));
        app_message(s.app, MESSAGE_WHY, &m);
        stage_draw(&s);
        assert_true(s.app->why->reasons.n <= REASONS_MAX);
    }
    stage_done(&s);
}

static void a_daemon_that_does_not_know_is_not_asked(void **state)
{
    hello_message_t hello = {0};
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    MESSAGE_SET(&hello, features, FEATURE_HISTORY);
    app_link(s.app, LINK_RECONNECTING, "gone", NULL);
    app_link(s.app, LINK_LIVE, "", &hello);
    stage_keys(&s, "e");
    assert_shown(&s, "this daemon is too old to keep events");
    stage_keys(&s, "w");
    assert_shown(&s, "this daemon is too old to say who took memory: update memscoped");
    assert_int_equal(s.events_requests + s.why_requests, 0);
    stage_keys(&s, "w");
    assert_int_equal(s.app->view, VIEW_LIST);
    stage_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(why_tells_who),
            cmocka_unit_test(why_tells_what_was_not_seen),
            cmocka_unit_test(a_reason_can_be_opened),
            cmocka_unit_test(a_row_of_several_opens_its_processes),
            cmocka_unit_test(rows_of_users_and_units_open_too),
            cmocka_unit_test(the_end_of_the_forgotten_is_told),
            cmocka_unit_test(pages_move_the_cursor_and_then_the_screen),
            cmocka_unit_test(the_mouse_opens_reasons),
            cmocka_unit_test(what_hardly_changed_is_summed_up),
            cmocka_unit_test(why_goes_on_asking),
            cmocka_unit_test(answers_may_be_any_bytes),
            cmocka_unit_test(a_daemon_that_does_not_know_is_not_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
