// What a capture costs beside the least that anybody could do and beside what the common tools do.
//
//   floor    one pass over /proc and one pread of an open /proc/PID/stat per process
//   naive    open, read, close of stat, statm, status and io per process
//   capture  a whole tick of the daemon: capture with I/O, tags, history
//
// They take turns, one a second, so that each finds the caches as cold as a second leaves them (the
// budget for PSS is a third for that reason: of each second, not of each capture); the figures are
// medians of the CPU time of this whole process (the reader's thread included).

#include "common/cleanup.h"
#include "daemon/engine/engine.h"
#include "tests/bench/crowd.h"
#include "tests/support/counted_malloc.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#define ROUNDS_DEFAULT 9
#define ROUNDS_MAX     100
#define WARM_UP_S      20  // first PSS readings and command lines
#define WARM_UP_MAX_S  120 // where there are many
#define PSS_BUDGET_PPM 5000

enum { FLOOR, NAIVE, CAPTURE, KINDS };

static char buffer[64 * 1024];

static double cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double) t.tv_sec * 1e6 + (double) t.tv_nsec / 1e3;
}

static void list_proc(int proc_fd)
{
    lseek(proc_fd, 0, SEEK_SET);
    while (syscall(SYS_getdents64, proc_fd, buffer, sizeof(buffer)) > 0)
        ;
}

static void run_floor(int proc_fd, const int *stat_fds, size_t n)
{
    list_proc(proc_fd);
    for (size_t i = 0; i < n; i++)
        if (pread(stat_fds[i], buffer, sizeof(buffer), 0) < 0)
            continue;
}

static void run_naive(int proc_fd, const crowd_t *crowd)
{
    static const char *const files[] = {"stat", "statm", "status", "io"};

    list_proc(proc_fd);
    for (size_t i = 0; i < crowd->count; i++) {
        for (size_t f = 0; f < ARRAY_SIZE(files); f++) {
            char path[64];
            int fd;

            snprintf(path, sizeof(path), "%d/%s", (int) crowd->pids[i], files[f]);
            fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
            if (fd < 0)
                continue;
            while (read(fd, buffer, sizeof(buffer)) > 0)
                ;
            close(fd);
        }
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
    qsort(v, n, sizeof(*v), compare);
    return v[n / 2];
}

static size_t rss_bytes(void)
{
    _cleanup_fclose_ FILE *f = fopen("/proc/self/statm", "re");
    size_t size, resident = 0;

    if (f && fscanf(f, "%zu %zu", &size, &resident) != 2)
        resident = 0;
    return resident * (size_t) sysconf(_SC_PAGESIZE);
}

static size_t raise_limit(void)
{
    struct rlimit l;

    getrlimit(RLIMIT_NOFILE, &l);
    l.rlim_cur = l.rlim_max;
    setrlimit(RLIMIT_NOFILE, &l);
    return (size_t) l.rlim_cur;
}

// The descriptors of the floor are opened only for its own turn where the limit is too low for all.
typedef struct {
    int *fds;
    size_t count;
} stats_t;

static stats_t open_stats(int proc_fd, const crowd_t *crowd, size_t most)
{
    stats_t s = {.fds = calloc(crowd->count + 1, sizeof(int))};

    for (; s.fds && s.count < crowd->count && s.count < most; s.count++) {
        char path[64];

        snprintf(path, sizeof(path), "%d/stat", (int) crowd->pids[s.count]);
        s.fds[s.count] = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
    }
    return s;
}

static void close_stats(stats_t *s)
{
    for (size_t i = 0; i < s->count; i++)
        close(s->fds[i]);
    free(s->fds);
}

typedef struct {
    double taken[KINDS][ROUNDS_MAX];
    size_t allocations, ticks;
} figures_t;

// Each kind of work once, a second apart.
static void run_round(int proc_fd, const crowd_t *crowd, size_t floor_fds, engine_t *engine,
        size_t round, figures_t *f)
{
    stats_t stats = open_stats(proc_fd, crowd, floor_fds);

    for (int kind = 0; kind < KINDS; kind++) {
        double before;
        size_t mallocs = counted_mallocs;

        // The reader's work of this second belongs to the capture before.
        sleep(1);
        before = cpu_us();
        if (kind == FLOOR)
            run_floor(proc_fd, stats.fds, stats.count);
        else if (kind == NAIVE)
            run_naive(proc_fd, crowd);
        else
            engine_tick(engine);
        if (kind == CAPTURE)
            usleep(200000);
        f->taken[kind][round] = cpu_us() - before;
        if (kind == CAPTURE) {
            f->allocations += counted_mallocs - mallocs;
            f->ticks++;
        }
    }
    close_stats(&stats);
}

static size_t count_read(const capture_t *c)
{
    const snapshot_t *s = capture_current(c);
    size_t n = 0;

    for (uint32_t slot = 0; slot < s->n_slots; slot++)
        n += PROCESS_KNOWN(&s->processes[slot], pss_kb) != 0;
    return n;
}

// With a budget that lets each of `n` processes be read once.
static void warm_up(engine_t *engine, size_t n)
{
    capture_t *c = engine_capture(engine);

    capture_set_pss_budget(c, 1000000);
    for (int i = 0; i < WARM_UP_MAX_S * 4 && (i < WARM_UP_S * 4 || count_read(c) < n); i++) {
        engine_tick(engine);
        usleep(250000);
        capture_collect(c);
    }
    capture_set_pss_budget(c, PSS_BUDGET_PPM / KINDS);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"processes", required_argument, NULL, 'n'},
            {"active", required_argument, NULL, 'a'}, {"rounds", required_argument, NULL, 'r'},
            {NULL, 0, NULL, 0}};
    size_t n = 1000, active = 0, rounds = ROUNDS_DEFAULT, limit = raise_limit();
    bool known = true;
    engine_config_t config = {.proc_root = "/proc"};
    static figures_t f;
    double per_process[KINDS];
    size_t others, floor_fds;
    engine_t *engine;
    crowd_t crowd;
    int proc_fd, c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'n')
            n = strtoul(optarg, NULL, 10);
        else if (c == 'a')
            active = strtoul(optarg, NULL, 10);
        else if (c == 'r')
            rounds = MIN(strtoul(optarg, NULL, 10), (unsigned long) ROUNDS_MAX);
        else
            known = false;
    }
    if (!known || optind < argc || n == 0 || rounds == 0 || active > 100) {
        fputs("usage: bench-capture [--processes N] [--active PERCENT] [--rounds N]\n", stderr);
        return 2;
    }
    proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    crowd = crowd_start(n, n * active / 100);
    floor_fds = MIN(n, limit / 3);
    config.descriptors_max = limit - floor_fds - 256;
    sleep(1);
    if (engine_new(&engine, &config, NULL, NULL) < 0) {
        fprintf(stderr, "bench-capture: no engine\n");
        return 1;
    }
    warm_up(engine, n);
    for (size_t r = 0; r < rounds; r++)
        run_round(proc_fd, &crowd, floor_fds, engine, r, &f);
    others = capture_current(engine_capture(engine))->system.processes;
    per_process[FLOOR] = median(f.taken[FLOOR], rounds) / (double) floor_fds;
    per_process[NAIVE] = median(f.taken[NAIVE], rounds) / (double) n;
    per_process[CAPTURE] = median(f.taken[CAPTURE], rounds) / (double) MAX(others, n);
    printf("{\"processes\": %zu, \"active_percent\": %zu, \"floor_us_per_process\": %.2f, "
           "\"naive_us_per_process\": %.2f, \"capture_us_per_process\": %.2f, "
           "\"ratio_to_floor\": %.3f, \"ratio_to_naive\": %.3f, \"allocations_per_tick\": %.2f, "
           "\"rss_bytes\": %zu}\n",
            n, active, per_process[FLOOR], per_process[NAIVE], per_process[CAPTURE],
            per_process[CAPTURE] / per_process[FLOOR], per_process[CAPTURE] / per_process[NAIVE],
            (double) f.allocations / (double) f.ticks, rss_bytes());
    engine_free(engine);
    crowd_stop(&crowd);
    close(proc_fd);
    return 0;
}
