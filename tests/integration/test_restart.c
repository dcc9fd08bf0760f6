// What a stop and a start by hand keep: with a state directory, as a service has one, the past, its
// gap, and who inspected what.

#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"
#include "tests/support/temporary.h"
#include "tests/support/watcher.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 60000
#define AWAY_S  4
#define RUN_MS  2500 // once it has begun

typedef struct {
    temporary_t state_dir, dir;
    char socket[128];
    process_t daemon;
    process_t inspected, other;
    uint64_t start_time; // of the inspected one
    watcher_t w;
} fixture_t;

static uint64_t now_ms(const watcher_t *w)
{
    return replica_snapshot(session_replica(w->session))->system.mono_ms;
}

static bool has_run(const watcher_t *w, void *user)
{
    return now_ms(w) >= *(const uint64_t *) user;
}

// PSS is read of nobody but what is inspected. Ticks may come faster than one a second.
static void start_daemon(fixture_t *f)
{
    uint64_t until_ms;

    f->daemon = process_start((const char *const[]){
            MEMSCOPED_PATH, "--socket", f->socket, "--pss-budget", "0", NULL});
    watcher_start(&f->w, f->socket);
    assert_true(watcher_wait_ticks(&f->w, 1, WAIT_MS));
    until_ms = now_ms(&f->w) + RUN_MS;
    assert_true(watcher_wait(&f->w, has_run, &until_ms, WAIT_MS));
}

static void stop_daemon(fixture_t *f)
{
    watcher_stop(&f->w);
    kill(f->daemon.pid, SIGTERM);
    assert_int_equal(WEXITSTATUS(process_end(&f->daemon)), 0);
}

static bool has_details(const watcher_t *w, void *user)
{
    return w->details.pid == *(const uint64_t *) user && w->details.has.pss_kb;
}

static int setup(void **state)
{
    static fixture_t f;
    uint64_t pid;

    f = (fixture_t){.state_dir = temporary_new(),
            .dir = temporary_new(),
            .inspected = actor_start(),
            .other = actor_start()};
    snprintf(f.socket, sizeof(f.socket), "%s", temporary_path(&f.dir, "socket"));
    setenv("STATE_DIRECTORY", f.state_dir.path, 1);
    actor_do(&f.inspected, "anon 24");
    start_daemon(&f);
    pid = (uint64_t) f.inspected.pid;
    f.start_time = watcher_find(&f.w, f.inspected.pid)->start_time;
    session_inspect(f.w.session, pid, f.start_time);
    assert_true(watcher_wait(&f.w, has_details, &pid, WAIT_MS));
    assert_true(watcher_wait_ticks(&f.w, 1, WAIT_MS));
    stop_daemon(&f);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture_t *f = *state;

    stop_daemon(f);
    process_stop(&f->inspected);
    process_stop(&f->other);
    temporary_remove(&f->state_dir);
    temporary_remove(&f->dir);
    return 0;
}

static bool has_history(const watcher_t *w, void *user)
{
    return w->history.request == *(const uint64_t *) user;
}

static void test_missing_seconds_are_a_gap(void **state)
{
    fixture_t *f = *state;
    uint64_t request;

    sleep(AWAY_S);
    start_daemon(f);
    request = (uint64_t) session_request_history(
            f->w.session, (uint64_t) f->inspected.pid, f->start_time, 60000, 1000);
    assert_true(watcher_wait(&f->w, has_history, &request, WAIT_MS));
    assert_in_range(f->w.history_gap, AWAY_S - 2, f->w.history.count - 2);
}

static bool knows_pss(const watcher_t *w, void *user)
{
    const process_snapshot_t *p = watcher_find(w, *(const pid_t *) user);

    return p && PROCESS_KNOWN(p, pss_kb);
}

typedef struct {
    pid_t pid;
    uint64_t after_ms;
} question_t;

static bool has_newer_pss(const watcher_t *w, void *user)
{
    const question_t *q = user;

    return watcher_find(w, q->pid)->pss_time_ms > q->after_ms;
}

// Nobody asks for it now, and there is nobody else whose PSS is read.
static void test_goes_on_being_read(void **state)
{
    fixture_t *f = *state;
    question_t q = {.pid = f->inspected.pid};

    start_daemon(f);
    assert_true(watcher_wait(&f->w, knows_pss, &f->inspected.pid, WAIT_MS));
    q.after_ms = watcher_find(&f->w, f->inspected.pid)->pss_time_ms;
    assert_true(watcher_wait(&f->w, has_newer_pss, &q, WAIT_MS));
    assert_false(knows_pss(&f->w, &f->other.pid));
}

static bool has_ended(const watcher_t *w, void *user)
{
    (void) user;
    return w->details.has.exited_ms;
}

// It ends before its viewer is back: its last figures are there all the same.
static void test_last_figures(void **state)
{
    fixture_t *f = *state;
    pid_t pid = f->inspected.pid;

    start_daemon(f);
    assert_true(watcher_wait(&f->w, knows_pss, &pid, WAIT_MS));
    process_stop(&f->inspected);
    assert_true(watcher_wait_ticks(&f->w, 2, WAIT_MS));
    session_inspect(f->w.session, (uint64_t) pid, f->start_time);
    assert_true(watcher_wait(&f->w, has_ended, NULL, WAIT_MS));
    assert_true(f->w.details.has.breakdown_ms && f->w.details.has.pss_kb);
    assert_true(f->w.details.private_dirty_kb >= 24 << 10);
    assert_true(f->w.details.has.shared_clean_kb); // a whole breakdown
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(test_missing_seconds_are_a_gap, setup, teardown),
            cmocka_unit_test_setup_teardown(test_goes_on_being_read, setup, teardown),
            cmocka_unit_test_setup_teardown(test_last_figures, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
