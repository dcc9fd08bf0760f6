// What the watch over available memory costs, in the daemon's own loop and with nothing else in it.
// Pulses of three kinds take turns, so that each finds the machine as the others do:
//
//   sleep   the thread wakes up and goes back to sleep: what the kernel takes for that alone
//   wait    the same in the event loop: what any pulse costs that finds nothing to do
//   look    a pulse of the daemon: the loop, and a look at memory

#include "common/clock.h"
#include "daemon/proc/procfs.h"
#include "daemon/pulse.h"
#include "daemon/watch.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 150

enum { SLEEP, WAIT, LOOK, KINDS };

static double cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double) t.tv_sec * 1e6 + (double) t.tv_nsec / 1e3;
}

static uint64_t wanted;

static void on_wanted(void *user)
{
    (void) user;
    wanted++;
}

static void sleep_until(uint64_t us)
{
    const struct timespec t = {
            .tv_sec = (time_t) (us / USEC_PER_SEC), .tv_nsec = (long) (us % USEC_PER_SEC * 1000)};

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static void wait_for_look(sd_event *loop, pulse_t *pulse)
{
    while (pulse_take(pulse, clock_monotonic_us()) == PULSE_NONE)
        sd_event_run(loop, pulse_wait_us(pulse, clock_monotonic_us()));
}

int main(int argc, char **argv)
{
    uint64_t total_kb =
            (uint64_t) sysconf(_SC_PHYS_PAGES) * (uint64_t) sysconf(_SC_PAGESIZE) / 1024;
    double used[KINDS] = {0}, looking = 0, before, now;
    watch_t watch = WATCH_NONE;
    sd_event *loop = NULL;
    pulse_t pulse;
    procfs_t fs;

    (void) argv;
    if (argc > 1) {
        fprintf(stderr, "usage: bench-watch (it takes %d seconds)\n", ROUNDS * KINDS / 10);
        return 2;
    }
    if (procfs_init(&fs, "/proc") < 0) {
        fprintf(stderr, "bench-watch: no /proc\n");
        return 1;
    }
    watch_init(&watch, fs.fd, fs.live);
    procfs_done(&fs);
    if (sd_event_new(&loop) < 0 || watch_start(&watch, loop, on_wanted, NULL) < 0 ||
            !watch_can_look(&watch)) {
        fprintf(stderr, "bench-watch: no event loop, or no /proc/meminfo\n");
        return 1;
    }
    pulse_init(&pulse, UINT64_MAX, false);
    pulse.look_us = clock_monotonic_us();
    wait_for_look(loop, &pulse);
    before = cpu_us();
    for (int i = 0; i < ROUNDS * KINDS; i++) {
        if (i % KINDS == SLEEP)
            sleep_until(pulse.look_us);
        wait_for_look(loop, &pulse);
        if (i % KINDS == LOOK) {
            now = cpu_us();
            wanted += watch_look(&watch, total_kb);
            looking += cpu_us() - now;
        }
        now = cpu_us();
        used[i % KINDS] += now - before;
        before = now;
    }
    printf("{\"looks\": %d, \"captures_wanted\": %llu, \"sleep_us\": %.1f, \"wakeup_us\": %.1f, "
           "\"look_us\": %.1f, \"us_per_look\": %.1f, \"look_to_wakeup\": %.3f, "
           "\"percent_of_a_core\": %.4f, \"percent_of_a_core_to_sleep\": %.4f}\n",
            ROUNDS, (unsigned long long) wanted, used[SLEEP] / ROUNDS, used[WAIT] / ROUNDS,
            looking / ROUNDS, used[LOOK] / ROUNDS, looking / used[WAIT],
            used[LOOK] / (double) (ROUNDS * PULSE_LOOK_US) * 100,
            used[SLEEP] / (double) (ROUNDS * PULSE_LOOK_US) * 100);
    watch_done(&watch);
    sd_event_unref(loop);
    return 0;
}
