// Inspecting one process.

#include "protocol/message.h"
#include "tests/support/cmocka.h"
#include "tests/support/stage.h"

#include <string.h>

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
    stage_open_victim(&s);
    assert_int_equal(s.inspected_pid, 500);
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
    stage_open_victim(&s);
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
    p = stage_open_victim(&s);
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

// What an inspection is opened for comes before the figures, whatever the size of the screen.
static void the_verdict_is_what_is_seen_first(void **state)
{
    static const char spike[] = "+100 MB within a second";
    static const char why_not[] =
            "no leak: its memory goes back down, as a cache's does, each time";
    process_snapshot_t *p;
    details_message_t d;
    stage_t s;

    (void) state;
    p = stage_open_victim(&s);
    stage_resize(&s, 15, 60);
    stage_draw(&s);
    assert_in_row(&s, 2, "Leak      -");
    assert_in_row(&s, 4, "MEMORY BREAKDOWN");
    d = details_of(&s);
    MESSAGE_SET_TEXT(&d, leak_text, why_not, sizeof(why_not) - 1);
    send_details(&s, d);
    assert_in_row(&s, 2, "Leak      no leak: its memory goes back down");
    assert_in_row(&s, 5, "MEMORY BREAKDOWN");
    // What it is, before what it is not.
    PROCESS_SET(p, tags, TAG_SPIKE);
    stage_run(&s, 1);
    MESSAGE_SET_TEXT(&d, spike_text, spike, sizeof(spike) - 1);
    send_details(&s, d);
    assert_in_row(&s, 2, "Spike     +100 MB within a second");
    assert_in_row(&s, 3, "Leak      no leak");
    stage_remove(&s, 500);
    stage_run(&s, 1);
    assert_in_row(&s, 2, "EXITED");
    assert_in_row(&s, 3, "Spike     +100 MB");
    stage_done(&s);
}

// A reading of before the inspection says how old it is: ~ alone could be a second or an hour.
static void an_old_reading_of_pss_says_its_age(void **state)
{
    process_snapshot_t *p;
    details_message_t d;
    stage_t s;

    (void) state;
    p = stage_open_victim(&s);
    PROCESS_SET(p, pss_kb, 300 * 1024);
    PROCESS_SET(p, pss_rss_kb, 700 * 1024);
    PROCESS_SET(p, uss_kb, 280 * 1024);
    PROCESS_SET(p, pss_time_ms, s.snapshot.system.mono_ms - 14 * 60 * 1000);
    stage_run(&s, 1);
    assert_non_null(strstr(after(&s, "Total PSS:"), "~150.0 MB, read 14 min ago"));
    assert_int_equal(first_after(&s, "Private ", ']'), '-'); // of that age, too
    // What the daemon reads now lacks it: the memory of this one cannot be read any more.
    d = details_of(&s);
    MESSAGE_SET(&d, rss_kb, 350 * 1024);
    MESSAGE_SET(&d, source, PSS_SOURCE_STATUS);
    send_details(&s, d);
    assert_non_null(strstr(after(&s, "Total PSS:"), "~150.0 MB, read 14 min ago"));
    MESSAGE_SET(&d, pss_kb, 250 * 1024);
    send_details(&s, d);
    assert_non_null(strstr(after(&s, "Total PSS:"), "250.0 MB"));
    assert_null(strstr(after(&s, "Total PSS:"), "read"));
    stage_done(&s);
}

static void details_of_others_are_ignored(void **state)
{
    details_message_t d;
    stage_t s;

    (void) state;
    stage_open_victim(&s);
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
    p = stage_open_victim(&s);
    p->anon_kb += 5 * 1024;
    stage_run(&s, 1);
    assert_non_null(strstr(after(&s, "Total RSS:"), "+5.00 MB"));
    stage_keys(&s, " ");
    assert_non_null(strstr(after(&s, "Total RSS:"), "+0.00 MB"));
    stage_run(&s, 1);
    assert_non_null(strstr(after(&s, "Total RSS:"), "+0.00 MB"));
    stage_done(&s);
}

static void a_word_that_does_not_fit_is_left_out(void **state)
{
    process_snapshot_t *p;
    stage_t s;

    (void) state;
    p = stage_open_victim(&s);
    PROCESS_SET(p, baseline_kb, 1024);
    stage_run(&s, 1);
    assert_non_null(strstr(after(&s, "Total RSS:"), "+199.00 MB private"));
    PROCESS_SET(p, anon_kb, 5200 * 1024);
    stage_run(&s, 1);
    assert_non_null(strstr(after(&s, "Total RSS:"), "+5199.00 MB  "));
    assert_null(strstr(after(&s, "Total RSS:"), "priv"));
    stage_done(&s);
}

// ---- Those without memory ----------------------------------------------------------------------

static void one_that_exits_keeps_its_last_figures(void **state)
{
    stage_t s;

    (void) state;
    stage_open_victim(&s);
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
    p = stage_open_victim(&s);
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
    stage_open_victim(&s);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_snapshot_stands_in_until_details_come),
            cmocka_unit_test(details_say_who_answered_and_when),
            cmocka_unit_test(a_limit_says_when_it_is_reached),
            cmocka_unit_test(the_verdict_is_what_is_seen_first),
            cmocka_unit_test(an_old_reading_of_pss_says_its_age),
            cmocka_unit_test(details_of_others_are_ignored),
            cmocka_unit_test(a_word_that_does_not_fit_is_left_out),
            cmocka_unit_test(space_resets_here_too),
            cmocka_unit_test(one_that_exits_keeps_its_last_figures),
            cmocka_unit_test(one_that_dies_by_way_of_a_zombie_keeps_them_too),
            cmocka_unit_test(the_daemon_knows_best_when_it_exited),
            cmocka_unit_test(a_kernel_thread_has_no_numbers),
            cmocka_unit_test(a_zombie_names_its_parent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
