// A session against a daemon that the test plays itself, with a clock that the test turns.

#include "common/clock.h"
#include "protocol/cursor.h"
#include "protocol/frame.h"
#include "protocol/session.h"
#include "tests/support/cmocka.h"
#include "tests/support/world.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct {
    session_t *session;
    uint64_t now;
    // What the handlers saw.
    int ticks, keyframes, new_instances, messages;
    message_type_t last_message;
    char last_text[64];
    session_state_t states[16];
    int n_states;
    // The daemon.
    char dir[32], path[64];
    int listener, peer;
    frame_reader_t in;
    buffer_t out;
    snapshot_encoder_t encoder;
    world_t world;
} fixture_t;

static void on_tick(void *user, bool keyframe, bool new_instance)
{
    fixture_t *f = user;

    assert_true(replica_valid(session_replica(f->session)));
    f->ticks++;
    f->keyframes += keyframe;
    f->new_instances += new_instance;
}

static void on_message(void *user, message_type_t type, const message_t *m)
{
    fixture_t *f = user;

    f->messages++;
    f->last_message = type;
    if (type == MESSAGE_ERROR)
        snprintf(f->last_text, sizeof(f->last_text), "%.*s", (int) m->error.text.len,
                m->error.text.data);
}

static void on_state(void *user, session_state_t state)
{
    fixture_t *f = user;

    assert_true(f->n_states < 16);
    f->states[f->n_states++] = state;
}

static session_handlers_t handlers_of(fixture_t *f)
{
    return (session_handlers_t){
            .tick = on_tick, .message = on_message, .state = on_state, .user = f};
}

static int setup(void **state)
{
    static fixture_t f;

    memset(&f, 0, sizeof(f));
    f.listener = f.peer = -1;
    f.now = clock_monotonic_us();
    strcpy(f.dir, "/tmp/memscope-test-XXXXXX");
    if (!mkdtemp(f.dir))
        return -1;
    snprintf(f.path, sizeof(f.path), "%s/socket", f.dir);
    frame_reader_init(&f.in, FRAME_MAX_TO_DAEMON);
    world_init(&f.world, &(world_options_t){.seed = 3, .slots = 50, .changes = 10});
    *state = &f;
    return 0;
}

static void hang_up(fixture_t *f)
{
    if (f->peer >= 0)
        close(f->peer);
    f->peer = -1;
    frame_reader_reset(&f->in);
}

static void stop_listening(fixture_t *f)
{
    if (f->listener >= 0)
        close(f->listener);
    f->listener = -1;
    unlink(f->path);
}

static int teardown(void **state)
{
    fixture_t *f = *state;

    session_free(f->session);
    hang_up(f);
    stop_listening(f);
    rmdir(f->dir);
    frame_reader_done(&f->in);
    buffer_done(&f->out);
    snapshot_encoder_done(&f->encoder);
    world_done(&f->world);
    return 0;
}

// ---- The daemon's side -------------------------------------------------------------------------

static void start_listening(fixture_t *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    strcpy(address.sun_path, f->path);
    f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_true(f->listener >= 0);
    assert_int_equal(bind(f->listener, (struct sockaddr *) &address, sizeof(address)), 0);
    assert_int_equal(listen(f->listener, 8), 0);
}

static bool answer(fixture_t *f)
{
    f->peer = accept(f->listener, NULL, NULL);
    return f->peer >= 0;
}

static void dispatch(fixture_t *f)
{
    session_dispatch(f->session, f->now);
}

static void deliver(fixture_t *f)
{
    assert_int_equal(write(f->peer, f->out.data, f->out.len), f->out.len);
    buffer_reset(&f->out);
    dispatch(f);
}

static void say(fixture_t *f, message_type_t type, const void *m)
{
    assert_int_equal(message_append(&f->out, type, m), 0);
    deliver(f);
}

static void say_hello(fixture_t *f, uint64_t instance)
{
    hello_message_t m = {0};

    MESSAGE_SET(&m, magic, PROTOCOL_MAGIC);
    MESSAGE_SET(&m, version_min, 1);
    MESSAGE_SET(&m, version_max, 1);
    MESSAGE_SET(&m, instance, instance);
    MESSAGE_SET_TEXT(&m, build, "test\x1b", 5);
    say(f, MESSAGE_HELLO, &m);
}

static void say_tick(fixture_t *f, bool keyframe)
{
    size_t mark = frame_begin(&f->out, MESSAGE_TICK);

    assert_int_equal(
            snapshot_encode(&f->encoder, &f->out, keyframe ? NULL : &f->world.prev->snapshot, NULL,
                    &f->world.curr->snapshot, NULL),
            0);
    frame_end(&f->out, mark);
    deliver(f);
}

static void say_refused(fixture_t *f, uint64_t code, const char *text)
{
    refused_message_t m = {0};

    MESSAGE_SET(&m, code, code);
    MESSAGE_SET_TEXT(&m, text, text, strlen(text));
    say(f, MESSAGE_REFUSED, &m);
}

// The next message that the session sent.
static message_type_t hear(fixture_t *f, message_t *ret)
{
    frame_t frame;

    dispatch(f);
    while (frame_reader_next(&f->in, &frame) == 0) {
        size_t len;
        void *space = frame_reader_space(&f->in, &len);
        ssize_t n = recv(f->peer, space, len, MSG_DONTWAIT);

        if (n <= 0)
            return 0;
        frame_reader_filled(&f->in, (size_t) n);
    }
    assert_int_equal(message_decode(frame.type, frame.body, frame.len, ret), 0);
    return frame.type;
}

static void greet(fixture_t *f, uint64_t instance)
{
    message_t m;

    assert_int_equal(hear(f, &m), MESSAGE_HELLO);
    assert_int_equal(m.hello.magic, PROTOCOL_MAGIC);
    say_hello(f, instance);
    say_tick(f, true);
    assert_int_equal(session_state(f->session), SESSION_LIVE);
}

static void begin_fd(fixture_t *f)
{
    session_handlers_t handlers = handlers_of(f);
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    f->peer = fds[0];
    assert_int_equal(session_new_fd(&f->session, fds[1], &handlers), 0);
}

static void begin_path(fixture_t *f)
{
    session_handlers_t handlers = handlers_of(f);

    assert_int_equal(session_new_path(&f->session, f->path, &handlers), 0);
    f->now = clock_monotonic_us(); // the session began with the real one
}

// Turns the clock to the next attempt.
static void wait_for_attempt(fixture_t *f)
{
    assert_int_equal(session_fd(f->session), -1);
    assert_true(session_deadline_us(f->session) != UINT64_MAX);
    if (session_deadline_us(f->session) > f->now)
        f->now = session_deadline_us(f->session);
    dispatch(f);
}

// ---- Tests -------------------------------------------------------------------------------------

static void test_a_conversation(void **state)
{
    fixture_t *f = *state;
    message_t m;

    begin_fd(f);
    assert_int_equal(session_state(f->session), SESSION_CONNECTING);
    assert_null(session_hello(f->session));
    assert_int_equal(session_request_history(f->session, 1, 2, 3, 4), -ENOTCONN);
    greet(f, 77);
    assert_true(session_deadline_us(f->session) == UINT64_MAX);
    assert_int_equal(f->ticks, 1);
    assert_int_equal(f->keyframes, 1);
    assert_int_equal(f->new_instances, 0);
    assert_string_equal(session_hello(f->session)->build.data, "test?");
    assert_string_equal(session_error(f->session), "");
    world_step(&f->world);
    say_tick(f, false);
    assert_int_equal(f->ticks, 2);
    assert_int_equal(f->keyframes, 1);
    assert_int_equal(session_poll_events(f->session), POLLIN);

    assert_int_equal(session_request_history(f->session, 11, 22, 33, 44), 1);
    assert_int_equal(session_poll_events(f->session), POLLIN | POLLOUT);
    assert_int_equal(session_request_history(f->session, 12, 22, 33, 44), 2);
    assert_int_equal(hear(f, &m), MESSAGE_HISTORY_REQUEST);
    assert_int_equal(m.history_request.pid, 11);
    assert_int_equal(m.history_request.step_ms, 44);
    assert_int_equal(hear(f, &m), MESSAGE_HISTORY_REQUEST);
    assert_int_equal(m.history_request.request, 2);
}

static void test_asking_for_events_and_reasons(void **state)
{
    fixture_t *f = *state;
    const session_span_t span = {.from_ms = 50}, closed = {.from_ms = 1, .to_ms = 2};
    message_t m;

    begin_fd(f);
    assert_int_equal(session_request_events(f->session, NULL, 0, true), -ENOTCONN);
    assert_int_equal(session_request_why(f->session, NULL, WHY_BY_NAME, 5), -ENOTCONN);
    greet(f, 77);
    assert_int_equal(session_request_events(f->session, &span, 9, true), 1);
    assert_int_equal(session_request_why(f->session, &closed, WHY_BY_NAME, 5), 2);
    assert_int_equal(session_request_why(f->session, NULL, WHY_BY_USER, 0), 3);
    assert_int_equal(hear(f, &m), MESSAGE_EVENTS_REQUEST);
    assert_int_equal(m.events_request.request, 1);
    assert_int_equal(m.events_request.from_ms, 50);
    assert_false(m.events_request.has.to_ms);
    assert_int_equal(m.events_request.after, 9);
    assert_int_equal(m.events_request.follow, 1);
    assert_int_equal(hear(f, &m), MESSAGE_WHY_REQUEST);
    assert_int_equal(m.why_request.request, 2);
    assert_int_equal(m.why_request.to_ms, 2);
    assert_int_equal(m.why_request.by, WHY_BY_NAME);
    assert_int_equal(m.why_request.limit, 5);
    assert_int_equal(hear(f, &m), MESSAGE_WHY_REQUEST);
    assert_false(m.why_request.has.from_ms || m.why_request.has.to_ms);
}

static void test_messages_come_through(void **state)
{
    fixture_t *f = *state;
    error_message_t error = {0};
    pause_message_t pause = {0};

    begin_fd(f);
    greet(f, 1);
    MESSAGE_SET_TEXT(&error, text, "no such process", 15);
    say(f, MESSAGE_ERROR, &error);
    assert_int_equal(f->messages, 1);
    assert_int_equal(f->last_message, MESSAGE_ERROR);
    assert_string_equal(f->last_text, "no such process");
    say(f, MESSAGE_PAUSE, &pause);            // not for clients: passed over
    buffer_put(&f->out, "\3\0\0\0\xc8xy", 7); // a type from the future
    deliver(f);
    assert_int_equal(f->messages, 1);
    assert_int_equal(session_state(f->session), SESSION_LIVE);
}

static void test_requests_are_kept_over_a_restart(void **state)
{
    fixture_t *f = *state;
    message_t m;

    start_listening(f);
    begin_path(f);
    assert_true(answer(f));
    session_inspect(f->session, 5, 0);
    session_inspect(f->session, 10, 20);
    session_pause(f->session, true);
    greet(f, 1);
    for (int run = 0; run < 2; run++) {
        assert_int_equal(hear(f, &m), MESSAGE_INSPECT); // the last one only
        assert_int_equal(m.inspect.pid, 10);
        assert_int_equal(m.inspect.start_time, 20);
        assert_int_equal(hear(f, &m), MESSAGE_PAUSE);
        assert_int_equal(m.pause.paused, 1);
        assert_int_equal(hear(f, &m), 0);
        if (run == 1)
            break;
        hang_up(f);
        dispatch(f);
        assert_int_equal(session_state(f->session), SESSION_RECONNECTING);
        assert_string_equal(session_error(f->session), "the daemon closed the connection");
        wait_for_attempt(f);
        assert_true(answer(f));
        greet(f, 2);
        assert_int_equal(f->new_instances, 1);
    }
    session_pause(f->session, false);
    assert_int_equal(hear(f, &m), MESSAGE_PAUSE);
    assert_int_equal(m.pause.paused, 0);
}

// What was missed meanwhile is asked for by the number of the last event; another run of the daemon
// counts anew.
static void test_events_are_followed_over_a_restart(void **state)
{
    fixture_t *f = *state;
    event_message_t event = {0};
    message_t m;

    start_listening(f);
    begin_path(f);
    assert_true(answer(f));
    greet(f, 1);
    assert_true(session_request_events(f->session, NULL, 0, true) > 0);
    assert_int_equal(hear(f, &m), MESSAGE_EVENTS_REQUEST);
    MESSAGE_SET(&event, number, 41);
    say(f, MESSAGE_EVENT, &event);
    for (unsigned run = 1; run <= 2; run++) {
        hang_up(f);
        dispatch(f);
        wait_for_attempt(f);
        assert_true(answer(f));
        greet(f, run);
        assert_int_equal(hear(f, &m), MESSAGE_EVENTS_REQUEST);
        assert_false(m.events_request.has.request);
        assert_int_equal(m.events_request.follow, 1);
        assert_int_equal(m.events_request.after, run == 1 ? 41 : 0);
        assert_int_equal(hear(f, &m), 0);
    }
    assert_true(session_request_events(f->session, NULL, 0, false) > 0);
    assert_int_equal(hear(f, &m), MESSAGE_EVENTS_REQUEST);
    hang_up(f);
    dispatch(f);
    wait_for_attempt(f);
    assert_true(answer(f));
    greet(f, 2);
    assert_int_equal(hear(f, &m), 0);
}

static void test_reconnects_within_two_seconds(void **state)
{
    fixture_t *f = *state;
    uint64_t last = f->now;
    int attempts = 0;

    begin_path(f); // nobody listens
    assert_int_equal(session_state(f->session), SESSION_CONNECTING);
    assert_non_null(strstr(session_error(f->session), f->path));
    while (f->now < last + 10 * USEC_PER_SEC) {
        uint64_t before = f->now;

        wait_for_attempt(f);
        assert_true(f->now - before <= USEC_PER_SEC);
        attempts++;
    }
    assert_in_range(attempts, 10, 20);
    assert_int_equal(session_state(f->session), SESSION_CONNECTING);
    start_listening(f);
    wait_for_attempt(f);
    assert_true(answer(f));
    greet(f, 1);
    hang_up(f);
    dispatch(f);
    stop_listening(f);
    start_listening(f);
    assert_true(session_deadline_us(f->session) - f->now <= 50 * USEC_PER_MSEC);
    assert_true(session_replica(f->session) && !replica_valid(session_replica(f->session)));
    assert_int_equal(replica_snapshot(session_replica(f->session))->n_slots, 50);
    wait_for_attempt(f);
    assert_true(answer(f));
    greet(f, 1);
    assert_int_equal(f->new_instances, 0); // the same run as before
    assert_int_equal(f->n_states, 3);
}

static void test_asks_for_a_keyframe_when_a_tick_is_missing(void **state)
{
    fixture_t *f = *state;
    message_t m;

    begin_fd(f);
    greet(f, 1);
    world_step(&f->world);
    world_step(&f->world);
    say_tick(f, false); // builds on what was never sent
    assert_int_equal(session_state(f->session), SESSION_RECONNECTING);
    assert_int_equal(hear(f, &m), MESSAGE_KEYFRAME_REQUEST);
    world_step(&f->world);
    say_tick(f, false); // was on its way
    assert_int_equal(hear(f, &m), 0);
    assert_int_equal(f->ticks, 1);
    say_tick(f, true);
    assert_int_equal(f->ticks, 2);
    assert_int_equal(f->keyframes, 2);
    assert_int_equal(session_state(f->session), SESSION_LIVE);
    assert_string_equal(session_error(f->session), "");
    assert_true(session_deadline_us(f->session) == UINT64_MAX);
    session_request_keyframe(f->session);
    assert_int_equal(hear(f, &m), MESSAGE_KEYFRAME_REQUEST);
}

static void test_does_not_wait_for_a_keyframe_for_ever(void **state)
{
    fixture_t *f = *state;

    start_listening(f);
    begin_path(f);
    assert_true(answer(f));
    greet(f, 1);
    world_step(&f->world);
    world_step(&f->world);
    say_tick(f, false);
    assert_int_equal(session_state(f->session), SESSION_RECONNECTING);
    f->now = session_deadline_us(f->session);
    dispatch(f);
    assert_int_equal(session_fd(f->session), -1);
    assert_string_equal(session_error(f->session), "the daemon does not answer");
}

static void test_refusals(void **state)
{
    fixture_t *f = *state;

    start_listening(f);
    begin_path(f);
    assert_true(answer(f));
    say_refused(f, REFUSED_SHUTDOWN, "going down");
    assert_int_equal(session_state(f->session), SESSION_CONNECTING);
    wait_for_attempt(f);
    hang_up(f);
    assert_true(answer(f));
    say_refused(f, REFUSED_LIMIT_USER, "16 connections\x1b[2J are enough");
    assert_int_equal(session_state(f->session), SESSION_FAILED);
    assert_string_equal(
            session_error(f->session), "the daemon refused: 16 connections?[2J are enough");
    assert_int_equal(session_fd(f->session), -1);
    assert_true(session_deadline_us(f->session) == UINT64_MAX);
    assert_int_equal(session_inspect(f->session, 1, 1), -ENOTCONN);
}

// The daemon may be gone before the session has said a word; the reason is still there to be read.
static void test_a_refusal_before_hello_is_heard(void **state)
{
    fixture_t *f = *state;
    refused_message_t m = {0};

    begin_fd(f);
    MESSAGE_SET(&m, code, REFUSED_LIMIT_TOTAL);
    MESSAGE_SET_TEXT(&m, text, "full", 4);
    assert_int_equal(message_append(&f->out, MESSAGE_REFUSED, &m), 0);
    assert_int_equal(write(f->peer, f->out.data, f->out.len), f->out.len);
    hang_up(f);
    dispatch(f);
    assert_int_equal(session_state(f->session), SESSION_FAILED);
    assert_string_equal(session_error(f->session), "the daemon refused: full");
}

static void test_limits_after_a_restart_pass(void **state)
{
    fixture_t *f = *state;

    start_listening(f);
    begin_path(f);
    assert_true(answer(f));
    greet(f, 1);
    hang_up(f);
    dispatch(f);
    wait_for_attempt(f);
    assert_true(answer(f));
    say_refused(f, REFUSED_LIMIT_TOTAL, "full");
    assert_int_equal(session_state(f->session), SESSION_RECONNECTING);
}

static void test_another_version(void **state)
{
    fixture_t *f = *state;
    hello_message_t m = {0};

    start_listening(f);
    begin_path(f);
    assert_true(answer(f));
    MESSAGE_SET(&m, magic, PROTOCOL_MAGIC);
    MESSAGE_SET(&m, version_min, 9);
    MESSAGE_SET(&m, version_max, 9);
    say(f, MESSAGE_HELLO, &m);
    assert_int_equal(session_state(f->session), SESSION_FAILED);
    assert_non_null(strstr(session_error(f->session), "version 9"));
}

static void garbage(fixture_t *f, const void *bytes, size_t len, const char *reason)
{
    start_listening(f);
    begin_path(f);
    assert_true(answer(f));
    buffer_put(&f->out, bytes, len);
    deliver(f);
    assert_int_equal(session_state(f->session), SESSION_CONNECTING);
    assert_int_equal(session_fd(f->session), -1);
    assert_string_equal(session_error(f->session), reason);
    session_free(f->session);
    f->session = NULL;
    hang_up(f);
    stop_listening(f);
}

static void test_garbage(void **state)
{
    fixture_t *f = *state;
    static const char other[] = "what answers is not memscoped";

    garbage(f, "HTTP/1.0 400 Bad Request\r\n\r\n", 28, other);
    garbage(f, "\0\0\0\0", 4, other);
    garbage(f, "\1\0\0\0\3", 5, other); // TICK before HELLO
    garbage(f, "\1\0\0\0\1", 5, other); // HELLO without magic
    garbage(f, "\3\0\0\0\1\2\x80", 7, "the daemon sent a malformed HELLO");
}

static void test_a_malformed_tick_ends_the_connection(void **state)
{
    fixture_t *f = *state;

    begin_fd(f);
    greet(f, 1);
    buffer_put(&f->out, "\2\0\0\0\3\0", 6);
    deliver(f);
    assert_int_equal(session_state(f->session), SESSION_FAILED);
    assert_string_equal(session_error(f->session), "the daemon sent a malformed tick");
    assert_int_equal(replica_snapshot(session_replica(f->session))->n_slots, 50);
}

static void test_a_silent_daemon(void **state)
{
    fixture_t *f = *state;

    start_listening(f);
    begin_path(f);
    dispatch(f);
    assert_true(session_fd(f->session) >= 0);
    f->now = session_deadline_us(f->session);
    dispatch(f);
    assert_int_equal(session_fd(f->session), -1);
    assert_string_equal(session_error(f->session), "the daemon does not answer");
    wait_for_attempt(f);
    assert_true(session_fd(f->session) >= 0);
}

// A daemon that is stopped: what is asked for meanwhile stays bounded, and nothing blocks.
static void test_a_daemon_that_does_not_read(void **state)
{
    fixture_t *f = *state;
    int r = 0, accepted = 0;

    begin_fd(f);
    greet(f, 1);
    while (r >= 0 && accepted < 1000000) {
        session_inspect(f->session, 1 + (uint64_t) accepted, 0);
        r = session_request_history(f->session, 1, 2, 3, 4);
        accepted += r > 0;
        dispatch(f);
    }
    assert_int_equal(r, -ENOBUFS);
    assert_int_equal(session_state(f->session), SESSION_LIVE);
}

static void test_arguments(void **state)
{
    fixture_t *f = *state;
    session_handlers_t handlers = handlers_of(f);
    char path[200];
    int fds[2];

    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(session_new_path(&f->session, path, &handlers), -ENAMETOOLONG);
    assert_int_equal(session_new_path(&f->session, "", &handlers), -EINVAL);
    assert_null(f->session);
    assert_int_equal(pipe(fds), 0);
    close(fds[0]);
    close(fds[1]);
    assert_int_equal(session_new_fd(&f->session, fds[1], &handlers), -EBADF);
    session_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_a_conversation),
            TEST(test_asking_for_events_and_reasons),
            TEST(test_messages_come_through),
            TEST(test_requests_are_kept_over_a_restart),
            TEST(test_events_are_followed_over_a_restart),
            TEST(test_reconnects_within_two_seconds),
            TEST(test_asks_for_a_keyframe_when_a_tick_is_missing),
            TEST(test_does_not_wait_for_a_keyframe_for_ever),
            TEST(test_refusals),
            TEST(test_a_refusal_before_hello_is_heard),
            TEST(test_limits_after_a_restart_pass),
            TEST(test_another_version),
            TEST(test_garbage),
            TEST(test_a_malformed_tick_ends_the_connection),
            TEST(test_a_silent_daemon),
            TEST(test_a_daemon_that_does_not_read),
            TEST(test_arguments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
