// What the watch over available memory costs, in the event loop and with nothing else in it.

#include "common/clock.h"
#include "daemon/lookout.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define SECONDS 20

static double cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double) t.tv_sec * 1e6 + (double) t.tv_nsec / 1e3;
}

static uint64_t looks, wanted;

static uint64_t mem_total_kb(void *user)
{
    looks++;
    return *(const uint64_t *) user;
}

static void on_wanted(void *user)
{
    (void) user;
    wanted++;
}

int main(int argc, char **argv)
{
    uint64_t total_kb =
            (uint64_t) sysconf(_SC_PHYS_PAGES) * (uint64_t) sysconf(_SC_PAGESIZE) / 1024;
    uint64_t end = clock_monotonic_us() + SECONDS * USEC_PER_SEC;
    lookout_t lookout = LOOKOUT_NONE;
    sd_event *loop = NULL;
    double used;

    (void) argv;
    if (argc > 1) {
        fprintf(stderr, "usage: bench-watch (it takes %d seconds)\n", SECONDS);
        return 2;
    }
    lookout_open(&lookout, "/proc");
    if (sd_event_new(&loop) < 0 ||
            lookout_start(&lookout, loop, mem_total_kb, on_wanted, &total_kb) < 0) {
        fprintf(stderr, "bench-watch: no event loop\n");
        return 1;
    }
    used = cpu_us();
    while (clock_monotonic_us() < end)
        sd_event_run(loop, USEC_PER_SEC);
    used = cpu_us() - used;
    printf("{\"seconds\": %d, \"looks\": %llu, \"captures_wanted\": %llu, "
           "\"us_per_look\": %.1f, \"percent_of_a_core\": %.4f}\n",
            SECONDS, (unsigned long long) looks, (unsigned long long) wanted,
            looks ? used / (double) looks : 0, used / (SECONDS * 1e6) * 100);
    lookout_done(&lookout);
    sd_event_unref(loop);
    return 0;
}
