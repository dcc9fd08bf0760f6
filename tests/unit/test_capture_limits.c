// The capture of this host with any number of descriptors, and when there are none left.

#include "common/cleanup.h"
#include "tests/support/live.h"
#include "tests/support/process.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define LIMITS 4

static bool may_differ(unsigned field)
{
    // Of each capture, not of the process; and what the reader brings when it gets round to it.
    static const unsigned fields[] = {PROCESS_FIELD_first_seen_ms, PROCESS_FIELD_cpu_permille,
            PROCESS_FIELD_minflt_rate, PROCESS_FIELD_majflt_rate, PROCESS_FIELD_read_rate,
            PROCESS_FIELD_write_rate, PROCESS_FIELD_pss_kb, PROCESS_FIELD_pss_rss_kb,
            PROCESS_FIELD_uss_kb, PROCESS_FIELD_pss_time_ms, PROCESS_FIELD_pss_source,
            PROCESS_FIELD_cmdline, PROCESS_FIELD_state};

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        if (fields[i] == field)
            return true;
    return false;
}

static void compare(const live_t *a, const live_t *b, pid_t pid)
{
    const process_snapshot_t *p = live_find(a, pid), *q = live_find(b, pid);

    assert_true((p == NULL) == (q == NULL));
    for (unsigned f = 0; p && f < PROCESS_FIELD_COUNT; f++) {
        bool rate = f == PROCESS_FIELD_cpu_permille || f == PROCESS_FIELD_minflt_rate ||
                    f == PROCESS_FIELD_read_rate;

        if (may_differ(f) && !rate)
            continue;
        assert_int_equal(p->known >> f & 1, q->known >> f & 1);
        if (!(p->known >> f & 1) || rate)
            continue;
        if (process_string_mask >> f & 1) {
            size_t len_a, len_b;
            const char *s = intern_get(
                    capture_current(a->capture)->strings, (uint32_t) p->values[f], &len_a);
            const char *t = intern_get(
                    capture_current(b->capture)->strings, (uint32_t) q->values[f], &len_b);

            assert_int_equal(len_a, len_b);
            assert_memory_equal(s, t, len_a);
        } else if (p->values[f] != q->values[f]) {
            fail_msg("%s of %d: %" PRIu64 " and %" PRIu64, process_fields[f].name, (int) pid,
                    p->values[f], q->values[f]);
        }
    }
}

static void test_the_same_at_any_limit(void **state)
{
    static const size_t limits[LIMITS] = {0, 16, 64, 10000};
    process_t actors[40];
    pid_t child = 0;
    live_t l[LIMITS];

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(actors); i++)
        actors[i] = actor_start();
    for (size_t i = 0; i < LIMITS; i++)
        live_init(&l[i], limits[i]);
    for (int step = 0; step < 8; step++) {
        if (step == 1 || step == 6)
            child = actor_do(&actors[3], "zombies 2");
        if (step == 4)
            actor_do(&actors[3], "reap");
        if (step == 3)
            process_stop(&actors[39]);
        if (step == 5)
            actors[39] = actor_start();
        for (size_t i = 0; i < 30; i += 3)
            actor_do(&actors[i], step % 4 == 3 ? "free" : "anon 1");
        actor_do(&actors[(size_t) step], "name step%d", step);
        for (size_t i = 0; i < LIMITS; i++) {
            capture_usage_t usage;

            live_tick(&l[i]);
            capture_usage(l[i].capture, &usage);
            assert_true(usage.descriptors <= limits[i]);
        }
        for (size_t i = 1; i < LIMITS; i++) {
            for (size_t a = 0; a < ARRAY_SIZE(actors); a++)
                compare(&l[0], &l[i], actors[a].pid);
            if (child)
                compare(&l[0], &l[i], child);
        }
    }
    for (size_t i = 0; i < LIMITS; i++)
        live_done(&l[i]);
    for (size_t i = 0; i < ARRAY_SIZE(actors); i++)
        process_stop(&actors[i]);
}

// In a child, since limits do not come back: what is wrong, 0: nothing.
static int run_out_of_files(const process_t *actors, size_t n)
{
    struct rlimit limit = {.rlim_cur = 0};
    capture_usage_t usage;
    live_t l;

    live_init(&l, 10000);
    live_tick(&l);
    // Sockets and others took all that was left, and more.
    limit.rlim_cur = limit.rlim_max = proc_open_files(getpid()) + 1;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 1;
    // It gives some of its own files up as it needs others.
    for (int i = 0; i < 20 && (i < 3 || proc_open_files(getpid()) + 4 > limit.rlim_cur); i++) {
        for (size_t a = 0; a < n; a++)
            if (kill(actors[a].pid, SIGSTOP) < 0 || kill(actors[a].pid, SIGCONT) < 0)
                return 2;
        poll(NULL, 0, 20);
        live_tick(&l);
    }
    capture_usage(l.capture, &usage);
    for (size_t a = 0; a < n; a++)
        if (!live_find(&l, actors[a].pid) || live_find(&l, actors[a].pid)->anon_kb == 0)
            return 3;
    if (proc_open_files(getpid()) + 4 > limit.rlim_cur)
        return 4;

    uint64_t failed = usage.failed_reads;
    process_t late = actor_start();
    actor_do(&late, "anon 3");
    for (int i = 0; i < 3; i++)
        live_tick(&l);
    if (!live_find(&l, late.pid) || live_find(&l, late.pid)->anon_kb < 3 * 1024)
        return 5;
    capture_usage(l.capture, &usage);
    process_stop(&late);
    live_done(&l);
    return usage.failed_reads > failed ? 6 : 0;
}

static void test_no_files_left(void **state)
{
    process_t actors[50];
    pid_t pid;
    int r;

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(actors); i++)
        actors[i] = actor_start();
    pid = process_fork();
    if (pid == 0)
        _exit(run_out_of_files(actors, ARRAY_SIZE(actors)));
    r = process_wait(pid);
    for (size_t i = 0; i < ARRAY_SIZE(actors); i++)
        process_stop(&actors[i]);
    assert_int_equal(r, 0);
}

static void test_nothing_stays_open(void **state)
{
    size_t before = proc_open_files(getpid());
    process_t actors[10];
    live_t l;

    (void) state;
    live_init(&l, 10000);
    for (int round = 0; round < 5; round++) {
        for (size_t i = 0; i < ARRAY_SIZE(actors); i++)
            actors[i] = actor_start();
        live_tick(&l);
        for (size_t i = 0; i < ARRAY_SIZE(actors); i++)
            actor_do(&actors[i], "anon 1");
        live_tick(&l);
        for (size_t i = 0; i < ARRAY_SIZE(actors); i++)
            process_stop(&actors[i]);
        live_tick(&l);
    }

    capture_usage_t usage;
    capture_usage(l.capture, &usage);
    // Those of the processes that live, and a few of its own.
    assert_in_range(proc_open_files(getpid()) - before, usage.descriptors, usage.descriptors + 16);
    live_done(&l);
    // A read that was under way, of a process of another test that does not answer, say, gives back
    // its files when it returns.
    for (int i = 0; i < 6000 && proc_open_files(getpid()) != before; i++)
        usleep(10000);
    assert_int_equal(proc_open_files(getpid()), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_nothing_stays_open), // first: a late reader of others holds files
            cmocka_unit_test(test_the_same_at_any_limit),
            cmocka_unit_test(test_no_files_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
