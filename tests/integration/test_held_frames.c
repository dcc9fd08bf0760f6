// Clients that stop reading one after the other, each in the midst of a large keyframe of its own:
// what is held for all of them is bounded, and who is cut off for that comes back to the present.

#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/neighbour.h"
#include "tests/support/process.h"
#include "tests/support/proctree.h"
#include "tests/support/raw.h"
#include "tests/support/watcher.h"

#include <stdio.h>
#include <string.h>

#define WAIT_MS     60000
#define PROCESSES   1000
#define CMDLINE     4000
#define FRAME_BYTES ((size_t) PROCESSES * CMDLINE) // of a keyframe, at least
#define CLIENTS     12                             // 48 MB, if all frames were held
#define HELD_KB     (32 << 10)                     // see LIMITS in memscope-protocol(7)
#define OF_OWN_KB   (20 << 10)                     // frames that are made, and not held for anybody

static void populate(const proctree_t *proc)
{
    static char cmdline[CMDLINE + 1];

    memset(cmdline, 'x', CMDLINE);
    proctree_system(proc, 8 << 20, true);
    for (uint64_t pid = 1; pid <= PROCESSES; pid++) {
        snprintf(cmdline, sizeof(cmdline), "%d", (int) pid);
        cmdline[strlen(cmdline)] = ' '; // no two are the same
        proctree_process(proc, &(proctree_process_t){.pid = pid,
                                       .name = "sleeper",
                                       .start_time = 100 + pid,
                                       .anon_pages = 300,
                                       .cmdline = cmdline});
    }
}

static bool has_all(const watcher_t *w, void *user)
{
    const snapshot_t *s = replica_snapshot(session_replica(w->session));
    size_t n = 0;

    (void) user;
    for (size_t i = 0; i < s->n_slots; i++)
        n += PROCESS_KNOWN(&s->processes[i], cmdline);
    return n == PROCESSES;
}

static uint64_t tick_of(const watcher_t *w)
{
    return replica_snapshot(session_replica(w->session))->system.tick;
}

static bool has_reached(const watcher_t *w, void *user)
{
    return tick_of(w) >= *(const uint64_t *) user;
}

static int64_t private_kb(const process_t *daemon)
{
    return proc_kb(daemon->pid, "smaps_rollup", "Private_Dirty") +
           proc_kb(daemon->pid, "smaps_rollup", "Private_Clean");
}

// The last one is in time: the frame that it stopped in is whole, and more comes.
static void assert_goes_on(raw_t *r)
{
    assert_true(raw_await(r, MESSAGE_TICK, NULL, WAIT_MS));
    assert_true(r->stream.len > FRAME_BYTES);
    assert_true(raw_await(r, MESSAGE_TICK, NULL, WAIT_MS));
}

static void test_one_after_the_other(void **state)
{
    temporary_t dir = temporary_new();
    proctree_t proc = proctree_new();
    watcher_t clock, sleeper;
    raw_t r[CLIENTS];
    process_t daemon;
    pid_t neighbour;
    uint64_t now;
    char socket[128];
    int64_t before;

    (void) state;
    populate(&proc);
    snprintf(socket, sizeof(socket), "%s", temporary_path(&dir, "socket"));
    daemon = process_start((const char *const[]){
            MEMSCOPED_PATH, "--socket", socket, "--proc", proc.path, "--memory-max", "256M", NULL});
    watcher_start(&clock, socket);
    assert_true(watcher_wait(&clock, has_all, NULL, WAIT_MS));
    neighbour = neighbour_start(socket);
    watcher_start(&sleeper, socket);
    assert_true(watcher_wait_ticks(&sleeper, 1, WAIT_MS));
    watcher_skip(&clock);
    assert_true(watcher_wait_ticks(&clock, 2, WAIT_MS));
    before = private_kb(&daemon);

    // It asks, and does not look at the answer.
    session_request_keyframe(sleeper.session);
    session_dispatch(sleeper.session, 0);
    for (size_t i = 0; i < CLIENTS; i++) {
        raw_connect(&r[i], socket);
        assert_true(raw_hello(&r[i]));
        assert_true(watcher_wait_ticks(&clock, 1, WAIT_MS));
    }
    assert_true(watcher_wait_ticks(&clock, 1, WAIT_MS));
#ifndef __SANITIZE_ADDRESS__ // which keeps what was given back
    assert_true(private_kb(&daemon) - before < HELD_KB + OF_OWN_KB);
#endif
    (void) before;
    while (!r[0].closed)
        raw_receive(&r[0], WAIT_MS);
    assert_true(r[0].stream.len < FRAME_BYTES);
    assert_goes_on(&r[CLIENTS - 1]);

    now = tick_of(&clock);
    assert_true(watcher_wait(&sleeper, has_reached, &now, WAIT_MS));
    assert_true(watcher_wait_ticks(&clock, 1, WAIT_MS));
    neighbour_stop(neighbour, false);
    for (size_t i = 0; i < CLIENTS; i++)
        raw_close(&r[i]);
    watcher_stop(&sleeper);
    watcher_stop(&clock);
    process_stop(&daemon);
    proctree_free(&proc);
    temporary_remove(&dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_one_after_the_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
