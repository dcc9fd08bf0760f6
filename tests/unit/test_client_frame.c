// Head and foot of the screen: counts, gauges, the state of the connection, what the viewer may not
// see, and why the selected process is tagged.

#include "tests/support/cmocka.h"
#include "tests/support/stage.h"

#include <stdlib.h>
#include <string.h>

// ---- Head and foot -----------------------------------------------------------------------------

static void counts_and_gauge(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    assert_int_equal(stage_find_row(&s, "MEMSCOPE [SORT: MEM] live"), 0);
    assert_int_equal(stage_find_row(&s, "RAM [███▓▚▒▒▒░░░░] 12.4/32G"), 0);
    assert_int_equal(stage_find_row(&s, "32 processes  1 LEAK  1 ZOMBIE"), 23);
    SYSTEM_SET(&s.snapshot.system, processes, 5000);
    stage_run(&s, 1);
    assert_shown(&s, "32 of 5,000 processes");
    stage_done(&s);
}

static void says_what_the_viewer_may_not_see(void **state)
{
    hello_message_t hello = {0};
    stage_t s;

    (void) state;
    stage_open(&s, 24, 100);
    assert_not_shown(&s, "show -");
    MESSAGE_SET(&hello, rights, RIGHTS_SESSION);
    MESSAGE_SET(&hello, uid, 1000);
    app_link(s.app, LINK_LIVE, "", &hello);
    stage_draw(&s);
    assert_int_equal(stage_find_row(&s, "private"), 0);
    assert_shown(&s, "other users' I/O and PSS show -");
    MESSAGE_SET(&hello, rights, RIGHTS_OWN);
    app_link(s.app, LINK_LIVE, "", &hello);
    stage_draw(&s);
    assert_int_equal(stage_find_row(&s, "] live"), 0);
    assert_shown(&s, "other users' I/O and PSS show -");
    MESSAGE_SET(&hello, rights, RIGHTS_HIDEPID);
    app_link(s.app, LINK_LIVE, "", &hello);
    stage_draw(&s);
    assert_shown(&s, "hidepid: only your own processes");
    // Root's private daemon sees everything.
    MESSAGE_SET(&hello, rights, RIGHTS_SESSION);
    MESSAGE_SET(&hello, uid, 0);
    app_link(s.app, LINK_LIVE, "", &hello);
    stage_draw(&s);
    assert_not_shown(&s, "show -");
    SYSTEM_SET(&s.snapshot.system, system_flags, SYSTEM_PRIVATE | SYSTEM_TRUNCATED);
    stage_run(&s, 1);
    assert_int_equal(stage_find_row(&s, "private"), 0);
    assert_shown(&s, "TRUNCATED");
    stage_done(&s);
}

static void says_when_it_lags_behind(void **state)
{
    stage_t s;
    uint64_t now;

    (void) state;
    stage_open(&s, 24, 80);
    now = s.app->now_ms;
    app_time(s.app, now + 2000);
    assert_false(s.app->dirty);
    app_time(s.app, now + 5000);
    assert_true(s.app->dirty);
    stage_draw(&s);
    assert_int_equal(stage_find_row(&s, "5 s behind"), 0);
    assert_true(app_deadline_ms(s.app) <= now + 6000);
    stage_run(&s, 1);
    s.app->now_ms = s.snapshot.system.mono_ms;
    stage_draw(&s);
    assert_not_shown(&s, "behind");
    stage_done(&s);
}

static void says_what_became_of_the_daemon(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    app_link(s.app, LINK_RECONNECTING, "cannot connect to /x: Connection refused", NULL);
    stage_draw(&s);
    assert_int_equal(stage_find_row(&s, "reconnecting"), 0);
    assert_int_equal(stage_find_row(&s, "cannot connect to /x"), 23);
    assert_shown(&s, "firefox");
    app_link(s.app, LINK_LOST, "the private daemon ended", NULL);
    stage_draw(&s);
    assert_int_equal(stage_find_row(&s, "] lost"), 0);
    stage_done(&s);
}

// Figures that nobody brings up to date say how old they are, and go on saying it.
static void says_how_old_figures_without_a_daemon_are(void **state)
{
    stage_t s;
    uint64_t now;

    (void) state;
    stage_open(&s, 15, 60);
    now = s.app->now_ms;
    app_link(s.app, LINK_RECONNECTING, "", NULL);
    app_time(s.app, now + 7000);
    stage_draw(&s);
    assert_int_equal(stage_find_row(&s, "reconnecting, 7 s behind"), 0);
    assert_true(app_deadline_ms(s.app) <= now + 8000);
    app_time(s.app, now + 8000);
    assert_true(s.app->dirty);
    app_link(s.app, LINK_LOST, "", NULL);
    stage_draw(&s);
    assert_int_equal(stage_find_row(&s, "] lost, 8 s behind"), 0);
    stage_done(&s);
}

static void a_tall_screen_says_what_memory_is(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 40, 120);
    assert_int_equal(stage_find_row(&s, "█ private 9.0G  ▓ shared 2.0G  ▚ slab 1.5G"), 1);
    assert_int_equal(stage_find_row(&s, "PSI some 0.4% full 0.1%"), 1);
    SYSTEM_SET(&s.snapshot.system, psi_some, 1234);
    stage_run(&s, 1);
    assert_int_equal(stage_find_row(&s, "PSI some 12.3% full 0.1%"), 1);
    // Where there is no such line, trouble is still told.
    stage_resize(&s, 24, 80);
    assert_int_equal(stage_find_row(&s, "PSI some 12.3%"), 23);
    SYSTEM_SET(&s.snapshot.system, psi_some, 99);
    stage_run(&s, 1);
    assert_not_shown(&s, "PSI");
    // Of what is not known nothing is said.
    s.snapshot.system.known &= ~(UINT64_C(1) << SYSTEM_FIELD_mem_free_kb);
    s.snapshot.system.known &= ~(UINT64_C(1) << SYSTEM_FIELD_psi_full);
    stage_resize(&s, 40, 120);
    stage_run(&s, 1);
    assert_not_shown(&s, "private");
    assert_not_shown(&s, "PSI");
    assert_int_equal(stage_find_row(&s, "12.4/32G"), 0);
    stage_done(&s);
}

// ---- Receipts ----------------------------------------------------------------------------------

static void tell_receipt(stage_t *s, uint64_t pid, const char *text)
{
    message_t m = {0};

    MESSAGE_SET(&m.details, pid, pid);
    MESSAGE_SET(&m.details, start_time, pid);
    MESSAGE_SET_TEXT(&m.details, leak_text, text, strlen(text));
    app_message(s->app, MESSAGE_DETAILS, &m);
    stage_draw(s);
}

static void the_selected_row_says_why_it_is_tagged(void **state)
{
    unsigned asked;
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    assert_int_equal(s.inspected_pid, 3587);
    tell_receipt(&s, 3587, "grows\x1b since 14 min");
    assert_int_equal(stage_find_row(&s, "LEAK: grows? since 14 min"), 23);
    assert_int_equal(s.inspected_pid, 0); // told once, for a while
    asked = s.inspect_requests;
    stage_run(&s, 8);
    assert_int_equal(s.inspect_requests, asked);
    stage_run(&s, 3);
    assert_int_equal(s.inspected_pid, 3587);
    tell_receipt(&s, 3587, "still grows");
    assert_int_equal(stage_find_row(&s, "LEAK: still grows"), 23);
    tell_receipt(&s, 3587, "unasked");
    assert_not_shown(&s, "unasked");
    // What is too long ends with a whole word.
    stage_run(&s, 11);
    tell_receipt(
            &s, 3587, "it grows since 14 min, at 300.0 MB/min (299.6 MB to 300.4 MB), 98% sure");
    assert_int_equal(
            stage_find_row(&s, "it grows since 14 min, at 300.0 MB/min (299.6 MB to 300.4…"), 23);
    stage_keys(&s, "j"); // one without a tag
    assert_not_shown(&s, "still grows");
    assert_int_equal(stage_find_row(&s, "32 processes"), 23);
    stage_keys(&s, "jj");
    stage_keys(&s, "k\r");
    assert_int_equal(s.inspected_pid, 3600);
    stage_resize(&s, 40, 80);
    stage_keys(&s, "\x1b");
    assert_int_equal(s.inspected_pid, 3600); // again, for its receipt
    tell_receipt(&s, 3600, "steep");
    assert_int_equal(stage_find_row(&s, "LEAK?: steep"), 38);
    assert_int_equal(stage_find_row(&s, "32 processes"), 39);
    stage_done(&s);
}

// Every tag that it has, the most urgent first, and what two of them say once.
static void each_tag_has_its_receipt(void **state)
{
    static const char zombie[] = "UNREAPED: 3 dead children", blocked[] = "blocked for 9 s";
    static const char told[] = "SPIKE: steep; LEAK?: grows; UNREAPED: 3 dead children; BLOCKED: "
                               "blocked for 9 s";
    details_message_t *d;
    message_t m = {0};
    char *copied;
    stage_t s;

    (void) state;
    stage_open(&s, 24, 160);
    PROCESS_SET(stage_find(&s, 3587), tags,
            TAG_LEAK_SUSPECTED | TAG_SPIKE | TAG_UNREAPED | TAG_ZOMBIE | TAG_BLOCKED);
    stage_run(&s, 11);
    d = &m.details;
    MESSAGE_SET(d, pid, 3587);
    MESSAGE_SET(d, start_time, 3587);
    MESSAGE_SET_TEXT(d, leak_text, "LEAK?: grows", strlen("LEAK?: grows"));
    MESSAGE_SET_TEXT(d, spike_text, "steep", strlen("steep"));
    MESSAGE_SET_TEXT(d, zombie_text, zombie, sizeof(zombie) - 1);
    MESSAGE_SET_TEXT(d, unreadable, blocked, sizeof(blocked) - 1);
    app_message(s.app, MESSAGE_DETAILS, &m);
    stage_draw(&s);
    assert_int_equal(stage_find_row(&s, told), 23);
    stage_keys(&s, "\r");
    app_message(s.app, MESSAGE_DETAILS, &m);
    stage_keys(&s, "y");
    copied = app_take_clipboard(s.app);
    assert_non_null(strstr(copied, ", SPIKE LEAK? UNREAPED ZOMBIE BLOCKED; steep; LEAK?: grows; "
                                   "UNREAPED: 3 dead children; blocked for 9 s"));
    free(copied);
    stage_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(counts_and_gauge),
            cmocka_unit_test(a_tall_screen_says_what_memory_is),
            cmocka_unit_test(the_selected_row_says_why_it_is_tagged),
            cmocka_unit_test(each_tag_has_its_receipt),
            cmocka_unit_test(says_what_the_viewer_may_not_see),
            cmocka_unit_test(says_when_it_lags_behind),
            cmocka_unit_test(says_what_became_of_the_daemon),
            cmocka_unit_test(says_how_old_figures_without_a_daemon_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
