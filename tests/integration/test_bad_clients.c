// Clients that are slow, dead, silent, greedy or hostile: each costs the daemon what
// memscope-protocol(7) says at most, is told why it is turned away, and nobody else notices. The
// host is made up, so that the daemon has no other reason to grow.

#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/neighbour.h"
#include "tests/support/process.h"
#include "tests/support/proctree.h"
#include "tests/support/raw.h"
#include "tests/support/temporary.h"
#include "tests/support/watcher.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define WAIT_MS    60000
#define MANY       30
#define STALLED_KB 40   // of each, in the daemon: see LIMITS in memscope-protocol(7)
#define OF_OWN_KB  1024 // that the daemon grows by itself
#define PROCESSES  400

typedef struct {
    temporary_t dir;
    proctree_t proc;
    char socket[128];
    process_t daemon;
    pid_t neighbour; // who must not notice
    watcher_t clock; // whose ticks are the time
} fixture_t;

static void start(fixture_t *f)
{
    *f = (fixture_t){.dir = temporary_new(), .proc = proctree_new()};
    proctree_system(&f->proc, 8 << 20, true);
    for (uint64_t pid = 1; pid <= PROCESSES; pid++)
        proctree_process(&f->proc, &(proctree_process_t){.pid = pid,
                                           .name = "sleeper",
                                           .start_time = 100 + pid,
                                           .anon_pages = 300 + pid,
                                           .shared_pages = 500,
                                           .hwm_kb = 4000});
    chmod(f->dir.path, 0755);
    snprintf(f->socket, sizeof(f->socket), "%s", temporary_path(&f->dir, "socket"));
    f->daemon = process_start((const char *const[]){MEMSCOPED_PATH, "--socket", f->socket, "--proc",
            f->proc.path, "--max-per-user", "256", NULL});
    f->neighbour = neighbour_start(f->socket);
    watcher_start(&f->clock, f->socket);
    assert_true(watcher_wait_ticks(&f->clock, 3, WAIT_MS));
}

static void pass(fixture_t *f, uint64_t ticks)
{
    watcher_skip(&f->clock);
    assert_true(watcher_wait_ticks(&f->clock, ticks, WAIT_MS));
}

static void stop(fixture_t *f)
{
    pass(f, 2);
    assert_true(proc_is_running(f->daemon.pid));
    watcher_stop(&f->clock);
    neighbour_stop(f->neighbour, false);
    process_stop(&f->daemon);
    proctree_free(&f->proc);
    temporary_remove(&f->dir);
}

static uint64_t tick_of(const watcher_t *w)
{
    return replica_snapshot(session_replica(w->session))->system.tick;
}

static int64_t private_kb(const fixture_t *f)
{
    return proc_kb(f->daemon.pid, "smaps_rollup", "Private_Dirty") +
           proc_kb(f->daemon.pid, "smaps_rollup", "Private_Clean");
}

// A sanitizer keeps what was given back.
static void assert_bounded(const fixture_t *f, int64_t before_kb)
{
#ifdef __SANITIZE_ADDRESS__
    (void) f;
    (void) before_kb;
#else
    assert_true(private_kb(f) - before_kb < MANY * STALLED_KB + OF_OWN_KB);
#endif
}

// How many the daemon says are attached, asked as anybody would.
static uint64_t attached(const fixture_t *f)
{
    status_request_message_t q = {0};
    message_t m;
    raw_t r;

    raw_connect(&r, f->socket);
    assert_true(raw_hello(&r));
    assert_true(raw_await(&r, MESSAGE_TICK, NULL, WAIT_MS));
    MESSAGE_SET(&q, request, 7);
    assert_true(raw_say(&r, MESSAGE_STATUS_REQUEST, &q));
    assert_true(raw_await(&r, MESSAGE_STATUS, &m, WAIT_MS));
    raw_close(&r);
    return m.status.subscribers - 3; // this one, the neighbour and the clock
}

static void await_attached(fixture_t *f, uint64_t expected)
{
    for (int i = 0; i < 30 && attached(f) != expected; i++)
        pass(f, 1);
    assert_int_equal(attached(f), expected);
}

// ---- Clients that stop reading -----------------------------------------------------------------

// A client of its own process, which tells the ticks that it has applied.
static pid_t start_client(const char *socket, int *ret_ticks)
{
    int fds[2];

    assert_int_equal(pipe(fds), 0);

    pid_t pid = process_fork();
    if (pid == 0) {
        watcher_t w;

        close(fds[0]);
        watcher_start(&w, socket);
        while (watcher_wait_ticks(&w, 1, WAIT_MS)) {
            uint64_t tick = tick_of(&w);

            session_request_keyframe(w.session); // so that sockets fill in less time
            if (write(fds[1], &tick, sizeof(tick)) != sizeof(tick))
                _exit(0);
        }
        _exit(1);
    }
    close(fds[1]);
    *ret_ticks = fds[0];
    return pid;
}

// What it told before it stopped.
static void skip_ticks(int ticks)
{
    uint64_t tick;
    int n;

    while (ioctl(ticks, FIONREAD, &n) == 0 && n >= (int) sizeof(tick))
        assert_int_equal(read(ticks, &tick, sizeof(tick)), sizeof(tick));
}

static void test_stopped_and_killed(void **state)
{
    pid_t pids[MANY];
    int ticks[MANY];
    uint64_t tick, now;
    fixture_t f;

    (void) state;
    start(&f);

    int64_t before = private_kb(&f);
    for (size_t i = 0; i < MANY; i++)
        pids[i] = start_client(f.socket, &ticks[i]);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(read(ticks[i], &tick, sizeof(tick)), sizeof(tick));
    for (size_t i = 0; i < MANY; i++)
        kill(pids[i], SIGSTOP);
    for (size_t i = 0; i < MANY; i++)
        skip_ticks(ticks[i]);
    pass(&f, 8);
    assert_int_equal(attached(&f), MANY);
    assert_bounded(&f, before);

    // Half of them go on, and are current at once: there is no queue to be read.
    now = tick_of(&f.clock);
    for (size_t i = 0; i < MANY; i++) {
        if (i % 2) {
            kill(pids[i], SIGKILL);
            continue;
        }
        size_t read_ticks = 0;
        kill(pids[i], SIGCONT);
        do {
            assert_int_equal(read(ticks[i], &tick, sizeof(tick)), sizeof(tick));
            read_ticks++;
        } while (tick < now);
        assert_true(read_ticks <= 20);
    }
    await_attached(&f, MANY / 2);
    for (size_t i = 0; i < MANY; i++) {
        kill(pids[i], SIGKILL);
        assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
        close(ticks[i]);
    }
    await_attached(&f, 0);
    stop(&f);
}

// ---- Clients that do not begin -----------------------------------------------------------------

static void assert_refused(raw_t *r, unsigned code)
{
    message_t m;

    if (!raw_await(r, MESSAGE_REFUSED, &m, WAIT_MS))
        fail_msg("not refused, with code %u", code);
    assert_int_equal(m.refused.code, code);
    assert_true(m.refused.text.len > 10);
    while (!r->closed)
        raw_receive(r, WAIT_MS);
}

static void test_silent_and_half(void **state)
{
    static const char *const starts[] = {
            "", "\x20", "\x20\0\0\0", "\x20\0\0\0\x01\x02", "\xff\x0f\0\0\x01"};
    static const size_t lengths[] = {0, 1, 4, 6, 5};
    raw_t r[MANY];
    fixture_t f;

    (void) state;
    start(&f);

    int64_t before = private_kb(&f);
    for (size_t i = 0; i < MANY; i++) {
        size_t kind = i % ARRAY_SIZE(starts);

        raw_connect(&r[i], f.socket);
        assert_true(lengths[kind] == 0 || raw_send(&r[i], starts[kind], lengths[kind]));
    }
    assert_bounded(&f, before);
    for (size_t i = 0; i < MANY; i++) {
        assert_refused(&r[i], REFUSED_TIMEOUT);
        raw_close(&r[i]);
    }
    await_attached(&f, 0);
    stop(&f);
}

static void test_garbage(void **state)
{
    // HELLO without magic; of another magic; a request before HELLO; no length; too long; the
    // longest; HTTP; a HELLO that ends within a field
    static const char *const sent[] = {"\x05\0\0\0\x01\x04\x01\x06\x01",
            "\x07\0\0\0\x01\x02\x01\x04\x01\x06\x01", "\x01\0\0\0\x04", "\0\0\0\0",
            "\x01\x10\0\0\x01", "\xff\xff\xff\xff\xff", "GET / HTTP/1.1\r\n\r\n",
            "\x03\0\0\0\x01\x02\xff"};
    static const size_t lengths[] = {9, 11, 5, 4, 5, 5, 18, 7};
    unsigned char noise[4096];
    uint64_t random = 88172645463325252;
    fixture_t f;
    raw_t r;

    (void) state;
    start(&f);
    for (size_t i = 0; i < ARRAY_SIZE(sent); i++) {
        raw_connect(&r, f.socket);
        assert_true(raw_send(&r, sent[i], lengths[i]));
        assert_refused(&r, REFUSED_PROTOCOL);
        raw_close(&r);
    }
    for (int greeted = 0; greeted < 2; greeted++) {
        for (int i = 0; i < 100; i++) {
            for (size_t at = 0; at < sizeof(noise); at++) {
                random ^= random << 13, random ^= random >> 7, random ^= random << 17;
                noise[at] = (unsigned char) random;
            }
            noise[3] |= 1; // a length that is too long
            raw_connect(&r, f.socket);
            if (greeted)
                assert_true(raw_hello(&r) && raw_await(&r, MESSAGE_TICK, NULL, WAIT_MS));
            raw_send(&r, noise, sizeof(noise));
            assert_refused(&r, REFUSED_PROTOCOL);
            raw_close(&r);
        }
    }
    await_attached(&f, 0);
    stop(&f);
}

// ---- Clients that ask too much -----------------------------------------------------------------

static void ask_for_everything(raw_t *r)
{
    history_request_message_t history = {0};
    events_request_message_t events = {0};
    status_request_message_t status = {0};
    why_request_message_t why = {0};
    inspect_message_t inspect = {0};

    MESSAGE_SET(&history, request, 1);
    MESSAGE_SET(&history, pid, 0);
    MESSAGE_SET(&history, span_ms, 86400000);
    MESSAGE_SET(&events, request, 2);
    MESSAGE_SET(&status, request, 3);
    MESSAGE_SET(&why, request, 4);
    MESSAGE_SET(&inspect, pid, 100);
    for (int i = 0; i < 250; i++)
        if (!raw_say(r, MESSAGE_KEYFRAME_REQUEST, &(keyframe_request_message_t){0}) ||
                !raw_say(r, MESSAGE_HISTORY_REQUEST, &history) ||
                !raw_say(r, MESSAGE_EVENTS_REQUEST, &events) ||
                !raw_say(r, MESSAGE_STATUS_REQUEST, &status) ||
                !raw_say(r, MESSAGE_WHY_REQUEST, &why) || !raw_say(r, MESSAGE_INSPECT, &inspect))
            return;
}

// The last TICK of what was received applies to what came before it.
static uint64_t replay(raw_t *r)
{
    replica_t *replica;
    uint64_t tick;
    frame_t f;

    assert_int_equal(replica_new(&replica), 0);
    while (raw_next(r, &f))
        if (f.type == MESSAGE_TICK)
            assert_int_equal(replica_apply(replica, f.body, f.len), 0);
    tick = replica_snapshot(replica)->system.tick;
    replica_free(replica);
    return tick;
}

static void test_requests_without_end(void **state)
{
    raw_t r[MANY];
    fixture_t f;

    (void) state;
    start(&f);

    int64_t before = private_kb(&f);
    for (size_t i = 0; i < MANY; i++) {
        raw_connect(&r[i], f.socket);
        assert_true(raw_hello(&r[i]));
    }
    for (int i = 0; i < 8; i++) {
        for (size_t k = 0; k < MANY; k++)
            ask_for_everything(&r[k]);
        pass(&f, 1);
    }
    assert_bounded(&f, before);

    // Who reads again gets on, and what it then holds is of now.
    uint64_t now = tick_of(&f.clock);
    for (size_t i = 0; i < MANY; i++) {
        uint64_t tick = 0;

        for (int k = 0; k < 600 && tick < now; k++) {
            raw_receive(&r[i], 100);
            r[i].parsed = 0;
            tick = replay(&r[i]);
        }
        assert_true(tick >= now);
        raw_close(&r[i]);
    }
    await_attached(&f, 0);
    stop(&f);
}

// A few questions why are answered; the others are told to come back.
static void test_too_many_questions(void **state)
{
    why_request_message_t why = {0};
    unsigned answers = 0, errors = 0;
    fixture_t f;
    frame_t frame;
    message_t m;
    raw_t r;

    (void) state;
    start(&f);
    raw_connect(&r, f.socket);
    assert_true(raw_hello(&r));
    assert_true(raw_await(&r, MESSAGE_TICK, NULL, WAIT_MS));
    assert_true(raw_await(&r, MESSAGE_TICK, NULL, WAIT_MS));
    for (uint64_t i = 1; i <= 20; i++) {
        MESSAGE_SET(&why, request, i);
        assert_true(raw_say(&r, MESSAGE_WHY_REQUEST, &why));
    }
    while (answers + errors < 20) {
        raw_receive(&r, WAIT_MS);
        assert_false(r.closed);
        while (raw_next(&r, &frame)) {
            answers += frame.type == MESSAGE_WHY;
            if (frame.type != MESSAGE_ERROR)
                continue;
            assert_int_equal(message_decode(frame.type, frame.body, frame.len, &m), 0);
            assert_int_equal(m.error.code, ERROR_LIMIT);
            assert_true(m.error.has.request && m.error.text.len > 10);
            errors++;
        }
    }
    assert_true(answers >= 1 && errors >= 10);
    raw_close(&r);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_stopped_and_killed),
            cmocka_unit_test(test_silent_and_half),
            cmocka_unit_test(test_garbage),
            cmocka_unit_test(test_requests_without_end),
            cmocka_unit_test(test_too_many_questions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
