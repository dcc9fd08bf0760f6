// One connection, driven by hand over a real socket: what it is sent, what it may ask, and what a
// peer costs that misbehaves.

#include "common/cleanup.h"
#include "common/clock.h"
#include "daemon/publish/subscriber.h"
#include "protocol/frame.h"
#include "protocol/replica.h"
#include "protocol/tick.h"
#include "tests/support/captured.h"
#include "tests/support/fake_clock.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROCESSES 100

typedef struct {
    captured_t host;
    audiences_t *audiences;
    subscriber_t *s;
    int peer; // our end
    frame_reader_t in;
    replica_t *replica;
    size_t requests;
    bool refuses, busy;
    // What came.
    size_t ticks, keyframes, hellos, answers;
    unsigned refused; // code
} fixture_t;

static void on_request(void *user, subscriber_t *s, message_type_t type, const message_t *m)
{
    fixture_t *f = user;
    static char text[4000];
    error_message_t answer = {0};

    (void) type;
    (void) m;
    f->requests++;
    MESSAGE_SET(&answer, code, ERROR_NO_PROCESS);
    MESSAGE_SET_TEXT(&answer, text, text, sizeof(text));
    subscriber_answer(s, MESSAGE_ERROR, &answer);
}

static bool on_greeted(void *user, subscriber_t *s, const hello_message_t *hello)
{
    fixture_t *f = user;
    hello_message_t m = {0};

    (void) hello;
    if (f->refuses) {
        subscriber_refuse(s, REFUSED_VERSION, "no");
        return false;
    }
    MESSAGE_SET(&m, magic, PROTOCOL_MAGIC);
    return subscriber_answer(s, MESSAGE_HELLO, &m);
}

static bool on_may_ask(void *user)
{
    const fixture_t *f = user;

    return !f->busy;
}

static void populate(fixture_t *f)
{
    proctree_process_t x = captured_postgres;

    for (x.pid = 1000; x.pid < 1000 + PROCESSES; x.pid++)
        proctree_process(&f->host.tree, &x);
}

// Something changes with every process, though no file does.
static void change_host(fixture_t *f)
{
    snapshot_t *s = capture_current_writable(f->host.capture);

    for (uint32_t slot = 0; slot < s->n_slots; slot++)
        PROCESS_SET(&s->processes[slot], baseline_kb, s->system.tick * (slot + 977) % 20011);
}

static void start(fixture_t *f)
{
    const subscriber_handlers_t handlers = {
            .request = on_request, .greeted = on_greeted, .may_ask = on_may_ask, .user = f};
    const peer_t peer = {.uid = 0, .rights = RIGHTS_ALL};
    int fds[2];

    *f = (fixture_t){.peer = -1};
    captured_init(&f->host, true);
    populate(f);
    captured_tick(&f->host);
    change_host(f);
    assert_int_equal(audiences_new(&f->audiences, f->host.capture), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
    assert_int_equal(
            subscriber_new(&f->s, fds[0], &peer, f->audiences, &handlers, clock_monotonic_us()), 0);
    f->peer = fds[1];
    frame_reader_init(&f->in, FRAME_MAX);
    assert_int_equal(replica_new(&f->replica), 0);
}

static void stop(fixture_t *f)
{
    subscriber_free(f->s);
    audiences_free(f->audiences);
    captured_done(&f->host);
    close(f->peer);
    frame_reader_done(&f->in);
    replica_free(f->replica);
}

static void say(fixture_t *f, message_type_t type, const void *m)
{
    buffer_t out = {0};

    assert_int_equal(message_append(&out, type, m), 0);
    assert_int_equal(send(f->peer, out.data, out.len, MSG_NOSIGNAL), out.len);
    buffer_done(&out);
}

static void say_hello(fixture_t *f)
{
    hello_message_t m = {0};

    MESSAGE_SET(&m, magic, PROTOCOL_MAGIC);
    MESSAGE_SET(&m, version_min, 1);
    MESSAGE_SET(&m, version_max, 1);
    say(f, MESSAGE_HELLO, &m);
}

static int dispatch(fixture_t *f)
{
    return subscriber_dispatch(f->s, EPOLLIN | EPOLLOUT);
}

static int publish(fixture_t *f)
{
    captured_tick(&f->host);
    change_host(f);
    assert_int_equal(audiences_advance(f->audiences), 0);
    return subscriber_publish(f->s, clock_monotonic_us());
}

static void take(fixture_t *f, const frame_t *frame)
{
    message_t m;

    if (frame->type == MESSAGE_TICK) {
        tick_reader_t reader;

        assert_int_equal(replica_apply(f->replica, frame->body, frame->len), 0);
        assert_int_equal(tick_reader_init(&reader, frame->body, frame->len), 0);
        f->ticks++;
        f->keyframes += reader.base == 0;
        return;
    }
    assert_int_equal(message_decode(frame->type, frame->body, frame->len, &m), 0);
    f->hellos += frame->type == MESSAGE_HELLO;
    f->answers += frame->type == MESSAGE_ERROR;
    if (frame->type == MESSAGE_REFUSED)
        f->refused = (unsigned) m.refused.code;
}

// Reads at most `most` bytes; how many there were, -1 at the end of the stream.
static ssize_t listen_for(fixture_t *f, size_t most)
{
    size_t space;
    void *at = frame_reader_space(&f->in, &space);
    ssize_t n = recv(f->peer, at, MIN(space, most), MSG_DONTWAIT);
    frame_t frame;

    if (n <= 0)
        return n == 0 ? -1 : 0;
    frame_reader_filled(&f->in, (size_t) n);
    while (frame_reader_next(&f->in, &frame) > 0)
        take(f, &frame);
    return n;
}

static void hear(fixture_t *f)
{
    while (listen_for(f, SIZE_MAX) > 0)
        ;
}

static void assert_current(const fixture_t *f)
{
    const snapshot_t *s = capture_current(f->host.capture), *r = replica_snapshot(f->replica);

    assert_true(replica_valid(f->replica));
    assert_int_equal(r->system.tick, s->system.tick);
    for (uint32_t slot = 0; slot < s->n_slots; slot++) {
        const process_snapshot_t *p = &s->processes[slot];
        uint32_t at = replica_find(f->replica, p->pid, p->start_time);

        assert_true(at != UINT32_MAX);
        assert_int_equal(r->processes[at].anon_kb, p->anon_kb);
        assert_int_equal(r->processes[at].baseline_kb, p->baseline_kb);
    }
}

static void greet(fixture_t *f)
{
    say_hello(f);
    assert_int_equal(dispatch(f), 0);
    hear(f);
    assert_int_equal(f->hellos, 1);
    assert_int_equal(f->keyframes, 1);
    assert_current(f);
}

static void test_a_good_client(void **state)
{
    fixture_t f;

    (void) state;
    start(&f);
    assert_false(subscriber_is_greeted(f.s));
    assert_int_equal(subscriber_events(f.s), EPOLLIN);
    greet(&f);
    assert_true(subscriber_is_greeted(f.s));
    for (int i = 0; i < 20; i++) {
        assert_int_equal(publish(&f), 0);
        assert_int_equal(subscriber_events(f.s), EPOLLIN);
        assert_int_equal(subscriber_lag(f.s), 0);
        hear(&f);
        assert_current(&f);
    }
    assert_int_equal(f.ticks, 21);
    assert_int_equal(f.keyframes, 1);
    // It goes.
    shutdown(f.peer, SHUT_RDWR);
    assert_int_equal(subscriber_dispatch(f.s, EPOLLIN | EPOLLHUP), -ECONNRESET);
    stop(&f);
}

// One that does not read for long: it costs what it costs after a while, and is current at once
// when it reads again.
static void test_a_sleeping_client(void **state)
{
    size_t after_a_while = 0;
    fixture_t f;

    (void) state;
    start(&f);
    greet(&f);
    for (int i = 0; i < 600; i++) {
        assert_int_equal(publish(&f), 0);
        if (i == 300)
            after_a_while = mallinfo2().uordblks;
    }
    assert_true(mallinfo2().uordblks < after_a_while + 16384);
    assert_true(subscriber_lag(f.s) > 100);
    assert_true(subscriber_events(f.s) & EPOLLOUT);
    assert_int_equal(f.keyframes, 1);
    // It wakes up: what was on its way, and one keyframe for all that it missed.
    for (int i = 0; i < 100 && (subscriber_events(f.s) & EPOLLOUT); i++) {
        hear(&f);
        assert_int_equal(dispatch(&f), 0);
    }
    hear(&f);
    assert_current(&f);
    assert_int_equal(f.keyframes, 2);
    assert_int_equal(subscriber_lag(f.s), 0);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(publish(&f), 0);
        hear(&f);
        assert_current(&f);
    }
    assert_int_equal(f.keyframes, 2);
    stop(&f);
}

// One that reads byte by byte, and always a bit too late.
static void test_a_dawdling_client(void **state)
{
    fixture_t f;

    (void) state;
    start(&f);
    greet(&f);
    for (int i = 0; i < 400; i++) {
        assert_int_equal(publish(&f), 0);
        for (int n = 0; n < 7; n++)
            listen_for(&f, 1 + (size_t) i % 97);
        assert_int_equal(dispatch(&f), 0);
    }
    for (int i = 0; i < 300; i++) {
        hear(&f);
        assert_int_equal(dispatch(&f), 0);
    }
    assert_int_equal(publish(&f), 0);
    hear(&f);
    assert_current(&f);
    stop(&f);
}

static void test_pause_and_keyframes(void **state)
{
    pause_message_t pause = {0};
    keyframe_request_message_t keyframe = {0};
    fixture_t f;

    (void) state;
    start(&f);
    greet(&f);
    MESSAGE_SET(&pause, paused, 1);
    say(&f, MESSAGE_PAUSE, &pause);
    assert_int_equal(dispatch(&f), 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(publish(&f), 0);
    hear(&f);
    assert_int_equal(f.ticks, 1);
    assert_false(subscriber_events(f.s) & EPOLLOUT);
    pause.paused = 0;
    say(&f, MESSAGE_PAUSE, &pause);
    assert_int_equal(dispatch(&f), 0);
    hear(&f);
    assert_int_equal(f.keyframes, 2);
    assert_current(&f);

    // Asked for, at once; but not as often as anybody likes.
    for (int i = 0; i < 50; i++)
        say(&f, MESSAGE_KEYFRAME_REQUEST, &keyframe);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(dispatch(&f), 0);
        hear(&f);
    }
    assert_in_range(f.keyframes, 3, 2 + SUBSCRIBER_KEYFRAMES);
    assert_int_equal(publish(&f), 0);
    hear(&f);
    assert_current(&f);
    stop(&f);
}

// ---- Bad ones ----------------------------------------------------------------------------------

// The connection ends within some ticks, and the peer was told why.
static void assert_refused(fixture_t *f, unsigned code)
{
    int r = dispatch(f);

    for (int i = 0; r == 0; i++) {
        assert_in_range(i, 0, 3);
        r = publish(f);
    }
    hear(f);
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
    fixture_t f;

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(garbage); i++) {
        start(&f);
        assert_int_equal(send(f.peer, garbage[i].what, garbage[i].len, 0), garbage[i].len);
        assert_refused(&f, REFUSED_PROTOCOL);
        assert_int_equal(f.ticks, 0);
        stop(&f);
    }
    // After its greeting as well.
    start(&f);
    greet(&f);
    assert_int_equal(send(f.peer, garbage[0].what, garbage[0].len, 0), garbage[0].len);
    assert_refused(&f, REFUSED_PROTOCOL);
    stop(&f);
    // Its version.
    start(&f);
    f.refuses = true;
    say_hello(&f);
    assert_refused(&f, REFUSED_VERSION);
    assert_int_equal(f.ticks, 0);
    stop(&f);
}

static void test_a_silent_client(void **state)
{
    fixture_t f;

    (void) state;
    start(&f);
    for (int s = 1; s <= 4; s++)
        assert_int_equal(publish(&f), 0);
    hear(&f);
    assert_int_equal(f.ticks, 0);
    assert_int_equal(f.refused, 0);
    fake_clock_ahead_us += SUBSCRIBER_GREETING_US - 4 * USEC_PER_SEC;
    assert_refused(&f, REFUSED_TIMEOUT);
    stop(&f);
}

// One byte of a greeting a second is no greeting in time.
static void test_a_slow_greeting(void **state)
{
    static const char greeting[] = "\x08\0\0\0\x01\x02\x01\x02\x01";
    fixture_t f;
    int r = 0;

    (void) state;
    start(&f);
    for (int s = 0; s < 8 && r == 0; s++) {
        assert_int_equal(send(f.peer, greeting + s, 1, MSG_NOSIGNAL), 1);
        assert_int_equal(dispatch(&f), 0);
        r = publish(&f);
    }
    assert_int_equal(r, -ECONNRESET);
    hear(&f);
    assert_int_equal(f.refused, REFUSED_TIMEOUT);
    stop(&f);
}

// One that was refused and does not read that either is gone with the next tick.
static void test_refused_and_deaf(void **state)
{
    fixture_t f;

    (void) state;
    start(&f);
    greet(&f);
    while (!(subscriber_events(f.s) & EPOLLOUT))
        assert_int_equal(publish(&f), 0);
    assert_int_equal(send(f.peer, "\xff\xff\xff\xff", 4, MSG_NOSIGNAL), 4);
    assert_int_equal(dispatch(&f), 0);
    assert_false(subscriber_events(f.s) & EPOLLIN);
    assert_int_equal(publish(&f), -ECONNRESET);
    stop(&f);
}

static void test_unknown_messages_are_skipped(void **state)
{
    fixture_t f;

    (void) state;
    start(&f);
    assert_int_equal(send(f.peer, "\x04\0\0\0\x77zzz", 8, 0), 8);
    assert_int_equal(dispatch(&f), 0);
    greet(&f);
    say_hello(&f);                                             // a second time
    assert_int_equal(send(f.peer, "\x01\0\0\0\x03", 5, 0), 5); // TICK, which is ours to send
    assert_int_equal(dispatch(&f), 0);
    assert_int_equal(publish(&f), 0);
    hear(&f);
    assert_current(&f);
    assert_int_equal(f.hellos, 1);
    assert_int_equal(f.refused, 0);
    stop(&f);
}

// Requests without end: so many a tick are served, and answers do not pile up.
static void test_a_flood_of_requests(void **state)
{
    inspect_message_t inspect = {0};
    size_t before, served, memory;
    buffer_t out = {0};
    fixture_t f;

    (void) state;
    start(&f);
    greet(&f);
    MESSAGE_SET(&inspect, pid, 1);
    assert_int_equal(message_append(&out, MESSAGE_INSPECT, &inspect), 0);
    memory = mallinfo2().uordblks;
    for (int tick = 0; tick < 20; tick++) {
        before = f.requests;
        for (int i = 0; i < 200; i++) {
            while (send(f.peer, out.data, out.len, MSG_NOSIGNAL) > 0)
                ;
            assert_int_equal(subscriber_dispatch(f.s, subscriber_events(f.s)), 0);
            hear(&f);
        }
        served = f.requests - before;
        assert_in_range(served, 1, SUBSCRIBER_REQUESTS);
        assert_int_equal(publish(&f), 0);
        hear(&f);
        assert_current(&f);
    }
    for (int i = 0; i < 100; i++) {
        assert_int_equal(subscriber_dispatch(f.s, EPOLLOUT), 0);
        hear(&f);
    }
    assert_int_equal(f.answers, f.requests);
    // And when it does not read the answers.
    for (int tick = 0; tick < 50; tick++) {
        while (send(f.peer, out.data, out.len, MSG_NOSIGNAL) > 0)
            ;
        for (int i = 0; i < 50; i++)
            assert_int_equal(subscriber_dispatch(f.s, subscriber_events(f.s)), 0);
        assert_int_equal(publish(&f), 0);
    }
    assert_true(mallinfo2().uordblks < memory + 2 * SUBSCRIBER_OUTBOX_MAX + 65536);
    assert_false(subscriber_events(f.s) & EPOLLIN);
    for (int i = 0; i < 500; i++) {
        hear(&f);
        assert_int_equal(dispatch(&f), 0);
    }
    assert_int_equal(publish(&f), 0);
    hear(&f);
    assert_current(&f);
    buffer_done(&out);
    stop(&f);
}

// Who has used up what there is for him waits, for everything but the ticks.
static void test_a_budget_that_is_spent(void **state)
{
    inspect_message_t inspect = {0};
    fixture_t f;

    (void) state;
    start(&f);
    greet(&f);
    f.busy = true;
    MESSAGE_SET(&inspect, pid, 1);
    for (int i = 0; i < 5; i++)
        say(&f, MESSAGE_INSPECT, &inspect);
    assert_int_equal(subscriber_dispatch(f.s, EPOLLIN), 0);
    assert_false(subscriber_events(f.s) & EPOLLIN);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(publish(&f), 0);
        hear(&f);
        assert_current(&f);
    }
    assert_int_equal(f.requests, 0);
    f.busy = false;
    assert_int_equal(publish(&f), 0);
    assert_true(subscriber_events(f.s) & EPOLLIN);
    hear(&f);
    assert_current(&f);
    assert_int_equal(f.requests, 5);
    assert_int_equal(f.answers, 5);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_a_good_client),
            cmocka_unit_test(test_a_sleeping_client),
            cmocka_unit_test(test_a_dawdling_client),
            cmocka_unit_test(test_pause_and_keyframes),
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
