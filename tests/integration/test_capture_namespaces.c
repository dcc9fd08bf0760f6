// The capture where numbers come again and where others are hidden: in namespaces of its own, with
// a /proc of its own. And among thousands of processes that come and go.

#include "common/cleanup.h"
#include "tests/support/live.h"
#include "tests/support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY   65534
#define NOT_HERE 255 // this host does not let us

// For what runs in a child: which line is wrong, below NOT_HERE.
#define CHECK(condition)                                            \
    do {                                                            \
        if (!(condition)) {                                         \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
            return 1;                                               \
        }                                                           \
    } while (0)

static bool write_text(const char *path, const char *text)
{
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

    return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t) strlen(text);
}

// Runs `body` as the first process of a PID namespace with a /proc of its own.
static int in_namespace(const char *proc_options, int (*body)(void))
{
    pid_t outer, inner;
    char map[32];
    int r;

    outer = process_fork();
    if (outer != 0)
        return process_wait(outer);
    snprintf(map, sizeof(map), "0 %u 1", (unsigned) geteuid());
    r = unshare(CLONE_NEWPID | CLONE_NEWNS);
    if (r < 0 && geteuid() != 0 && unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS) == 0)
        r = write_text("/proc/self/uid_map", map) ? 0 : -1;
    if (r < 0)
        _exit(NOT_HERE);
    inner = fork(); // its parent is none in there
    if (inner != 0)
        _exit(inner < 0 ? 1 : process_wait(inner));
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("proc", "/proc", "proc", 0, proc_options) < 0)
        _exit(NOT_HERE);
    _exit(body());
}

static pid_t start_sleeper(const char *name, size_t mb)
{
    int ready[2];
    pid_t pid;
    char c;

    if (pipe2(ready, O_CLOEXEC) < 0)
        return -1;
    pid = process_fork();
    if (pid == 0) {
        char *p = mmap(NULL, mb << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        prctl(PR_SET_NAME, name);
        if (p == MAP_FAILED)
            _exit(1);
        for (size_t i = 0; i < mb << 20; i += 4096)
            p[i] = 1;
        if (write(ready[1], "x", 1) < 0)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    if (read(ready[0], &c, 1) != 1)
        pid = -1;
    close(ready[0]);
    return pid;
}

static int end_sleeper(pid_t pid)
{
    return kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid ? 0 : -1;
}

// ---- Numbers that come again -------------------------------------------------------------------

// Makes the next process have this number.
static bool next_pid_is(pid_t pid)
{
    char text[16];

    snprintf(text, sizeof(text), "%d", (int) pid - 1);
    return write_text("/proc/sys/kernel/ns_last_pid", text);
}

static int reuse(size_t descriptors)
{
    const process_snapshot_t *p;
    uint64_t before;
    pid_t pid;
    live_t l;

    live_init(&l, descriptors);
    pid = start_sleeper("first", 30);
    CHECK(pid > 0);
    live_tick(&l);
    for (int round = 0; round < 5; round++) {
        p = live_find(&l, pid);
        CHECK(p && p->anon_kb >= (round % 2 ? 5 : 30) * 1024);
        before = p->start_time;
        live_tick(&l);
        CHECK(live_find(&l, pid)->start_time == before);
        poll(NULL, 0, 30); // start times are in hundredths
        CHECK(end_sleeper(pid) == 0);
        if (!next_pid_is(pid))
            return NOT_HERE;
        CHECK(start_sleeper(round % 2 ? "first" : "second", round % 2 ? 30 : 5) == pid);
        live_tick(&l);
        // Another process: with its own figures from the first tick on, and the other's last ones
        // kept.
        p = live_find(&l, pid);
        CHECK(p && p->start_time > before);
        CHECK(live_is_text(&l, p->name, round % 2 ? "first" : "second", round % 2 ? 5 : 6));
        CHECK(p->anon_kb >= (round % 2 ? 30 : 5) * 1024);
        CHECK(round % 2 || p->anon_kb < 15 * 1024);
        CHECK(!PROCESS_KNOWN(p, pss_kb) && p->cpu_permille <= 1100);
        CHECK(capture_find(l.capture, (uint64_t) pid, before) == UINT32_MAX);

        const exit_record_t *e = capture_find_exit(l.capture, (uint64_t) pid, before);
        CHECK(e && e->last.anon_kb >= (round % 2 ? 5 : 30) * 1024);
        CHECK(round % 2 == 0 || e->last.anon_kb < 15 * 1024);
        CHECK(e->last.hwm_kb >= e->last.anon_kb && e->exited_ms > 0);
    }
    CHECK(end_sleeper(pid) == 0);
    live_tick(&l);
    CHECK(!live_find(&l, pid));
    live_done(&l);
    return 0;
}

static int reuse_both(void)
{
    int r = reuse(1000);

    return r ? r : reuse(0);
}

static void test_pid_reuse(void **state)
{
    int r = in_namespace(NULL, reuse_both);

    (void) state;
    if (r == NOT_HERE)
        skip_because("no PID namespace, or no ns_last_pid to write to");
    assert_int_equal(r, 0);
}

// ---- Others that are hidden --------------------------------------------------------------------

static int hidden(void)
{
    pid_t roots = start_sleeper("roots", 1), own;
    live_t l;

    CHECK(roots > 0);
    // Who is in the group 0, as root is after a login, is not one of whom they are hidden.
    if (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
        return NOT_HERE;
    prctl(PR_SET_DUMPABLE, 1); // or its children are nobody's
    own = start_sleeper("own", 3);
    CHECK(own > 0);
    live_init(&l, 100);
    for (int i = 0; i < 3; i++) {
        capture_usage_t usage;

        live_tick(&l);
        CHECK(live_find(&l, own) && live_find(&l, own)->anon_kb >= 3 * 1024);
        CHECK(!live_find(&l, roots));
        CHECK(!live_find(&l, 1) || live_find(&l, 1)->uid == NOBODY);
        capture_usage(l.capture, &usage);
        CHECK(usage.failed_reads == 0);
    }
    CHECK(end_sleeper(own) == 0);
    live_tick(&l);
    CHECK(!live_find(&l, own));
    CHECK(capture_exit(l.capture, 0) && capture_exit(l.capture, 0)->last.pid == (uint64_t) own);
    live_done(&l);
    return 0;
}

static void test_hidepid(void **state)
{
    int r = geteuid() == 0 ? in_namespace("hidepid=2", hidden) : NOT_HERE;

    (void) state;
    if (r == NOT_HERE)
        skip_because("takes root and a /proc of its own");
    assert_int_equal(r, 0);
}

// ---- Thousands that come and go ----------------------------------------------------------------

#define CHURN_FORKS   6000
#define CHURN_AT_ONCE 100

// Short lives, a hundred at a time, with a capture after each hundred. How many processes there
// were at most, for there are others on this host.
static size_t churn(live_t *l, size_t forks)
{
    pid_t pids[CHURN_AT_ONCE];
    capture_usage_t usage;
    size_t most = 0;

    for (size_t n = 0; n < forks; n += CHURN_AT_ONCE) {
        for (size_t i = 0; i < CHURN_AT_ONCE; i++) {
            pids[i] = fork();
            assert_true(pids[i] >= 0);
            if (pids[i] == 0) {
                if (i % 3 == 0)
                    usleep((useconds_t) (i * 100));
                _exit(0);
            }
        }
        live_tick(l);
        capture_usage(l->capture, &usage);
        most = MAX(most, usage.processes);
        for (size_t i = 0; i < CHURN_AT_ONCE; i++)
            waitpid(pids[i], NULL, 0);
    }
    live_tick(l);
    for (size_t i = 0; i < CHURN_AT_ONCE; i++)
        assert_null(live_find(l, pids[i]));
    return most;
}

static void test_churn(void **state)
{
    capture_usage_t before, after;
    process_t actors[20];
    uint64_t starts[20];
    size_t most_before, most_after;
    live_t l;

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(actors); i++)
        actors[i] = actor_start();
    live_init(&l, 10000);
    most_before = churn(&l, CHURN_FORKS / 2); // the tables find their size
    for (size_t i = 0; i < ARRAY_SIZE(actors); i++)
        starts[i] = live_find(&l, actors[i].pid)->start_time;
    capture_usage(l.capture, &before);
    most_after = churn(&l, CHURN_FORKS);
    capture_usage(l.capture, &after);
    // What is open belongs to those that live, however many others there are on this host by now.
    assert_in_range(after.descriptors, 0, 3 * after.processes);
    assert_in_range(proc_open_files(getpid()), 0, after.descriptors + 64);
    assert_int_equal(after.failed_reads, before.failed_reads); // that it ended is no failure
    if (most_after < most_before + 200)
        assert_in_range(
                after.bytes, 0, before.bytes + CHURN_FORKS * sizeof(process_snapshot_t) / 4);
    for (size_t i = 0; i < ARRAY_SIZE(actors); i++) {
        assert_non_null(live_find(&l, actors[i].pid));
        assert_int_equal(live_find(&l, actors[i].pid)->start_time, starts[i]);
        assert_true(live_is_text(&l, live_find(&l, actors[i].pid)->name, "actor", 5));
    }
    live_done(&l);
    for (size_t i = 0; i < ARRAY_SIZE(actors); i++)
        process_stop(&actors[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_pid_reuse),
            cmocka_unit_test(test_hidepid),
            cmocka_unit_test(test_churn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
