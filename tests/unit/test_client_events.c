// The pane of events: what happened, newest first, and what keys and the mouse do there.

#include "tests/support/cmocka.h"
#include "tests/support/stage.h"

#include <string.h>

#define KEY_ESCAPE "\x1b"

static void tell(stage_t *s, uint64_t number, unsigned kind, unsigned tag, uint64_t pid,
        const char *name, const char *text)
{
    message_t m = {0};

    MESSAGE_SET(&m.event, number, number);
    MESSAGE_SET(&m.event, time_ms, s->snapshot.system.mono_ms - 100000 + number * 1000);
    MESSAGE_SET(&m.event, kind, kind);
    MESSAGE_SET(&m.event, tag, tag);
    MESSAGE_SET(&m.event, pid, pid);
    MESSAGE_SET(&m.event, start_time, pid);
    MESSAGE_SET_TEXT(&m.event, name, name, strlen(name));
    MESSAGE_SET_TEXT(&m.event, text, text, strlen(text));
    app_message(s->app, MESSAGE_EVENT, &m);
}

static void tell_end(stage_t *s, uint64_t request, bool more, uint64_t number)
{
    message_t m = {0};

    MESSAGE_SET(&m.event, request, request);
    MESSAGE_SET(&m.event, last, 1);
    MESSAGE_SET(&m.event, more, more);
    MESSAGE_SET(&m.event, number, number);
    MESSAGE_SET(&m.event, since_ms, 10000);
    app_message(s->app, MESSAGE_EVENT, &m);
}

static void tell_some(stage_t *s)
{
    tell(s, 1, EVENT_SUSPECTED, TAG_LEAK_SUSPECTED, 3587, "chrome", "grows since 4 min");
    tell(s, 2, EVENT_SET, TAG_LEAK, 3587, "chrome", "grows since 14 min, 12.3 MB at 0.9 MB/min");
    tell(s, 3, EVENT_OOM_KILL, 0, 777, "victim", "killed with 2.1 GB; it had grown by 1.4 GB");
    tell(s, 4, EVENT_EXIT, TAG_SPIKE, 778, "gone\x1b[2J", "ended with 600 MB");
}

static void events_are_shown_newest_first(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    assert_int_equal(s.events_requests, 0);
    stage_keys(&s, "e");
    assert_int_equal(s.events_requests, 1);
    assert_true(s.events_followed);
    assert_shown(&s, "waiting for the daemon");
    tell_some(&s);
    tell_end(&s, 2001, false, 4);
    stage_draw(&s);
    assert_int_equal(stage_find_row(&s, "exit SPIKE"), 3);
    assert_int_equal(stage_find_row(&s, "OOM KILL"), 4);
    assert_selected(&s, "gone?[2J");
    assert_shown(&s, "EVENTS since 21:56:50");
    // One that was there already, and one that happens now.
    tell(&s, 4, EVENT_EXIT, TAG_SPIKE, 778, "again", "");
    tell(&s, 5, EVENT_CLEARED, TAG_LEAK, 3587, "chrome", "it has stopped");
    stage_draw(&s);
    assert_int_equal(s.app->events->n, 5);
    assert_selected(&s, "LEAK ended");
    assert_true(stage_golden(&s, "events_80x24"));
    stage_resize(&s, 50, 160);
    assert_true(stage_golden(&s, "events_160x50"));
    stage_resize(&s, 15, 60);
    assert_true(stage_golden(&s, "events_60x15"));
    stage_keys(&s, KEY_ESCAPE);
    assert_int_equal(s.app->view, VIEW_LIST);
    stage_keys(&s, "ee");
    assert_int_equal(s.app->view, VIEW_LIST);
    assert_int_equal(s.events_requests, 1);
    stage_done(&s);
}

// A trace's clock counts from its beginning; an old event has a date, for which there may be no
// room.
static void events_have_their_time_on_any_clock(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    stage_keys(&s, "e");
    tell_some(&s);
    SYSTEM_SET(&s.snapshot.system, mono_ms, s.snapshot.system.mono_ms + 3 * 86400000);
    SYSTEM_SET(&s.snapshot.system, real_ms, s.snapshot.system.real_ms + 3 * 86400000);
    stage_run(&s, 1);
    assert_int_equal(strncmp(stage_row(&s, 3), "22:11:45 ", 9), 0);
    stage_resize(&s, 24, 120);
    assert_int_equal(strncmp(stage_row(&s, 3), "2023-11-14 22:11:45 ", 20), 0);
    SYSTEM_SET(&s.snapshot.system, system_flags, SYSTEM_REPLAY);
    SYSTEM_SET(&s.snapshot.system, real_ms, 3 * 86400000 + 3600000);
    stage_run(&s, 1);
    assert_int_equal(strncmp(stage_row(&s, 3), "0:58:", 5), 0);
    stage_resize(&s, 24, 80);
    assert_int_equal(strncmp(stage_row(&s, 3), "0:58:", 5), 0);
    stage_done(&s);
}

static void the_cursor_stays_on_its_event(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    stage_keys(&s, "e");
    tell_some(&s);
    stage_keys(&s, "j");
    assert_selected(&s, "OOM KILL");
    tell(&s, 9, EVENT_SET, TAG_SPIKE, 3600, "chrome", "steep");
    stage_draw(&s);
    assert_selected(&s, "OOM KILL");
    assert_shown(&s, "killed with 2.1 GB; it had grown by 1.4 GB");
    // It is opened although it lives no longer, and ESC leads back here.
    stage_keys(&s, "\r");
    assert_int_equal(s.inspected_pid, 777);
    assert_shown(&s, "INSPECT: victim (PID 777)");
    assert_shown(&s, "OOM KILL: killed with 2.1 GB");
    stage_keys(&s, KEY_ESCAPE);
    assert_int_equal(s.app->view, VIEW_EVENTS);
    stage_keys(&s, KEY_ESCAPE);
    assert_int_equal(s.app->view, VIEW_LIST);
    stage_done(&s);
}

static void more_events_are_asked_for(void **state)
{
    hello_message_t hello = {0};
    stage_t s;

    (void) state;
    stage_open(&s, 24, 80);
    stage_keys(&s, "e");
    tell_some(&s);
    tell_end(&s, 2001, true, 4);
    assert_int_equal(s.events_requests, 2);
    assert_int_equal(s.events_after, 4);
    // An answer that goes nowhere is the last.
    tell_end(&s, 2002, true, 4);
    assert_int_equal(s.events_requests, 2);
    tell_end(&s, 2002, true, 400); // nobody awaits it
    assert_int_equal(s.events_requests, 2);
    for (uint64_t i = 5; i < 2000; i++)
        tell(&s, i, EVENT_SET, TAG_SPIKE, i, "many", "steep");
    assert_int_equal(s.app->events->n, EVENTS_MAX);
    stage_key(&s, KEY_CODE_END);
    assert_selected(&s, "1744");
    // The same daemon is asked for what came since, another one for everything.
    MESSAGE_SET(&hello, features, FEATURE_EVENTS);
    MESSAGE_SET(&hello, instance, 1);
    app_link(s.app, LINK_RECONNECTING, "gone", NULL);
    app_link(s.app, LINK_LIVE, "", &hello);
    assert_int_equal(s.events_requests, 3);
    assert_int_equal(s.events_after, 4);
    MESSAGE_SET(&hello, instance, 2);
    app_link(s.app, LINK_RECONNECTING, "gone", NULL);
    app_link(s.app, LINK_LIVE, "", &hello);
    assert_int_equal(s.events_after, 0);
    assert_int_equal(s.app->events->n, 0);
    stage_done(&s);
}

static void the_mouse_opens_events(void **state)
{
    stage_t s;
    int row;

    (void) state;
    stage_open(&s, 24, 80);
    stage_keys(&s, "e");
    tell_some(&s);
    stage_draw(&s);
    row = stage_find_row(&s, "OOM KILL");
    app_mouse(s.app, MOUSE_PRESS, row, 10);
    stage_draw(&s);
    assert_selected(&s, "OOM KILL");
    app_mouse(s.app, MOUSE_PRESS, row + 1, 10);
    app_mouse(s.app, MOUSE_PRESS, row, 10);
    assert_int_equal(s.app->view, VIEW_EVENTS);
    app_mouse(s.app, MOUSE_PRESS, row, 10);
    assert_int_equal(s.inspected_pid, 777);
    // Where there is nothing to press, nothing happens.
    stage_keys(&s, KEY_ESCAPE);
    for (int i = -2; i < 30; i++)
        app_mouse(s.app, MOUSE_PRESS, i, i * 5);
    stage_draw(&s);
    stage_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(events_are_shown_newest_first),
            cmocka_unit_test(events_have_their_time_on_any_clock),
            cmocka_unit_test(the_cursor_stays_on_its_event),
            cmocka_unit_test(more_events_are_asked_for),
            cmocka_unit_test(the_mouse_opens_events),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
