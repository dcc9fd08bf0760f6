// One connection, driven by hand over a real socket: what it is sent, and how it becomes current
// again when it has not read for a while.

#include "common/cleanup.h"
#include "tests/support/connected.h"

#include <errno.h>
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static void test_a_good_client(void **state)
{
    connected_t f;

    (void) state;
    connected_start(&f);
    assert_false(subscriber_is_greeted(f.s));
    assert_int_equal(subscriber_events(f.s), EPOLLIN);
    connected_greet(&f);
    assert_true(subscriber_is_greeted(f.s));
    for (int i = 0; i < 20; i++) {
        assert_int_equal(connected_publish(&f), 0);
        assert_int_equal(subscriber_events(f.s), EPOLLIN);
        assert_int_equal(subscriber_lag(f.s), 0);
        connected_hear(&f);
        connected_assert_current(&f);
    }
    assert_int_equal(f.ticks, 21);
    assert_int_equal(f.keyframes, 1);
    // It goes.
    shutdown(f.peer, SHUT_RDWR);
    assert_int_equal(subscriber_dispatch(f.s, EPOLLIN | EPOLLHUP), -ECONNRESET);
    connected_stop(&f);
}

// One that does not read for long: it costs what it costs after a while, and is current at once
// when it reads again.
static void test_a_sleeping_client(void **state)
{
    size_t after_a_while = 0;
    connected_t f;

    (void) state;
    connected_start(&f);
    connected_greet(&f);
    for (int i = 0; i < 600; i++) {
        assert_int_equal(connected_publish(&f), 0);
        if (i == 300)
            after_a_while = mallinfo2().uordblks;
    }
    assert_true(mallinfo2().uordblks < after_a_while + 16384);
    assert_true(subscriber_lag(f.s) > 100);
    assert_true(subscriber_events(f.s) & EPOLLOUT);
    assert_int_equal(f.keyframes, 1);
    // It wakes up: what was on its way, and one keyframe for all that it missed.
    for (int i = 0; i < 100 && (subscriber_events(f.s) & EPOLLOUT); i++) {
        connected_hear(&f);
        assert_int_equal(connected_dispatch(&f), 0);
    }
    connected_hear(&f);
    connected_assert_current(&f);
    assert_int_equal(f.keyframes, 2);
    assert_int_equal(subscriber_lag(f.s), 0);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(connected_publish(&f), 0);
        connected_hear(&f);
        connected_assert_current(&f);
    }
    assert_int_equal(f.keyframes, 2);
    connected_stop(&f);
}

// One that reads byte by byte, and always a bit too late.
static void test_a_dawdling_client(void **state)
{
    connected_t f;

    (void) state;
    connected_start(&f);
    connected_greet(&f);
    for (int i = 0; i < 400; i++) {
        assert_int_equal(connected_publish(&f), 0);
        for (int n = 0; n < 7; n++)
            connected_listen_for(&f, 1 + (size_t) i % 97);
        assert_int_equal(connected_dispatch(&f), 0);
    }
    for (int i = 0; i < 300; i++) {
        connected_hear(&f);
        assert_int_equal(connected_dispatch(&f), 0);
    }
    assert_int_equal(connected_publish(&f), 0);
    connected_hear(&f);
    connected_assert_current(&f);
    connected_stop(&f);
}

static void test_pause_and_keyframes(void **state)
{
    pause_message_t pause = {0};
    keyframe_request_message_t keyframe = {0};
    connected_t f;

    (void) state;
    connected_start(&f);
    connected_greet(&f);
    MESSAGE_SET(&pause, paused, 1);
    connected_say(&f, MESSAGE_PAUSE, &pause);
    assert_int_equal(connected_dispatch(&f), 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(connected_publish(&f), 0);
    connected_hear(&f);
    assert_int_equal(f.ticks, 1);
    assert_false(subscriber_events(f.s) & EPOLLOUT);
    pause.paused = 0;
    connected_say(&f, MESSAGE_PAUSE, &pause);
    assert_int_equal(connected_dispatch(&f), 0);
    connected_hear(&f);
    assert_int_equal(f.keyframes, 2);
    connected_assert_current(&f);

    // Asked for, at once; but not as often as anybody likes.
    for (int i = 0; i < 50; i++)
        connected_say(&f, MESSAGE_KEYFRAME_REQUEST, &keyframe);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(connected_dispatch(&f), 0);
        connected_hear(&f);
    }
    assert_in_range(f.keyframes, 3, 2 + SUBSCRIBER_KEYFRAMES);
    assert_int_equal(connected_publish(&f), 0);
    connected_hear(&f);
    connected_assert_current(&f);
    connected_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_a_good_client),
            cmocka_unit_test(test_a_sleeping_client),
            cmocka_unit_test(test_a_dawdling_client),
            cmocka_unit_test(test_pause_and_keyframes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
