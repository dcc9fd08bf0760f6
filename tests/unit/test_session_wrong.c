// A session whose daemon refuses, is another one, talks nonsense or says nothing.

#include "common/clock.h"
#include "tests/support/played.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void test_refusals(void **state)
{
    played_t *f = *state;

    played_listen(f);
    played_begin_path(f);
    assert_true(played_answer(f));
    played_say_refused(f, REFUSED_SHUTDOWN, "going down");
    assert_int_equal(session_state(f->session), SESSION_CONNECTING);
    played_wait_for_attempt(f);
    played_hang_up(f);
    assert_true(played_answer(f));
    played_say_refused(f, REFUSED_LIMIT_USER, "16 connections\x1b[2J are enough");
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
    played_t *f = *state;
    refused_message_t m = {0};

    played_begin_fd(f);
    MESSAGE_SET(&m, code, REFUSED_LIMIT_TOTAL);
    MESSAGE_SET_TEXT(&m, text, "full", 4);
    assert_int_equal(message_append(&f->out, MESSAGE_REFUSED, &m), 0);
    assert_int_equal(write(f->peer, f->out.data, f->out.len), f->out.len);
    played_hang_up(f);
    played_dispatch(f);
    assert_int_equal(session_state(f->session), SESSION_FAILED);
    assert_string_equal(session_error(f->session), "the daemon refused: full");
}

static void test_limits_after_a_restart_pass(void **state)
{
    played_t *f = *state;

    played_listen(f);
    played_begin_path(f);
    assert_true(played_answer(f));
    played_greet(f, 1);
    played_hang_up(f);
    played_dispatch(f);
    played_wait_for_attempt(f);
    assert_true(played_answer(f));
    played_say_refused(f, REFUSED_LIMIT_TOTAL, "full");
    assert_int_equal(session_state(f->session), SESSION_RECONNECTING);
}

static void test_another_version(void **state)
{
    played_t *f = *state;
    hello_message_t m = {0};

    played_listen(f);
    played_begin_path(f);
    assert_true(played_answer(f));
    MESSAGE_SET(&m, magic, PROTOCOL_MAGIC);
    MESSAGE_SET(&m, version_min, 9);
    MESSAGE_SET(&m, version_max, 9);
    played_say(f, MESSAGE_HELLO, &m);
    assert_int_equal(session_state(f->session), SESSION_FAILED);
    assert_non_null(strstr(session_error(f->session), "version 9"));
}

static void garbage(played_t *f, const void *bytes, size_t len, const char *reason)
{
    played_listen(f);
    played_begin_path(f);
    assert_true(played_answer(f));
    buffer_put(&f->out, bytes, len);
    played_deliver(f);
    assert_int_equal(session_state(f->session), SESSION_CONNECTING);
    assert_int_equal(session_fd(f->session), -1);
    assert_string_equal(session_error(f->session), reason);
    session_free(f->session);
    f->session = NULL;
    played_hang_up(f);
    played_stop_listening(f);
}

static void test_garbage(void **state)
{
    played_t *f = *state;
    static const char other[] = "what answers is not memscoped";

    garbage(f, "HTTP/1.0 400 Bad Request\r\n\r\n", 28, other);
    garbage(f, "\0\0\0\0", 4, other);
    garbage(f, "\1\0\0\0\3", 5, other); // TICK before HELLO
    garbage(f, "\1\0\0\0\1", 5, other); // HELLO without magic
    garbage(f, "\3\0\0\0\1\2\x80", 7, "the daemon sent a malformed HELLO");
}

static void test_a_malformed_tick_ends_the_connection(void **state)
{
    played_t *f = *state;

    played_begin_fd(f);
    played_greet(f, 1);
    buffer_put(&f->out, "\2\0\0\0\3\0", 6);
    played_deliver(f);
    assert_int_equal(session_state(f->session), SESSION_FAILED);
    assert_string_equal(session_error(f->session), "the daemon sent a malformed tick");
    assert_int_equal(replica_snapshot(session_replica(f->session))->n_slots, 50);
}

static void test_a_silent_daemon(void **state)
{
    played_t *f = *state;

    played_listen(f);
    played_begin_path(f);
    played_dispatch(f);
    assert_true(session_fd(f->session) >= 0);
    f->now = session_deadline_us(f->session);
    played_dispatch(f);
    assert_int_equal(session_fd(f->session), -1);
    assert_string_equal(session_error(f->session), "the daemon does not answer");
    played_wait_for_attempt(f);
    assert_true(session_fd(f->session) >= 0);
}

// A daemon that is stopped: what is asked for meanwhile stays bounded, and nothing blocks.
static void test_a_daemon_that_does_not_read(void **state)
{
    played_t *f = *state;
    int r = 0, accepted = 0;

    played_begin_fd(f);
    played_greet(f, 1);
    while (r >= 0 && accepted < 1000000) {
        session_inspect(f->session, 1 + (uint64_t) accepted, 0);
        r = session_request_history(f->session, 1, 2, 3, 4);
        accepted += r > 0;
        played_dispatch(f);
    }
    assert_int_equal(r, -ENOBUFS);
    assert_int_equal(session_state(f->session), SESSION_LIVE);
}

static void test_arguments(void **state)
{
    played_t *f = *state;
    session_handlers_t handlers = played_handlers(f);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, played_setup, played_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
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
