// Inspecting one process.

#include "client/widget/sparkline.h"
#include "common/cleanup.h"
#include "protocol/cursor.h"
#include "tests/support/cmocka.h"
#include "tests/support/stage.h"

#include <stdlib.h>
#include <string.h>

static process_snapshot_t *open_one(stage_t *s)
{
    process_snapshot_t *p;

    stage_init(s, true, 40, 100);
    p = stage_add(s, 500, "victim", 200 * 1024);
    PROCESS_SET(p, file_kb, 100 * 1024);
    PROCESS_SET(p, shmem_kb, 50 * 1024);
    stage_add(s, 501, "other", 1024);
    stage_run(s, 1);
    stage_keys(s, "\r");
    assert_int_equal(s->inspected_pid, 500);
    return p;
}

// The text after `label` in the row that has it.
static const char *after(const stage_t *s, const char *label)
{
    int row = stage_find_row(s, label);

    assert_int_not_equal(row, -1);
    return strstr(stage_row(s, row), label) + strlen(label);
}

// What stands behind a label (and its gauge), without blanks.
static char first_after(const stage_t *s, const char *label, char end)
{
    const char *at = after(s, label);

    if (end)
        at = strchr(at, end) + 1;
    return at[strspn(at, " ")];
}

static details_message_t details_of(const stage_t *s)
{
    details_message_t d = {0};

    MESSAGE_SET(&d, pid, 500);
    MESSAGE_SET(&d, start_time, 500);
    MESSAGE_SET(&d, mono_ms, s->snapshot.system.mono_ms);
    return d;
}

static void send_details(stage_t *s, details_message_t d)
{
    message_t m = {.details = d};

    app_message(s->app, MESSAGE_DETAILS, &m);
    stage_draw(s);
}

// ---- Breakdown ---------------------------------------------------------------------------------

static void the_snapshot_stands_in_until_details_come(void **state)
{
    stage_t s;

    (void) state;
    open_one(&s);
    assert_shown(&s, "INSPECT: victim (PID 500)");
    assert_non_null(strstr(after(&s, "Anon "), "200.0 MB"));
    assert_non_null(strstr(after(&s, "File "), "100.0 MB"));
    assert_non_null(strstr(after(&s, "Shmem "), "50.0 MB"));
    assert_non_null(strstr(after(&s, "Total RSS:"), "350.0 MB"));
    assert_int_equal(first_after(&s, "Private ", ']'), '-');
    assert_int_equal(first_after(&s, "Locked ", ']'), '-');
    stage_done(&s);
}

static void details_say_who_answered_and_when(void **state)
{
    static const char unreadable[] = "smaps_rollup: \x1b[2Jnot \nallowed";
    details_message_t d;
    stage_t s;

    (void) state;
    open_one(&s);
    d = details_of(&s);
    MESSAGE_SET(&d, source, PSS_SOURCE_ROLLUP);
    MESSAGE_SET(&d, breakdown_ms, s.snapshot.system.mono_ms - 7000);
    MESSAGE_SET(&d, rss_kb, 360 * 1024);
    MESSAGE_SET(&d, anon_kb, 210 * 1024);
    MESSAGE_SET(&d, file_kb, 90 * 1024);
    MESSAGE_SET(&d, shmem_kb, 60 * 1024);
    MESSAGE_SET(&d, swap_kb, 0);
    MESSAGE_SET(&d, pss_kb, 300 * 1024);
    MESSAGE_SET(&d, private_clean_kb, 10 * 1024);
    MESSAGE_SET(&d, private_dirty_kb, 205 * 1024);
    MESSAGE_SET(&d, locked_kb, 1024);
    MESSAGE_SET(&d, page_tables_kb, 2048);
    send_details(&s, d);
    assert_non_null(strstr(after(&s, "Private "), "215.0 MB"));
    assert_non_null(strstr(after(&s, "Anon "), "210.0 MB"));
    assert_non_null(strstr(after(&s, "File "), "90.0 MB"));
    assert_non_null(strstr(after(&s, "Shmem "), "60.0 MB"));
    assert_non_null(strstr(after(&s, "Locked "), "1.0 MB"));
    assert_non_null(strstr(after(&s, "PageTbl "), "2.0 MB"));
    assert_non_null(strstr(after(&s, "Total RSS:"), "360.0 MB")); // 210 + 90 + 60
    assert_non_null(strstr(after(&s, "Total PSS:"), "300.0 MB"));
    assert_non_null(strstr(after(&s, "Source:"), "smaps_rollup, 7 s ago"));
    MESSAGE_SET(&d, locked_kb, 400 * 1024); // more than is there
    MESSAGE_SET(&d, source, PSS_SOURCE_STATUS);
    d.has.pss_kb = d.has.private_clean_kb = d.has.private_dirty_kb = false;
    MESSAGE_SET_TEXT(&d, unreadable, unreadable, sizeof(unreadable) - 1);
    send_details(&s, d);
    assert_non_null(strstr(after(&s, "Source:"), "status"));
    assert_non_null(strstr(after(&s, "Locked "), "400.0 MB"));
    assert_null(strchr(after(&s, "Locked "), '%'));
    assert_int_equal(first_after(&s, "Total PSS:", 0), '-');
    assert_shown(&s, "smaps_rollup: ?[2Jnot ?allowed");
    stage_done(&s);
}

static void a_limit_says_when_it_is_reached(void **state)
{
    process_snapshot_t *p;
    details_message_t d;
    stage_t s;

    (void) state;
    p = open_one(&s);
    d = details_of(&s);
    MESSAGE_SET(&d, cgroup_limit_kb, 2000 * 1024);
    MESSAGE_SET(&d, cgroup_used_kb, 1000 * 1024);
    send_details(&s, d);
    assert_shown(&s, "Limit     [██████░░░░░░] 1000.0 MB of 2000.0 MB in its cgroup");
    assert_not_shown(&s, "full in");
    for (int i = 0; i < 60; i++) {
        p->anon_kb += 1024;
        stage_run(&s, 1);
    }
    assert_shown(&s, "in its cgroup, full in 16 min at its rate");
    // Without one it is the host's memory that a leak uses up.
    d.has.cgroup_limit_kb = false;
    PROCESS_SET(p, tags, TAG_LEAK);
    stage_run(&s, 1);
    send_details(&s, d);
    assert_shown(&s, "that are left are used up in 5 h");
    stage_done(&s);
}

static void details_of_others_are_ignored(void **state)
{
    details_message_t d;
    stage_t s;

    (void) state;
    open_one(&s);
    d = details_of(&s);
    MESSAGE_SET(&d, start_time, 499);
    MESSAGE_SET(&d, rss_kb, 1);
    send_details(&s, d);
    assert_non_null(strstr(after(&s, "Total RSS:"), "350.0 MB"));
    stage_done(&s);
}

static void space_resets_here_too(void **state)
{
    process_snapshot_t *p;
    stage_t s;

    (void) state;
    p = open_one(&s);
    p->anon_kb += 5 * 1024;
    stage_run(&s, 1);
    assert_non_null(strstr(after(&s, "Total RSS:"), "+5.00 MB"));
    stage_keys(&s, " ");
    assert_non_null(strstr(after(&s, "Total RSS:"), "+0.00 MB"));
    stage_run(&s, 1);
    assert_non_null(strstr(after(&s, "Total RSS:"), "+0.00 MB"));
    stage_done(&s);
}

// ---- Those without memory ----------------------------------------------------------------------

static void one_that_exits_keeps_its_last_figures(void **state)
{
    stage_t s;

    (void) state;
    open_one(&s);
    stage_run(&s, 1);
    stage_remove(&s, 500);
    stage_run(&s, 3);
    assert_shown(&s, "EXITED 2 s ago at 22:13:");
    assert_shown(&s, "victim (PID 500)");
    assert_non_null(strstr(after(&s, "Total RSS:"), "350.0 MB"));
    assert_shown(&s, "Last: 350.00 MB");
    stage_keys(&s, "\x1b");
    assert_int_equal(s.inspected_pid, 0);
    assert_shown(&s, "other");
    stage_done(&s);
}

static void one_that_dies_by_way_of_a_zombie_keeps_them_too(void **state)
{
    process_snapshot_t *p;
    details_message_t d;
    stage_t s;

    (void) state;
    p = open_one(&s);
    PROCESS_SET(p, state, 'Z');
    PROCESS_SET(p, anon_kb, 0);
    PROCESS_SET(p, file_kb, 0);
    PROCESS_SET(p, shmem_kb, 0);
    stage_run(&s, 1);
    d = details_of(&s);
    MESSAGE_SET(&d, rss_kb, 0);
    MESSAGE_SET(&d, anon_kb, 0);
    send_details(&s, d);
    assert_shown(&s, "has not reaped it");
    assert_not_shown(&s, "BREAKDOWN");
    stage_remove(&s, 500);
    stage_run(&s, 1);
    assert_shown(&s, "EXITED");
    assert_non_null(strstr(after(&s, "Total RSS:"), "350.0 MB"));
    assert_shown(&s, "Last: 350.00 MB");
    stage_done(&s);
}

static void the_daemon_knows_best_when_it_exited(void **state)
{
    details_message_t d;
    stage_t s;

    (void) state;
    open_one(&s);
    stage_remove(&s, 500);
    stage_run(&s, 1);
    d = details_of(&s);
    MESSAGE_SET(&d, exited_ms, s.snapshot.system.mono_ms - 59000);
    send_details(&s, d);
    assert_shown(&s, "EXITED 59 s ago");
    stage_done(&s);
}

static void a_kernel_thread_has_no_numbers(void **state)
{
    process_snapshot_t *p;
    stage_t s;

    (void) state;
    stage_init(&s, true, 24, 80);
    p = stage_add(&s, 2, "kthreadd", 0);
    PROCESS_SET(p, flags, PROCESS_KERNEL_THREAD);
    PROCESS_UNSET(p, anon_kb);
    PROCESS_UNSET(p, file_kb);
    PROCESS_UNSET(p, shmem_kb);
    PROCESS_UNSET(p, swap_kb);
    stage_run(&s, 1);
    stage_keys(&s, "\r");
    assert_shown(&s, "This is a kernel thread: it has no user memory.");
    assert_not_shown(&s, "BREAKDOWN");
    assert_not_shown(&s, "TREND");
    assert_not_shown(&s, " MB");
    assert_not_shown(&s, " kB");
    assert_int_equal(s.history_requests, 0);
    stage_done(&s);
}

static void a_zombie_names_its_parent(void **state)
{
    process_snapshot_t *p;
    stage_t s;

    (void) state;
    stage_init(&s, true, 24, 80);
    p = stage_add(&s, 7, "dead", 0);
    PROCESS_SET(p, state, 'Z');
    PROCESS_SET(p, ppid, 4711);
    PROCESS_UNSET(p, anon_kb);
    PROCESS_UNSET(p, file_kb);
    stage_run(&s, 1);
    stage_keys(&s, "\r");
    assert_shown(&s, "ZOMBIE");
    assert_shown(&s, "PID 4711");
    assert_not_shown(&s, " MB");
    stage_done(&s);
}

// ---- Trend -------------------------------------------------------------------------------------

static void put_run(buffer_t *b, uint64_t length, bool gap, int64_t rss, int64_t private_kb)
{
    buffer_put_varint(b, length << 1 | gap);
    if (!gap) {
        buffer_put_zigzag(b, rss);
        buffer_put_zigzag(b, private_kb);
    }
}

static void send_history(stage_t *s, uint64_t request, uint64_t count, const buffer_t *b)
{
    message_t m = {0};
    history_message_t *h = &m.history;

    MESSAGE_SET(h, request, request);
    MESSAGE_SET(h, pid, 500);
    MESSAGE_SET(h, start_time, 500);
    MESSAGE_SET(h, step_ms, 1000);
    MESSAGE_SET(h, end_ms, s->snapshot.system.mono_ms);
    MESSAGE_SET(h, count, count);
    MESSAGE_SET_TEXT(h, points, (const char *) b->data, b->len);
    app_message(s->app, MESSAGE_HISTORY, &m);
    stage_draw(s);
}

static void the_past_is_there_at_once(void **state)
{
    int64_t seconds[64];
    buffer_t b = {0};
    stage_t s;

    (void) state;
    open_one(&s);
    assert_int_equal(s.history_requests, 1);
    assert_int_equal(s.history_span_ms, 64000);
    put_run(&b, 20, false, 100 * 1024, 50 * 1024);
    put_run(&b, 5, true, 0, 0);
    put_run(&b, 34, false, 100 * 1024, 50 * 1024);
    put_run(&b, 1, false, 150 * 1024, 100 * 1024);
    send_history(&s, 1, 60, &b);
    assert_shown(&s, "Range: 100.0 - 350.0 MB");
    assert_shown(&s, "Current: 350.00 MB");
    // Live ticks go on from there.
    stage_find(&s, 500)->anon_kb += 50 * 1024;
    stage_run(&s, 1);
    assert_shown(&s, "Range: 100.0 - 400.0 MB");
    assert_int_equal(s.app->inspect->series.n, 56);
    // And what is not known is not drawn.
    series_columns(&s.app->inspect->series, seconds, ARRAY_SIZE(seconds));
    for (size_t i = 0; i < ARRAY_SIZE(seconds); i++)
        assert_int_equal(seconds[i] == SPARKLINE_GAP, i < 3 || (i >= 23 && i < 28));
    buffer_done(&b);
    stage_done(&s);
}

static void an_answer_that_nobody_awaits_is_ignored(void **state)
{
    buffer_t b = {0};
    stage_t s;

    (void) state;
    open_one(&s);
    put_run(&b, 20, false, 1024, 1024);
    send_history(&s, 99, 20, &b);
    assert_int_equal(s.app->inspect->series.n, 1);
    buffer_done(&b);
    stage_done(&s);
}

static void histories_may_be_any_bytes(void **state)
{
    buffer_t b = {0};
    stage_t s;

    (void) state;
    open_one(&s);
    srand(1);
    for (unsigned round = 0; round < 3000; round++) {
        uint64_t count = (uint64_t) rand() % 3 ? (uint64_t) rand() % 200 : UINT64_MAX / 2;

        buffer_reset(&b);
        for (int i = rand() % 60; i > 0; i--)
            buffer_put_u8(&b, (uint8_t) rand());
        s.app->inspect->request = 7;
        send_history(&s, 7, count, &b);
        assert_true(s.app->inspect->series.n <= SERIES_MAX);
    }
    buffer_done(&b);
    stage_done(&s);
}

static void a_longer_time_asks_for_more(void **state)
{
    stage_t s;

    (void) state;
    open_one(&s);
    stage_keys(&s, "+");
    assert_int_equal(s.history_requests, 2);
    assert_int_equal(s.history_span_ms, 120000);
    assert_shown(&s, "MEMORY TREND (last 2 min)");
    stage_keys(&s, "-");
    assert_shown(&s, "MEMORY TREND (last 64 s)");
    stage_keys(&s, "-");
    assert_int_equal(s.history_requests, 3);
    stage_done(&s);
}

static void a_reconnect_asks_again(void **state)
{
    hello_message_t hello = {0};
    stage_t s;

    (void) state;
    open_one(&s);
    app_link(s.app, LINK_RECONNECTING, "gone", NULL);
    app_link(s.app, LINK_LIVE, "", &hello);
    assert_int_equal(s.history_requests, 2);
    stage_done(&s);
}

static void a_day_of_ticks_fits(void **state)
{
    stage_t s;

    (void) state;
    open_one(&s);
    for (unsigned i = 0; i < 5; i++)
        stage_keys(&s, "+");
    assert_shown(&s, "last 24 h");
    for (unsigned i = 0; i < 100000; i++) {
        series_point_t p = {2000000 + (uint64_t) i * 1000, 1024 + i};

        series_add(&s.app->inspect->series, p);
    }
    stage_draw(&s);
    assert_true(s.app->inspect->series.n <= SERIES_MAX);
    assert_true(s.app->inspect->series.n > 400);
    stage_done(&s);
}

static void a_word_that_does_not_fit_is_left_out(void **state)
{
    process_snapshot_t *p;
    stage_t s;

    (void) state;
    p = open_one(&s);
    PROCESS_SET(p, baseline_kb, 1024);
    stage_run(&s, 1);
    assert_non_null(strstr(after(&s, "Total RSS:"), "+199.00 MB private"));
    PROCESS_SET(p, anon_kb, 5200 * 1024);
    stage_run(&s, 1);
    assert_non_null(strstr(after(&s, "Total RSS:"), "+5199.00 MB  "));
    assert_null(strstr(after(&s, "Total RSS:"), "priv"));
    stage_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_snapshot_stands_in_until_details_come),
            cmocka_unit_test(details_say_who_answered_and_when),
            cmocka_unit_test(a_limit_says_when_it_is_reached),
            cmocka_unit_test(details_of_others_are_ignored),
            cmocka_unit_test(space_resets_here_too),
            cmocka_unit_test(one_that_exits_keeps_its_last_figures),
            cmocka_unit_test(one_that_dies_by_way_of_a_zombie_keeps_them_too),
            cmocka_unit_test(the_daemon_knows_best_when_it_exited),
            cmocka_unit_test(a_kernel_thread_has_no_numbers),
            cmocka_unit_test(a_zombie_names_its_parent),
            cmocka_unit_test(the_past_is_there_at_once),
            cmocka_unit_test(an_answer_that_nobody_awaits_is_ignored),
            cmocka_unit_test(histories_may_be_any_bytes),
            cmocka_unit_test(a_longer_time_asks_for_more),
            cmocka_unit_test(a_reconnect_asks_again),
            cmocka_unit_test(a_day_of_ticks_fits),
            cmocka_unit_test(a_word_that_does_not_fit_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
