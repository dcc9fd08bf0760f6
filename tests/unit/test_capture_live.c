// The capture of this host: real processes that do what processes do.

#include "common/cleanup.h"
#include "common/clock.h"
#include "tests/support/live.h"
#include "tests/support/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#define WAIT_STEPS 1000 // of 10 ms

static uint64_t interval_us(const live_t *l)
{
    return capture_current(l->capture)->system.interval_us;
}

// ---- Births, deaths, parents -------------------------------------------------------------------

static void test_children_come_and_go(void **state)
{
    const process_snapshot_t *p;
    live_t l;

    (void) state;
    live_init(&l, 1000);
    live_tick(&l);
    assert_non_null(live_find(&l, getpid()));
    assert_int_equal(live_find(&l, getpid())->ppid, getppid());

    // Most of these ticks find births without looking through all of /proc.
    for (int i = 0; i < CAPTURE_SCAN_TICKS / 2; i++) {
        process_t actor = actor_start();
        pid_t pid = actor.pid;

        live_tick(&l);
        p = live_find(&l, pid);
        assert_non_null(p);
        assert_true(live_is_text(&l, p->name, "actor", 5));
        assert_int_equal(p->ppid, getpid());
        assert_int_equal(p->uid, getuid());
        assert_int_equal(p->threads, 1);
        assert_true(p->anon_kb > 0 && p->file_kb > 0);

        uint64_t start = p->start_time, first_seen = p->first_seen_ms;
        live_tick(&l);
        assert_int_equal(live_find(&l, pid)->start_time, start);
        assert_int_equal(live_find(&l, pid)->first_seen_ms, first_seen);
        process_stop(&actor);
        live_tick(&l);
        assert_null(live_find(&l, pid));
        assert_non_null(capture_find_exit(l.capture, (uint64_t) pid, start));
    }
    live_done(&l);
}

static void test_last_figures(void **state)
{
    process_t actor = actor_start();
    uint64_t start, held;
    pid_t pid = actor.pid;
    live_t l;

    (void) state;
    actor_do(&actor, "anon 120");
    actor_do(&actor, "free");
    actor_do(&actor, "anon 40");
    live_init(&l, 1000);
    live_tick(&l);
    start = live_find(&l, pid)->start_time;
    held = live_find(&l, pid)->anon_kb;
    assert_in_range(held, 40 * 1024, 60 * 1024);
    assert_in_range(live_find(&l, pid)->hwm_kb, 120 * 1024, 150 * 1024);
    assert_in_range(live_find(&l, pid)->baseline_kb, 40 * 1024, 60 * 1024);
    // Dead, but not reaped for a tick.
    kill(pid, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t) pid, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
    live_tick(&l);
    assert_int_equal(live_find(&l, pid)->state, 'Z');
    assert_int_equal(live_find(&l, pid)->anon_kb, 0);
    assert_int_equal(live_find(&l, getpid())->zombies, 1);
    process_end(&actor);
    live_tick(&l);

    const exit_record_t *e = capture_find_exit(l.capture, (uint64_t) pid, start);
    assert_non_null(e);
    assert_int_equal(e->last.anon_kb, held);
    assert_in_range(e->last.hwm_kb, 120 * 1024, 150 * 1024);
    assert_int_equal(live_find(&l, getpid())->zombies, 0);
    live_done(&l);
}

static void test_zombies(void **state)
{
    process_t actor = actor_start();
    pid_t last = actor_do(&actor, "zombies 7");
    live_t l;

    (void) state;
    live_init(&l, 1000);
    live_tick(&l);
    assert_int_equal(live_find(&l, actor.pid)->zombies, 7);
    assert_int_equal(live_find(&l, last)->state, 'Z');
    assert_int_equal(live_find(&l, last)->ppid, actor.pid);
    actor_do(&actor, "reap");
    live_tick(&l);
    assert_int_equal(live_find(&l, actor.pid)->zombies, 0);
    assert_null(live_find(&l, last));
    process_stop(&actor);
    live_done(&l);
}

// A middle process that can be told to end, and its child.
typedef struct {
    pid_t parent, child;
} family_t;

static family_t make_family(void)
{
    family_t f;
    int p[2];

    assert_int_equal(pipe2(p, O_CLOEXEC), 0);
    f.parent = process_fork();
    if (f.parent == 0) {
        pid_t child = fork();

        if (child > 0 && write(p[1], &child, sizeof(child)) < 0)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(p[0], &f.child, sizeof(f.child)), sizeof(f.child));
    close(p[0]);
    close(p[1]);
    return f;
}

static void test_parents(void **state)
{
    live_t l;

    (void) state;
    // The child of one that dies comes to us, dead and reaped or a zombie still.
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    live_init(&l, 1000);
    for (int reaped = 0; reaped < 2; reaped++) {
        family_t f = make_family();

        live_tick(&l);
        assert_int_equal(live_find(&l, f.child)->ppid, f.parent);
        kill(f.parent, SIGKILL);
        assert_int_equal(
                waitid(P_PID, (id_t) f.parent, &(siginfo_t){0}, WEXITED | (reaped ? 0 : WNOWAIT)),
                0);
        live_tick(&l);
        assert_int_equal(live_find(&l, f.child)->ppid, getpid());
        kill(f.child, SIGKILL);
        while (waitpid(f.child, NULL, 0) < 0 && errno == EINTR)
            ;
        if (!reaped)
            waitpid(f.parent, NULL, 0);
    }
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    live_done(&l);
}

// ---- What changes ------------------------------------------------------------------------------

static void test_names(void **state)
{
    static const char *const names[] = {"short", "a) R 1 1", "\\x0a\\x1b[31m", "VmRSS: 9999999"};
    static const char *const seen[] = {"short", "a) R 1 1", "\n\x1b[31m", "VmRSS: 9999999"};
    process_t actor = actor_start();
    live_t l;

    (void) state;
    live_init(&l, 1000);
    live_tick(&l);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        actor_do(&actor, "name %s", names[i]);
        live_tick(&l);
        assert_true(live_is_text(&l, live_find(&l, actor.pid)->name, seen[i], strlen(seen[i])));
    }
    process_stop(&actor);
    live_done(&l);
}

// One that execs "sleep" when told to.
static pid_t start_execer(int *ret_pipe)
{
    int p[2];
    pid_t pid;
    char c;

    assert_int_equal(pipe2(p, O_CLOEXEC), 0);
    pid = process_fork();
    if (pid == 0) {
        close(p[1]);
        if (read(p[0], &c, 1) == 0)
            execlp("sleep", "sleep", "1000", NULL);
        _exit(1);
    }
    close(p[0]);
    *ret_pipe = p[1];
    return pid;
}

static void wait_for_name(pid_t pid, const char *name)
{
    char path[64], comm[64] = "";

    snprintf(path, sizeof(path), "/proc/%d/comm", (int) pid);
    for (int i = 0; i < WAIT_STEPS && strcmp(comm, name) != 0; i++) {
        _cleanup_fclose_ FILE *f = fopen(path, "re");

        if (f && fgets(comm, sizeof(comm), f))
            comm[strcspn(comm, "\n")] = '\0';
        poll(NULL, 0, 10);
    }
    assert_string_equal(comm, name);
}

static void test_exec(void **state)
{
    int pipe_fd;
    pid_t pid = start_execer(&pipe_fd);
    live_t l;

    (void) state;
    live_init(&l, 1000);
    for (int i = 0; i < WAIT_STEPS; i++) {
        live_tick(&l);
        if (PROCESS_KNOWN(live_find(&l, pid), cmdline) && PROCESS_KNOWN(live_find(&l, pid), pss_kb))
            break;
        poll(NULL, 0, 10);
    }
    assert_true(PROCESS_KNOWN(live_find(&l, pid), cmdline));

    uint64_t start = live_find(&l, pid)->start_time;
    close(pipe_fd);
    wait_for_name(pid, "sleep");
    live_tick(&l);
    assert_int_equal(live_find(&l, pid)->start_time, start);
    assert_true(live_is_text(&l, live_find(&l, pid)->name, "sleep", 5));
    assert_false(PROCESS_KNOWN(live_find(&l, pid), pss_kb));
    assert_true(live_find(&l, pid)->hwm_kb < 30 * 1024);

    size_t len = 0;
    for (int i = 0; i < WAIT_STEPS && len != sizeof("sleep\0001000"); i++) {
        poll(NULL, 0, 10);
        live_tick(&l);
        intern_get(
                capture_current(l.capture)->strings, (uint32_t) live_find(&l, pid)->cmdline, &len);
    }
    assert_memory_equal(intern_get(capture_current(l.capture)->strings,
                                (uint32_t) live_find(&l, pid)->cmdline, &len),
            "sleep\0001000", sizeof("sleep\0001000"));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    live_done(&l);
}

static void *sleep_in_thread(void *arg)
{
    (void) arg;
    for (;;)
        pause();
    return NULL;
}

static void test_threads(void **state)
{
    live_t l;
    int p[2];
    char c;
    pid_t pid;

    (void) state;
    assert_int_equal(pipe2(p, O_CLOEXEC), 0);
    pid = process_fork();
    if (pid == 0) {
        pthread_t thread;

        for (int i = 0; i < 5; i++)
            pthread_create(&thread, NULL, sleep_in_thread, NULL);
        if (write(p[1], "x", 1) < 0)
            _exit(1);
        sleep_in_thread(NULL);
    }
    assert_int_equal(read(p[0], &c, 1), 1);
    live_init(&l, 1000);
    live_tick(&l);
    assert_int_equal(live_find(&l, pid)->threads, 6);
    live_tick(&l);
    // Threads have numbers of their own, but are no processes.
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task", (int) pid);
    _cleanup_closedir_ DIR *tasks = opendir(path);
    assert_non_null(tasks);
    for (struct dirent *e; (e = readdir(tasks));) {
        pid_t tid = (pid_t) strtol(e->d_name, NULL, 10);

        if (tid > 0 && tid != pid)
            assert_null(live_find(&l, tid));
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(p[0]);
    close(p[1]);
    live_done(&l);
}

static void test_pss_and_cmdline(void **state)
{
    process_t actor = actor_start();
    live_t l;

    (void) state;
    actor_do(&actor, "anon 25");
    live_init(&l, 1000);
    for (int i = 0; i < WAIT_STEPS; i++) {
        live_tick(&l);
        if (PROCESS_KNOWN(live_find(&l, actor.pid), pss_kb))
            break;
        poll(NULL, 0, 10);
    }

    const process_snapshot_t *p = live_find(&l, actor.pid);
    assert_int_equal(p->pss_source, PSS_SOURCE_ROLLUP);
    assert_in_range(p->pss_kb, 25 * 1024, 30 * 1024);
    assert_in_range(p->uss_kb, 25 * 1024, 30 * 1024);
    assert_true(p->pss_rss_kb >= p->pss_kb);
    assert_true(p->pss_time_ms <= clock_boottime_us() / 1000);
    process_stop(&actor);
    live_done(&l);
}

// ---- CPU ---------------------------------------------------------------------------------------

static uint64_t cpu_ns(pid_t pid)
{
    clockid_t clock;
    struct timespec t;

    assert_int_equal(clock_getcpuclockid(pid, &clock), 0);
    assert_int_equal(clock_gettime(clock, &t), 0);
    return (uint64_t) t.tv_sec * 1000000000 + (uint64_t) t.tv_nsec;
}

static pid_t start_spinner(void)
{
    pid_t pid = process_fork();

    if (pid == 0)
        for (;;)
            __asm__ volatile("");
    return pid;
}

// Of what it used between two captures, as the kernel's own clock of the process says.
static void assert_cpu(uint64_t permille, uint64_t least_ns, uint64_t most_ns, uint64_t us)
{
    // The scheduler's account is brought up to date with each timer tick.
    const uint64_t late_ns = 12000000;
    uint64_t least = least_ns > late_ns ? (least_ns - late_ns) / us : 0;
    uint64_t most = (most_ns + late_ns) / us + 1;

    if (permille < least || permille > most)
        fail_msg("%" PRIu64 " is not in %" PRIu64 "..%" PRIu64, permille, least, most);
}

static void test_cpu(void **state)
{
    pid_t pid = start_spinner();
    live_t l;

    (void) state;
    live_init(&l, 1000);

    uint64_t before_1 = cpu_ns(pid);
    live_tick(&l);
    uint64_t after_1 = cpu_ns(pid);
    for (int i = 0; i < 3; i++) {
        poll(NULL, 0, 200);

        uint64_t before_2 = cpu_ns(pid);
        live_tick(&l);
        uint64_t after_2 = cpu_ns(pid);
        assert_cpu(live_find(&l, pid)->cpu_permille, before_2 - after_1, after_2 - before_1,
                interval_us(&l));
        before_1 = before_2;
        after_1 = after_2;
    }
    kill(pid, SIGSTOP);
    assert_int_equal(waitpid(pid, NULL, WUNTRACED), pid);
    live_tick(&l);
    poll(NULL, 0, 50);
    live_tick(&l);
    assert_int_equal(live_find(&l, pid)->state, 'T');
    assert_int_equal(live_find(&l, pid)->cpu_permille, 0);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    live_done(&l);
}

static void test_cpu_of_a_newborn(void **state)
{
    live_t l;

    (void) state;
    live_init(&l, 1000);
    live_tick(&l);

    uint64_t born_us = clock_monotonic_us();
    pid_t pid = start_spinner();
    poll(NULL, 0, 300);

    uint64_t least_ns = cpu_ns(pid), short_us = clock_monotonic_us() - born_us;
    live_tick(&l);
    uint64_t most_ns = cpu_ns(pid), long_us = clock_monotonic_us() - born_us;
    assert_true(PROCESS_KNOWN(live_find(&l, pid), cpu_permille));
    // When it was born is known to the hundredth of a second.
    assert_cpu(live_find(&l, pid)->cpu_permille, least_ns, UINT64_MAX / 2, long_us + 10000);
    assert_cpu(live_find(&l, pid)->cpu_permille, 0, most_ns, short_us - 15000);
    assert_true(
            PROCESS_KNOWN(live_find(&l, pid), minflt_rate) && live_find(&l, pid)->minflt_rate > 0);
    // Those that lived before the daemon looked have no such life to speak of.
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    live_done(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_children_come_and_go),
            cmocka_unit_test(test_last_figures),
            cmocka_unit_test(test_zombies),
            cmocka_unit_test(test_parents),
            cmocka_unit_test(test_names),
            cmocka_unit_test(test_exec),
            cmocka_unit_test(test_threads),
            cmocka_unit_test(test_pss_and_cmdline),
            cmocka_unit_test(test_cpu),
            cmocka_unit_test(test_cpu_of_a_newborn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
