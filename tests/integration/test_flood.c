// A user who connects without end, and leaves at once or talks nonsense, and one who asks without
// end: that costs the daemon a small part of a processor, and others neither wait nor miss
// anything.

#include "common/cleanup.h"
#include "common/clock.h"
#include "tests/support/cmocka.h"
#include "tests/support/neighbour.h"
#include "tests/support/people.h"
#include "tests/support/proctree.h"
#include "tests/support/watcher.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FLOODS    2
#define TICKS     5
#define VISITS    10
#define GREEDY    32
#define PROCESSES 100
#define TRIES     30
#define CPU_SHARE 8 // one part in so many of a processor, for all that the daemon does
#define NONSENSE  "\x09\0\0\0\x01\x02\xff\xff\xff\xff\x0f\x04\x01"

static _Noreturn void flood(const char *path, bool talks)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    process_become(ANN);
    strcpy(address.sun_path, path);
    for (;;) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (connect(fd, (struct sockaddr *) &address, sizeof(address)) == 0 && talks)
            (void) !send(fd, NONSENSE, sizeof(NONSENSE) - 1, MSG_NOSIGNAL);
        close(fd);
    }
}

static pid_t start_flood(const people_t *p, bool talks)
{
    pid_t pid = process_fork();

    if (pid == 0)
        flood(p->socket, talks);
    return pid;
}

// utime and stime, in clock ticks.
static uint64_t cpu_of(pid_t pid)
{
    char path[32], text[1024], *after;
    unsigned long long user, system;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int) pid);
    _cleanup_fclose_ FILE *f = fopen(path, "re");
    assert_non_null(f);
    text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
    after = strrchr(text, ')');
    assert_non_null(after);
    assert_int_equal(sscanf(after, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
                             &system),
            2);
    return user + system;
}

// A busy host may take longer over so many ticks.
static void check_cpu(const people_t *p, watcher_t *w)
{
    uint64_t before = cpu_of(p->daemon.pid), begin_us = clock_monotonic_us(), took_us;

    assert_true(watcher_wait_ticks(w, TICKS, PEOPLE_WAIT_MS));
    took_us = MAX(clock_monotonic_us() - begin_us, TICKS * USEC_PER_SEC);
    assert_in_range(cpu_of(p->daemon.pid) - before, 0,
            took_us * (uint64_t) sysconf(_SC_CLK_TCK) / USEC_PER_SEC / CPU_SHARE);
}

// ---- Who is kept out, and who is not -----------------------------------------------------------

typedef enum { LET_IN, TOO_MANY, TOO_OFTEN } outcome_t;

// Ann once more, while she floods or later.
static outcome_t try_as_ann(const people_t *p)
{
    outcome_t outcome = LET_IN;
    frame_t f;
    message_t m;
    raw_t r;

    people_play(p, ANN, false);
    raw_connect(&r, p->socket);
    people_play(p, ROOT, false);
    raw_hello(&r); // she may have been refused by then
    while (!raw_next(&r, &f)) {
        assert_false(r.closed);
        raw_receive(&r, PEOPLE_WAIT_MS);
    }
    assert_int_equal(message_decode(f.type, f.body, f.len, &m), 0);
    if (f.type == MESSAGE_REFUSED) {
        assert_int_equal(m.refused.code, REFUSED_LIMIT_USER);
        outcome = memmem(m.refused.text.data, m.refused.text.len, "too often", 9) ? TOO_OFTEN
                                                                                  : TOO_MANY;
    } else {
        assert_int_equal(f.type, MESSAGE_HELLO);
    }
    raw_close(&r);
    return outcome;
}

static void visit_as_bob(const people_t *p)
{
    watcher_t w;

    people_play(p, BOB, false);
    watcher_start(&w, p->socket);
    assert_true(watcher_wait_ticks(&w, 1, PEOPLE_WAIT_MS));
    people_play(p, ROOT, false);
    watcher_stop(&w);
}

// Now and then she is let in, or one of her other connections is there still.
static bool comes_too_often(const people_t *p)
{
    for (int i = 0; i < TRIES; i++)
        if (try_as_ann(p) == TOO_OFTEN)
            return true;
    return false;
}

typedef struct {
    people_t people;
    proctree_t tree;
    pid_t neighbour;
    watcher_t watcher;
} fixture_t;

// A daemon of a made-up host, since what happens on this one is not what it costs, and who must not
// notice. False: skipped.
static bool begin(fixture_t *f)
{
    people_t *p = &f->people;

    if (!people_init(p, MEMSCOPED_PATH))
        return false;
    f->tree = proctree_new();
    proctree_system(&f->tree, 8 << 20, true);
    for (uint64_t pid = 1; pid <= PROCESSES; pid++)
        proctree_process(&f->tree,
                &(proctree_process_t){
                        .pid = pid, .name = "sleeper", .start_time = pid, .anon_pages = 300});
    p->daemon = process_start((const char *const[]){
            MEMSCOPED_PATH, "--socket", p->socket, "--proc", f->tree.path, NULL});
    f->neighbour = neighbour_start(p->socket);
    return true;
}

// Once whoever disturbs is at it.
static void watch(fixture_t *f)
{
    watcher_start(&f->watcher, f->people.socket);
    assert_true(watcher_wait_ticks(&f->watcher, 3, PEOPLE_WAIT_MS));
}

static void end(fixture_t *f)
{
    watcher_stop(&f->watcher);
    people_done(&f->people);
    proctree_free(&f->tree);
}

static void stop_child(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(process_wait(pid), 1000 + SIGKILL);
}

static void test_flood(void **state)
{
    outcome_t outcome = TOO_OFTEN;
    pid_t floods[FLOODS];
    fixture_t f;

    (void) state;
    if (!begin(&f))
        skip();
    for (int i = 0; i < FLOODS; i++)
        floods[i] = start_flood(&f.people, i % 2);
    watch(&f);
    assert_true(comes_too_often(&f.people));
    check_cpu(&f.people, &f.watcher);
    for (int i = 0; i < VISITS; i++)
        visit_as_bob(&f.people);
    neighbour_stop(f.neighbour, true);
    for (int i = 0; i < FLOODS; i++)
        stop_child(floods[i]);
    // In time she is let in again.
    for (int i = 0; i < TRIES && outcome != LET_IN; i++) {
        assert_true(watcher_wait_ticks(&f.watcher, 1, PEOPLE_WAIT_MS));
        outcome = try_as_ann(&f.people);
    }
    assert_int_equal(outcome, LET_IN);
    end(&f);
}

// ---- Who asks without end ----------------------------------------------------------------------

// As many connections as Ann may have, that ask for all there is and read it, so that nothing but
// the daemon's own measure bounds what they cost.
static _Noreturn void ask_without_end(const char *path)
{
    history_request_message_t history = {0};
    status_request_message_t status = {0};
    events_request_message_t events = {0};
    struct pollfd polled[GREEDY];
    raw_t r[GREEDY];

    process_become(ANN);
    MESSAGE_SET(&history, request, 1);
    MESSAGE_SET(&history, pid, 0);
    MESSAGE_SET(&history, span_ms, 86400000);
    MESSAGE_SET(&status, request, 2);
    MESSAGE_SET(&events, request, 3);
    for (size_t i = 0; i < GREEDY; i++) {
        raw_connect(&r[i], path);
        raw_hello(&r[i]);
        polled[i] = (struct pollfd){.fd = r[i].fd, .events = POLLIN | POLLOUT};
    }
    for (;;) {
        poll(polled, GREEDY, 1000);
        for (size_t i = 0; i < GREEDY; i++) {
            raw_receive(&r[i], 0);
            buffer_reset(&r[i].stream);
            for (int k = 0; k < 20; k++)
                if (!raw_say(&r[i], MESSAGE_STATUS_REQUEST, &status) ||
                        !raw_say(&r[i], MESSAGE_HISTORY_REQUEST, &history) ||
                        !raw_say(&r[i], MESSAGE_EVENTS_REQUEST, &events))
                    break;
        }
    }
}

static void test_greed(void **state)
{
    fixture_t f;
    pid_t greedy;

    (void) state;
    if (!begin(&f))
        skip();
    greedy = process_fork();
    if (greedy == 0)
        ask_without_end(f.people.socket);
    watch(&f);
    check_cpu(&f.people, &f.watcher);
    visit_as_bob(&f.people);
    neighbour_stop(f.neighbour, true);
    stop_child(greedy);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_flood),
            cmocka_unit_test(test_greed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
