// One connection whose peer misbehaves: what it is told, what it may ask, and what it costs.

#include "common/cleanup.h"
#include "common/clock.h"
#include "tests/support/connected.h"
#include "tests/support/fake_clock.h"

#include <errno.h>
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/socket.h>

// The connection ends within some ticks, and the peer was told why.
static void assert_refused(connected_t *f, unsigned code)
{
    int r = connected_dispatch(f);

    for (int i = 0; r == 0; i++) {
        assert_in_range(i, 0, 3);
        r = connected_publish(f);
    }
    connected_hear(f);
    assert_int_equal(f->refused, code);
}

static void test_refused(void **state)
{
    static const struct {
        const char *what;
        size_t len;
    } garbage[] = {
#define BYTES(text) {text, sizeof(text) - 1}
            BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"), // a frame of 4 GB
            BYTES("\0\0\0\0\0\0\0\0"),                 // of nothing
            BYTES("\x02\0\0\0\x01\x03"),               // HELLO that ends within a field
            BYTES("\x02\0\0\0\x06\x02"),               // not HELLO
            BYTES("\x01\0\0\0\x01"),                   // HELLO without a magic number
            BYTES("GET / HTTP/1.1\r\n\r\n"),
#undef BYTES
    };
    connected_t f;

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(garbage); i++) {
        connected_start(&f);
        assert_int_equal(send(f.peer, garbage[i].what, garbage[i].len, 0), garbage[i].len);
        assert_refused(&f, REFUSED_PROTOCOL);
        assert_int_equal(f.ticks, 0);
        connected_stop(&f);
    }
    // After its greeting as well.
    connected_start(&f);
    connected_greet(&f);
    assert_int_equal(send(f.peer, garbage[0].what, garbage[0].len, 0), garbage[0].len);
    assert_refused(&f, REFUSED_PROTOCOL);
    connected_stop(&f);
    // Its version.
    connected_start(&f);
    f.refuses = true;
    connected_say_hello(&f);
    assert_refused(&f, REFUSED_VERSION);
    assert_int_equal(f.ticks, 0);
    connected_stop(&f);
}

static void test_a_silent_client(void **state)
{
    connected_t f;

    (void) state;
    connected_start(&f);
    for (int s = 1; s <= 4; s++)
        assert_int_equal(connected_publish(&f), 0);
    connected_hear(&f);
    assert_int_equal(f.ticks, 0);
    assert_int_equal(f.refused, 0);
    fake_clock_ahead_us += SUBSCRIBER_GREETING_US - 4 * USEC_PER_SEC;
    assert_refused(&f, REFUSED_TIMEOUT);
    connected_stop(&f);
}

// One byte of a greeting a second is no greeting in time.
static void test_a_slow_greeting(void **state)
{
    static const char greeting[] = "\x08\0\0\0\x01\x02\x01\x02\x01";
    connected_t f;
    int r = 0;

    (void) state;
    connected_start(&f);
    for (int s = 0; s < 8 && r == 0; s++) {
        assert_int_equal(send(f.peer, greeting + s, 1, MSG_NOSIGNAL), 1);
        assert_int_equal(connected_dispatch(&f), 0);
        r = connected_publish(&f);
    }
    assert_int_equal(r, -ECONNRESET);
    connected_hear(&f);
    assert_int_equal(f.refused, REFUSED_TIMEOUT);
    connected_stop(&f);
}

// One that was refused and does not read that either is gone with the next tick.
static void test_refused_and_deaf(void **state)
{
    connected_t f;

    (void) state;
    connected_start(&f);
    connected_greet(&f);
    while (!(subscriber_events(f.s) & EPOLLOUT))
        assert_int_equal(connected_publish(&f), 0);
    assert_int_equal(send(f.peer, "\xff\xff\xff\xff", 4, MSG_NOSIGNAL), 4);
    assert_int_equal(connected_dispatch(&f), 0);
    assert_false(subscriber_events(f.s) & EPOLLIN);
    assert_int_equal(connected_publish(&f), -ECONNRESET);
    connected_stop(&f);
}

static void test_unknown_messages_are_skipped(void **state)
{
    connected_t f;

    (void) state;
    connected_start(&f);
    assert_int_equal(send(f.peer, "\x04\0\0\0\x77zzz", 8, 0), 8);
    assert_int_equal(connected_dispatch(&f), 0);
    connected_greet(&f);
    connected_say_hello(&f);                                   // a second time
    assert_int_equal(send(f.peer, "\x01\0\0\0\x03", 5, 0), 5); // TICK, which is ours to send
    assert_int_equal(connected_dispatch(&f), 0);
    assert_int_equal(connected_publish(&f), 0);
    connected_hear(&f);
    connected_assert_current(&f);
    assert_int_equal(f.hellos, 1);
    assert_int_equal(f.refused, 0);
    connected_stop(&f);
}

// Requests without end: so many a tick are served, and answers do not pile up.
static void test_a_flood_of_requests(void **state)
{
    inspect_message_t inspect = {0};
    size_t before, served, memory;
    buffer_t out = {0};
    connected_t f;

    (void) state;
    connected_start(&f);
    connected_greet(&f);
    MESSAGE_SET(&inspect, pid, 1);
    assert_int_equal(message_append(&out, MESSAGE_INSPECT, &inspect), 0);
    memory = mallinfo2().uordblks;
    for (int tick = 0; tick < 20; tick++) {
        before = f.requests;
        for (int i = 0; i < 200; i++) {
            while (send(f.peer, out.data, out.len, MSG_NOSIGNAL) > 0)
                ;
            assert_int_equal(subscriber_dispatch(f.s, subscriber_events(f.s)), 0);
            connected_hear(&f);
        }
        served = f.requests - before;
        assert_in_range(served, 1, SUBSCRIBER_REQUESTS);
        assert_int_equal(connected_publish(&f), 0);
        connected_hear(&f);
        connected_assert_current(&f);
    }
    for (int i = 0; i < 100; i++) {
        assert_int_equal(subscriber_dispatch(f.s, EPOLLOUT), 0);
        connected_hear(&f);
    }
    assert_int_equal(f.answers, f.requests);
    // And when it does not read the answers.
    for (int tick = 0; tick < 50; tick++) {
        while (send(f.peer, out.data, out.len, MSG_NOSIGNAL) > 0)
            ;
        for (int i = 0; i < 50; i++)
            assert_int_equal(subscriber_dispatch(f.s, subscriber_events(f.s)), 0);
        assert_int_equal(connected_publish(&f), 0);
    }
    assert_true(mallinfo2().uordblks < memory + 2 * SUBSCRIBER_OUTBOX_MAX + 65536);
    assert_false(subscriber_events(f.s) & EPOLLIN);
    for (int i = 0; i < 500; i++) {
        connected_hear(&f);
        assert_int_equal(connected_dispatch(&f), 0);
    }
    assert_int_equal(connected_publish(&f), 0);
    connected_hear(&f);
    connected_assert_current(&f);
    buffer_done(&out);
    connected_stop(&f);
}

// Who has used up what there is for him waits, for everything but the ticks.
static void test_a_budget_that_is_spent(void **state)
{
    inspect_message_t inspect = {0};
    connected_t f;

    (void) state;
    connected_start(&f);
    connected_greet(&f);
    f.busy = true;
    MESSAGE_SET(&inspect, pid, 1);
    for (int i = 0; i < 5; i++)
        connected_say(&f, MESSAGE_INSPECT, &inspect);
    assert_int_equal(subscriber_dispatch(f.s, EPOLLIN), 0);
    assert_false(subscriber_events(f.s) & EPOLLIN);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(connected_publish(&f), 0);
        connected_hear(&f);
        connected_assert_current(&f);
    }
    assert_int_equal(f.requests, 0);
    f.busy = false;
    // First everybody has the tick.
    assert_int_equal(connected_tick(&f), 0);
    assert_int_equal(f.requests, 0);
    assert_true(subscriber_has_asked(f.s));
    assert_int_equal(subscriber_dispatch(f.s, 0), 0);
    assert_false(subscriber_has_asked(f.s));
    assert_true(subscriber_events(f.s) & EPOLLIN);
    connected_hear(&f);
    connected_assert_current(&f);
    assert_int_equal(f.requests, 5);
    assert_int_equal(f.answers, 5);
    connected_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_refused),
            cmocka_unit_test(test_a_silent_client),
            cmocka_unit_test(test_a_slow_greeting),
            cmocka_unit_test(test_refused_and_deaf),
            cmocka_unit_test(test_unknown_messages_are_skipped),
            cmocka_unit_test(test_a_flood_of_requests),
            cmocka_unit_test(test_a_budget_that_is_spent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
