// A session as it goes on: greeted, followed, asked, lost and found again.

#include "common/clock.h"
#include "tests/support/played.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

static void test_a_conversation(void **state)
{
    played_t *f = *state;
    message_t m;

    played_begin_fd(f);
    assert_int_equal(session_state(f->session), SESSION_CONNECTING);
    assert_null(session_hello(f->session));
    assert_int_equal(session_request_history(f->session, 1, 2, 3, 4), -ENOTCONN);
    played_greet(f, 77);
    assert_true(session_deadline_us(f->session) == UINT64_MAX);
    assert_int_equal(f->ticks, 1);
    assert_int_equal(f->keyframes, 1);
    assert_int_equal(f->new_instances, 0);
    assert_string_equal(session_hello(f->session)->build.data, "test?");
    assert_string_equal(session_error(f->session), "");
    world_step(&f->world);
    played_say_tick(f, false);
    assert_int_equal(f->ticks, 2);
    assert_int_equal(f->keyframes, 1);
    assert_int_equal(session_poll_events(f->session), POLLIN);

    assert_int_equal(session_request_history(f->session, 11, 22, 33, 44), 1);
    assert_int_equal(session_poll_events(f->session), POLLIN | POLLOUT);
    assert_int_equal(session_request_history(f->session, 12, 22, 33, 44), 2);
    assert_int_equal(played_hear(f, &m), MESSAGE_HISTORY_REQUEST);
    assert_int_equal(m.history_request.pid, 11);
    assert_int_equal(m.history_request.step_ms, 44);
    assert_int_equal(played_hear(f, &m), MESSAGE_HISTORY_REQUEST);
    assert_int_equal(m.history_request.request, 2);
}

static void test_asking_for_events_and_reasons(void **state)
{
    played_t *f = *state;
    const session_span_t span = {.from_ms = 50}, closed = {.from_ms = 1, .to_ms = 2};
    message_t m;

    played_begin_fd(f);
    assert_int_equal(session_request_events(f->session, NULL, 0, true), -ENOTCONN);
    assert_int_equal(session_request_why(f->session, NULL, WHY_BY_NAME, 5), -ENOTCONN);
    played_greet(f, 77);
    assert_int_equal(session_request_events(f->session, &span, 9, true), 1);
    assert_int_equal(session_request_why(f->session, &closed, WHY_BY_NAME, 5), 2);
    assert_int_equal(session_request_why(f->session, NULL, WHY_BY_USER, 0), 3);
    assert_int_equal(played_hear(f, &m), MESSAGE_EVENTS_REQUEST);
    assert_int_equal(m.events_request.request, 1);
    assert_int_equal(m.events_request.from_ms, 50);
    assert_false(m.events_request.has.to_ms);
    assert_int_equal(m.events_request.after, 9);
    assert_int_equal(m.events_request.follow, 1);
    assert_int_equal(played_hear(f, &m), MESSAGE_WHY_REQUEST);
    assert_int_equal(m.why_request.request, 2);
    assert_int_equal(m.why_request.to_ms, 2);
    assert_int_equal(m.why_request.by, WHY_BY_NAME);
    assert_int_equal(m.why_request.limit, 5);
    assert_int_equal(played_hear(f, &m), MESSAGE_WHY_REQUEST);
    assert_false(m.why_request.has.from_ms || m.why_request.has.to_ms);
}

static void test_messages_come_through(void **state)
{
    played_t *f = *state;
    error_message_t error = {0};
    pause_message_t pause = {0};

    played_begin_fd(f);
    played_greet(f, 1);
    MESSAGE_SET_TEXT(&error, text, "no such process", 15);
    played_say(f, MESSAGE_ERROR, &error);
    assert_int_equal(f->messages, 1);
    assert_int_equal(f->last_message, MESSAGE_ERROR);
    assert_string_equal(f->last_text, "no such process");
    played_say(f, MESSAGE_PAUSE, &pause);     // not for clients: passed over
    buffer_put(&f->out, "\3\0\0\0\xc8xy", 7); // a type from the future
    played_deliver(f);
    assert_int_equal(f->messages, 1);
    assert_int_equal(session_state(f->session), SESSION_LIVE);
}

static void test_requests_are_kept_over_a_restart(void **state)
{
    played_t *f = *state;
    message_t m;

    played_listen(f);
    played_begin_path(f);
    assert_true(played_answer(f));
    session_inspect(f->session, 5, 0);
    session_inspect(f->session, 10, 20);
    session_pause(f->session, true);
    played_greet(f, 1);
    for (int run = 0; run < 2; run++) {
        assert_int_equal(played_hear(f, &m), MESSAGE_INSPECT); // the last one only
        assert_int_equal(m.inspect.pid, 10);
        assert_int_equal(m.inspect.start_time, 20);
        assert_int_equal(played_hear(f, &m), MESSAGE_PAUSE);
        assert_int_equal(m.pause.paused, 1);
        assert_int_equal(played_hear(f, &m), 0);
        if (run == 1)
            break;
        played_hang_up(f);
        played_dispatch(f);
        assert_int_equal(session_state(f->session), SESSION_RECONNECTING);
        assert_string_equal(session_error(f->session), "the daemon closed the connection");
        played_wait_for_attempt(f);
        assert_true(played_answer(f));
        played_greet(f, 2);
        assert_int_equal(f->new_instances, 1);
    }
    session_pause(f->session, false);
    assert_int_equal(played_hear(f, &m), MESSAGE_PAUSE);
    assert_int_equal(m.pause.paused, 0);
}

// What was missed meanwhile is asked for by the number of the last event; another run of the daemon
// counts anew.
static void test_events_are_followed_over_a_restart(void **state)
{
    played_t *f = *state;
    event_message_t event = {0};
    message_t m;

    played_listen(f);
    played_begin_path(f);
    assert_true(played_answer(f));
    played_greet(f, 1);
    assert_true(session_request_events(f->session, NULL, 0, true) > 0);
    assert_int_equal(played_hear(f, &m), MESSAGE_EVENTS_REQUEST);
    MESSAGE_SET(&event, number, 41);
    played_say(f, MESSAGE_EVENT, &event);
    for (unsigned run = 1; run <= 2; run++) {
        played_hang_up(f);
        played_dispatch(f);
        played_wait_for_attempt(f);
        assert_true(played_answer(f));
        played_greet(f, run);
        assert_int_equal(played_hear(f, &m), MESSAGE_EVENTS_REQUEST);
        assert_false(m.events_request.has.request);
        assert_int_equal(m.events_request.follow, 1);
        assert_int_equal(m.events_request.after, run == 1 ? 41 : 0);
        assert_int_equal(played_hear(f, &m), 0);
    }
    assert_true(session_request_events(f->session, NULL, 0, false) > 0);
    assert_int_equal(played_hear(f, &m), MESSAGE_EVENTS_REQUEST);
    played_hang_up(f);
    played_dispatch(f);
    played_wait_for_attempt(f);
    assert_true(played_answer(f));
    played_greet(f, 2);
    assert_int_equal(played_hear(f, &m), 0);
}

static void test_reconnects_within_two_seconds(void **state)
{
    played_t *f = *state;
    uint64_t last = f->now;
    int attempts = 0;

    played_begin_path(f); // nobody listens
    assert_int_equal(session_state(f->session), SESSION_CONNECTING);
    assert_non_null(strstr(session_error(f->session), f->path));
    assert_int_equal(session_connect_error(f->session), -ENOENT);
    while (f->now < last + 10 * USEC_PER_SEC) {
        uint64_t before = f->now;

        played_wait_for_attempt(f);
        assert_true(f->now - before <= USEC_PER_SEC);
        attempts++;
    }
    assert_in_range(attempts, 10, 20);
    assert_int_equal(session_state(f->session), SESSION_CONNECTING);
    played_listen(f);
    played_wait_for_attempt(f);
    assert_true(played_answer(f));
    played_greet(f, 1);
    played_hang_up(f);
    played_dispatch(f);
    played_stop_listening(f);
    played_listen(f);
    assert_true(session_deadline_us(f->session) - f->now <= 50 * USEC_PER_MSEC);
    assert_true(session_replica(f->session) && !replica_valid(session_replica(f->session)));
    assert_int_equal(replica_snapshot(session_replica(f->session))->n_slots, 50);
    played_wait_for_attempt(f);
    assert_true(played_answer(f));
    played_greet(f, 1);
    assert_int_equal(f->new_instances, 0); // the same run as before
    assert_int_equal(f->n_states, 3);
}

static void test_asks_for_a_keyframe_when_a_tick_is_missing(void **state)
{
    played_t *f = *state;
    message_t m;

    played_begin_fd(f);
    played_greet(f, 1);
    world_step(&f->world);
    world_step(&f->world);
    played_say_tick(f, false); // builds on what was never sent
    assert_int_equal(session_state(f->session), SESSION_RECONNECTING);
    assert_int_equal(played_hear(f, &m), MESSAGE_KEYFRAME_REQUEST);
    world_step(&f->world);
    played_say_tick(f, false); // was on its way
    assert_int_equal(played_hear(f, &m), 0);
    assert_int_equal(f->ticks, 1);
    played_say_tick(f, true);
    assert_int_equal(f->ticks, 2);
    assert_int_equal(f->keyframes, 2);
    assert_int_equal(session_state(f->session), SESSION_LIVE);
    assert_string_equal(session_error(f->session), "");
    assert_true(session_deadline_us(f->session) == UINT64_MAX);
    session_request_keyframe(f->session);
    assert_int_equal(played_hear(f, &m), MESSAGE_KEYFRAME_REQUEST);
}

static void test_does_not_wait_for_a_keyframe_for_ever(void **state)
{
    played_t *f = *state;

    played_listen(f);
    played_begin_path(f);
    assert_true(played_answer(f));
    played_greet(f, 1);
    world_step(&f->world);
    world_step(&f->world);
    played_say_tick(f, false);
    assert_int_equal(session_state(f->session), SESSION_RECONNECTING);
    f->now = session_deadline_us(f->session);
    played_dispatch(f);
    assert_int_equal(session_fd(f->session), -1);
    assert_string_equal(session_error(f->session), "the daemon does not answer");
}

// Who finds no place in the queue of a daemon that is busy comes again.
static void test_a_full_queue(void **state)
{
    played_t *f = *state;
    session_t *before;
    const session_handlers_t handlers = played_handlers(f);

    played_listen(f);
    assert_int_equal(listen(f->listener, 0), 0);
    assert_int_equal(session_new_path(&before, f->path, &handlers), 0);
    assert_int_equal(session_connect_error(before), 0);
    played_begin_path(f);
    assert_int_equal(session_connect_error(f->session), -EAGAIN);
    assert_int_equal(session_fd(f->session), -1);
    assert_int_equal(session_state(f->session), SESSION_CONNECTING);
    assert_true(played_answer(f)); // the other one
    played_hang_up(f);
    played_wait_for_attempt(f);
    assert_int_equal(session_connect_error(f->session), 0);
    assert_true(played_answer(f));
    played_greet(f, 1);
    session_free(before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, played_setup, played_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_a_conversation),
            TEST(test_asking_for_events_and_reasons),
            TEST(test_messages_come_through),
            TEST(test_requests_are_kept_over_a_restart),
            TEST(test_events_are_followed_over_a_restart),
            TEST(test_reconnects_within_two_seconds),
            TEST(test_a_full_queue),
            TEST(test_asks_for_a_keyframe_when_a_tick_is_missing),
            TEST(test_does_not_wait_for_a_keyframe_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
