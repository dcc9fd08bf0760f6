// A process with a known leak: START_MB at once, then MB_PER_S without end. Every page is really
// written to, in small steps against an absolute schedule, so that after N seconds exactly
// N x MB_PER_S are resident whatever the scheduler did in between.

#include "common/cleanup.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BYTES_PER_MB     (1024.0 * 1024.0)
#define CHUNK_BYTES      ((size_t) 64 << 20)
#define STEPS_PER_SECOND 20
#define NSEC_PER_SEC     1000000000L
#define MAX_MB           (16.0 * 1024 * 1024)
#define MAX_SECONDS      1e9

typedef struct {
    size_t page_size;
    char *chunk; // what is left of the newest one
    size_t chunk_left;
    uint64_t bytes;
} hoard_t;

static volatile sig_atomic_t stopped;

static void on_stop(int signo)
{
    (void) signo;
    stopped = 1;
}

// Decimal digits with at most one point: no sign, exponent, hexadecimal, inf or nan.
static bool parse_number(const char *s, double max, double *ret_value)
{
    size_t digits = strspn(s, "0123456789");
    size_t len = digits;

    if (digits > 0 && s[len] == '.') {
        size_t fraction = strspn(s + len + 1, "0123456789");

        if (fraction == 0)
            return false;
        len += 1 + fraction;
    }
    if (digits == 0 || s[len] != '\0')
        return false;

    double value = strtod(s, NULL);
    if (!(value <= max))
        return false;
    *ret_value = value;
    return true;
}

static int hoard_grow(hoard_t *h, double to_bytes)
{
    while ((double) h->bytes < to_bytes && !stopped) {
        if (h->chunk_left == 0) {
            void *p = mmap(NULL, CHUNK_BYTES, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

            if (p == MAP_FAILED)
                return -errno;
            // A huge page would make one step out of two megabytes.
            madvise(p, CHUNK_BYTES, MADV_NOHUGEPAGE);
            h->chunk = p;
            h->chunk_left = CHUNK_BYTES;
        }
        *(volatile char *) h->chunk = 1;
        h->chunk += h->page_size;
        h->chunk_left -= h->page_size;
        h->bytes += h->page_size;
    }
    return 0;
}

static struct timespec step_time(const struct timespec *start, uint64_t step)
{
    struct timespec t = *start;

    t.tv_sec += (time_t) (step / STEPS_PER_SECOND);
    t.tv_nsec += (long) (step % STEPS_PER_SECOND) * (NSEC_PER_SEC / STEPS_PER_SECOND);
    if (t.tv_nsec >= NSEC_PER_SEC) {
        t.tv_sec++;
        t.tv_nsec -= NSEC_PER_SEC;
    }
    return t;
}

static int leak(double start_mb, double mb_per_s, double seconds)
{
    hoard_t hoard = {.page_size = (size_t) sysconf(_SC_PAGESIZE)};
    struct timespec start;
    double elapsed = 0;

    int r = hoard_grow(&hoard, start_mb * BYTES_PER_MB);
    if (r < 0)
        return r;
    printf("pid %d\n", (int) getpid());
    fflush(stdout);

    clock_gettime(CLOCK_MONOTONIC, &start);
    for (uint64_t step = 1; elapsed < seconds && !stopped; step++) {
        struct timespec due = step_time(&start, step);

        if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) != 0)
            continue;
        elapsed = (double) step / STEPS_PER_SECOND;
        r = hoard_grow(&hoard, (start_mb + mb_per_s * MIN(elapsed, seconds)) * BYTES_PER_MB);
        if (r < 0)
            return r;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct sigaction stop = {.sa_handler = on_stop};
    double start_mb, mb_per_s, seconds = MAX_SECONDS;

    if (argc < 3 || argc > 4) {
        fputs("usage: leak_test START_MB MB_PER_S [SECONDS]\n", stderr);
        return 2;
    }
    if (!parse_number(argv[1], MAX_MB, &start_mb)) {
        fprintf(stderr, "leak_test: START_MB is a number from 0 to %.0f\n", MAX_MB);
        return 2;
    }
    if (!parse_number(argv[2], MAX_MB, &mb_per_s)) {
        fprintf(stderr, "leak_test: MB_PER_S is a number from 0 to %.0f\n", MAX_MB);
        return 2;
    }
    if (argc == 4 && !parse_number(argv[3], MAX_SECONDS, &seconds)) {
        fprintf(stderr, "leak_test: SECONDS is a number from 0 to %.0f\n", MAX_SECONDS);
        return 2;
    }

    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);

    int r = leak(start_mb, mb_per_s, seconds);
    if (r < 0) {
        fprintf(stderr, "leak_test: cannot take more memory: %s\n", strerror(-r));
        return 1;
    }
    return 0;
}
