#include "tests/support/neighbour.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"
#include "tests/support/watcher.h"

#include <signal.h>

#define WAIT_MS     60000
#define SLICE_MS    10
#define TRIES       10
#define TICKS_AFTER 2 // until what was done to the daemon must have shown
#define STARVED_US  (100 * USEC_PER_MSEC)
#define FORSAKEN_US (1000 * USEC_PER_MSEC)

// How it ends; what it has lost counts before what was left out.
enum { UNDISTURBED, NO_TICKS, TICKS_LOST, OTHER_DAEMON, TICKS_LEFT_OUT };

static volatile sig_atomic_t over;

static void on_signal(int signo)
{
    (void) signo;
    over = 1;
}

static uint64_t missed(const watcher_t *w)
{
    return replica_snapshot(session_replica(w->session))->system.missed_ticks;
}

static bool never(const watcher_t *w, void *user)
{
    (void) w;
    (void) user;
    return false;
}

// Waits a moment, and returns by how much longer that was: so long the host had no time for it.
static uint64_t doze(watcher_t *w)
{
    uint64_t begin_us = clock_monotonic_us(), took_us;

    watcher_wait(w, never, NULL, SLICE_MS);
    took_us = clock_monotonic_us() - begin_us;
    return took_us > SLICE_MS * USEC_PER_MSEC ? took_us - SLICE_MS * USEC_PER_MSEC : 0;
}

static _Noreturn void follow(const char *path, int ready)
{
    const struct sigaction action = {.sa_handler = on_signal};
    uint64_t keyframes = 0, missed_before, late_us = 0, ticks, told_us, left = TICKS_AFTER;
    bool keeps_up = false; // or the host is too slow for what it is sent
    watcher_t w;

    sigaction(SIGTERM, &action, NULL);
    watcher_start(&w, path);
    for (int i = 0; i < TRIES && !keeps_up; i++) {
        keyframes = w.keyframes;
        if (!watcher_wait_ticks(&w, 2, WAIT_MS))
            _exit(NO_TICKS);
        keeps_up = w.keyframes == keyframes;
    }
    missed_before = missed(&w);
    close(ready);
    for (ticks = w.ticks, told_us = clock_monotonic_us(); !over || left > 0;) {
        late_us = MAX(late_us, doze(&w));
        if (w.ticks != ticks) {
            told_us = clock_monotonic_us();
            left -= over && left > 0;
        }
        if (clock_monotonic_us() - told_us > WAIT_MS * USEC_PER_MSEC)
            _exit(NO_TICKS);
        ticks = w.ticks;
    }
    if (w.instances != 0)
        _exit(OTHER_DAEMON);
    if (w.keyframes != keyframes && keeps_up && late_us < FORSAKEN_US)
        _exit(TICKS_LOST);
    _exit(missed(&w) != missed_before && late_us < STARVED_US ? TICKS_LEFT_OUT : UNDISTURBED);
}

pid_t neighbour_start(const char *socket_path)
{
    int ready[2];
    pid_t pid;
    char c;

    assert_int_equal(pipe(ready), 0);
    pid = process_fork();
    if (pid == 0)
        follow(socket_path, ready[1]);
    close(ready[1]);
    assert_int_equal(read(ready[0], &c, 1), 0);
    close(ready[0]);
    return pid;
}

void neighbour_stop(pid_t pid, bool all)
{
    int end;

    kill(pid, SIGTERM);
    end = process_wait(pid);
    if (end != TICKS_LEFT_OUT || all)
        assert_int_equal(end, UNDISTURBED);
}
