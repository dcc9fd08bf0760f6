// bench-wire: what publishing costs. A real memscoped watches real processes, --changing percent of
// which change RSS, CPU, faults and I/O at least once a second, and --clients real sessions with
// their replicas follow it over real sockets. One client and all of them take turns, so that
// whatever else the machine does weighs on both; and where the kernel allows it (and --ordinary
// does not forbid it) the daemon and its clients run before all other load. The last line is JSON:
//
//   bytes_per_tick             of a diff on the wire, mean
//   bytes_per_changed_process  the same, divided by the processes that changed
//   encode_us                  one diff encoded (the same diff, encoded again here), median
//   send_us_per_client         CPU that the daemon takes per tick and client beyond the first
//   apply_us                   one diff applied to a replica, median
//   keyframe_bytes             the last keyframe
//   daemon_rss_bytes           with all clients attached
//   stalled_client_bytes       what a client that asks for everything and reads nothing costs, in
//                              the daemon and in the kernel
//   latency_ms_p99             end of capture -> applied in the client, all clients and ticks
//   cpu_ratio                  CPU of the daemon with all clients / with one
//   missed_ticks               of the daemon, during all of this
//   lost_diffs                 keyframes that clients got in place of diffs
//   undisturbed                whether they ran before all other load

#include "common/cleanup.h"
#include "tests/bench/crowd.h"
#include "tests/bench/observed.h"
#include "tests/bench/wire_clients.h"
#include "tests/support/process.h"
#include "tests/support/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define ROUNDS    3
#define STALLED   50
#define STALL_S   6 // until sockets are full: a few keyframes a tick
#define WARM_UP_S 5
#define ATTACH_S  30
#define SPARE     64
#define WORK_MIN  (64u << 10)
#define WORK_MAX  (2u << 20)
#define FILE_MAX  (256u << 10)
#define PERIOD_US 600000u

typedef struct {
    unsigned long processes, changing, clients, seconds;
    bool ordinary;
} arguments_t;

typedef struct {
    double cpu_us; // of the daemon
    size_t ticks;
} phase_t;

// ---- Processes that change ---------------------------------------------------------------------

static _Noreturn void be_restless(void)
{
    unsigned seed = (unsigned) getpid();
    char *p = mmap(NULL, WORK_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    for (;;) {
        size_t size = WORK_MIN + (size_t) rand_r(&seed) % (WORK_MAX - WORK_MIN);

        if (p != MAP_FAILED) {
            madvise(p, WORK_MAX, MADV_DONTNEED);
            memset(p, (int) size, size);
        }
        if (fd >= 0 && p != MAP_FAILED && ftruncate(fd, 0) == 0)
            (void) !pwrite(fd, p, 4096 + (size_t) rand_r(&seed) % FILE_MAX, 0);
        usleep(PERIOD_US + (unsigned) rand_r(&seed) % 100000);
    }
}

// ---- Phases ------------------------------------------------------------------------------------

static phase_t run(pid_t daemon, tap_t *tap, viewer_t *viewers, size_t n, double seconds)
{
    size_t ticks = tap->ticks;
    double before = observed_cpu_us(daemon);

    viewers_run(viewers, n, tap, seconds);
    return (phase_t){.cpu_us = observed_cpu_us(daemon) - before, .ticks = tap->ticks - ticks};
}

static double per_tick(const phase_t *p)
{
    return p->ticks > 0 ? p->cpu_us / (double) p->ticks : 0;
}

static void add(phase_t *sum, phase_t p)
{
    sum->cpu_us += p.cpu_us;
    sum->ticks += p.ticks;
}

// In the daemon and in the kernel, of a client that asks and does not read.
static double measure_stalled(pid_t daemon, const char *socket, tap_t *tap, double *ret_kernel)
{
    double before = observed_private_bytes(daemon), kernel_before = 0, kernel_after = 0, after;
    int *fds;

    observed_kernel_bytes(daemon, &kernel_before);
    fds = stalled_start(socket, STALLED);
    for (int i = 0; i < 2 * STALL_S; i++) {
        viewers_run(NULL, 0, tap, 0.5);
        stalled_ask(fds, STALLED);
    }
    after = observed_private_bytes(daemon);
    *ret_kernel = -1;
    if (observed_kernel_bytes(daemon, &kernel_after))
        *ret_kernel = (kernel_after - kernel_before) / STALLED;
    stalled_stop(fds, STALLED);
    return (after - before) / STALLED;
}

static void raise_limit(unsigned long wanted)
{
    struct rlimit l;

    getrlimit(RLIMIT_NOFILE, &l);
    l.rlim_cur = l.rlim_max;
    setrlimit(RLIMIT_NOFILE, &l);
    if (l.rlim_cur < wanted)
        bench_fail("--clients", "more than there may be open files: raise ulimit -n");
}

static process_t start_daemon(const char *socket, unsigned long clients)
{
    char most[24];

    snprintf(most, sizeof(most), "%lu", clients + STALLED + 1);
    return process_start((const char *const[]){MEMSCOPED_PATH, "--socket", socket,
            "--max-subscribers", most, "--max-per-user", most, NULL});
}

static bool all_live(const viewer_t *viewers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (session_state(viewers[i].session) != SESSION_LIVE)
            return false;
    return true;
}

static void measure(const arguments_t *a, const char *socket, bool undisturbed)
{
    process_t daemon = start_daemon(socket, a->clients);
    phase_t one = {0}, all = {0};
    series_t latency = {0}, ignored = {0};
    double rss = 0, stalled, kernel, ratio, send_us, latency_p99;
    uint64_t lost = 0;
    tap_t tap;

    tap_start(&tap, socket);
    viewers_run(NULL, 0, &tap, WARM_UP_S);
    // First, as long as the daemon has no memory that others have given back.
    stalled = measure_stalled(daemon.pid, socket, &tap, &kernel);
    viewers_run(NULL, 0, &tap, 1);
    for (int i = 0; i < ROUNDS; i++) {
        double seconds = (double) a->seconds / ROUNDS;
        viewer_t *viewers;

        add(&one, run(daemon.pid, &tap, NULL, 0, seconds));
        viewers = viewers_start(socket, a->clients - 1, &ignored);
        for (int k = 0; k < ATTACH_S && (k == 0 || !all_live(viewers, a->clients - 1)); k++)
            viewers_run(viewers, a->clients - 1, &tap, 1);
        viewers_run(viewers, a->clients - 1, &tap, 1.5); // a diff at least
        for (size_t v = 0; v + 1 < a->clients; v++) {
            if (session_state(viewers[v].session) != SESSION_LIVE)
                bench_fail("a client is not live", session_error(viewers[v].session));
            viewers[v].latency_us = &latency;
            viewers[v].keyframes = 0;
        }
        tap.latency_us = &latency;
        add(&all, run(daemon.pid, &tap, viewers, a->clients - 1, seconds));
        tap.latency_us = NULL;
        rss = 1024.0 * (double) proc_kb(daemon.pid, "status", "VmRSS");
        for (size_t v = 0; v + 1 < a->clients; v++)
            lost += viewers[v].keyframes;
        viewers_stop(viewers, a->clients - 1);
    }
    if (tap.ticks == 0 || tap.changed == 0)
        bench_fail("memscoped", "no ticks came");
    ratio = per_tick(&all) / per_tick(&one);
    send_us = a->clients > 1 ? (per_tick(&all) - per_tick(&one)) / (double) (a->clients - 1) : 0;
    latency_p99 = series_quantile(&latency, 0.99) / 1e3;
    printf("%zu ticks; CPU of the daemon per tick: %.0f us with one client, %.0f us with %lu\n",
            tap.ticks, per_tick(&one), per_tick(&all), a->clients);
    printf("latency: median %.2f ms, p99 %.2f ms; a stalled client: %.0f bytes in the daemon, ",
            series_quantile(&latency, 0.5) / 1e3, latency_p99, stalled);
    if (kernel >= 0)
        printf("%.0f in its socket\n", kernel);
    else
        printf("its socket cannot be asked\n");
    printf("{\"processes\": %lu, \"changing_percent\": %lu, \"clients\": %lu, "
           "\"bytes_per_tick\": %.0f, \"bytes_per_changed_process\": %.2f, \"encode_us\": %.1f, "
           "\"send_us_per_client\": %.2f, \"apply_us\": %.1f, \"keyframe_bytes\": %zu, "
           "\"daemon_rss_bytes\": %.0f, \"stalled_client_bytes\": %.0f, \"latency_ms_p99\": %.2f, "
           "\"cpu_ratio\": %.3f, \"missed_ticks\": %zu, \"lost_diffs\": %zu, "
           "\"undisturbed\": %s}\n",
            a->processes, a->changing, a->clients, (double) tap.diff_bytes / (double) tap.ticks,
            (double) tap.diff_bytes / (double) tap.changed, series_quantile(&tap.encode_us, 0.5),
            send_us, series_quantile(&tap.apply_us, 0.5), (size_t) tap.keyframe_bytes, rss,
            stalled + MAX(kernel, 0.0), latency_p99, ratio,
            (size_t) (tap.last_missed - tap.first_missed), (size_t) lost,
            undisturbed ? "true" : "false");
    series_done(&latency);
    series_done(&ignored);
    tap_done(&tap);
    process_stop(&daemon);
}

static int measure_crowd(const arguments_t *a)
{
    static const struct sched_param first = {.sched_priority = 1};
    crowd_t crowd = crowd_start_with(a->processes, a->processes * a->changing / 100, be_restless);
    temporary_t dir = temporary_new();
    char socket[128];

    snprintf(socket, sizeof(socket), "%s", temporary_path(&dir, "socket"));
    // The daemon inherits it, the crowd was there before.
    measure(a, socket, !a->ordinary && sched_setscheduler(0, SCHED_RR, &first) == 0);
    temporary_remove(&dir);
    crowd_stop(&crowd);
    return fflush(stdout) != 0;
}

// Where the kernel allows it, in a PID namespace with a /proc that shows nobody else.
static int in_a_world_of_its_own(const arguments_t *a)
{
    int status;
    pid_t pid;

    if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0 &&
            unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS) < 0) {
        fprintf(stderr, "bench-wire: all processes of the host are watched too: %s\n",
                strerror(errno));
        return measure_crowd(a);
    }
    pid = fork();
    if (pid < 0)
        bench_fail("fork", strerror(errno));
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
                mount("proc", "/proc", "proc", 0, NULL) < 0)
            bench_fail("mounting /proc", strerror(errno));
        exit(measure_crowd(a));
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

// ---- Arguments ---------------------------------------------------------------------------------

static bool parse(const char *text, unsigned long min, unsigned long max, unsigned long *ret)
{
    char *end;

    errno = 0;
    *ret = strtoul(text, &end, 10);
    return errno == 0 && *end == '\0' && end != text && *ret >= min && *ret <= max;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"processes", required_argument, NULL, 'p'},
            {"changing", required_argument, NULL, 'c'}, {"clients", required_argument, NULL, 'n'},
            {"seconds", required_argument, NULL, 's'}, {"ordinary", no_argument, NULL, 'o'},
            {NULL, 0, NULL, 0}};
    arguments_t a = {.processes = 1000, .changing = 10, .clients = 10, .seconds = 30};
    bool ok = true;
    int c;

    while (ok && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        ok = (c == 'p' && parse(optarg, 1, 1000000, &a.processes)) ||
             (c == 'c' && parse(optarg, 0, 100, &a.changing)) ||
             (c == 'n' && parse(optarg, 1, 4000, &a.clients)) ||
             (c == 'o' && (a.ordinary = true)) ||
             (c == 's' && parse(optarg, ROUNDS, 3600, &a.seconds));
    }
    if (!ok || optind != argc) {
        fputs("usage: bench-wire [--processes N] [--changing PERCENT] [--clients C] "
              "[--seconds N of each of two phases] [--ordinary]\n",
                stderr);
        return 2;
    }
    raise_limit(a.clients + STALLED + SPARE);
    return in_a_world_of_its_own(&a);
}
