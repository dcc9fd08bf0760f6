// The capture against made-up hosts: births, deaths, parents and numbers that come again.

#include "tests/support/captured.h"

#include <string.h>

static void test_exits_and_last_figures(void **state)
{
    captured_t *h = *state;
    const exit_record_t *e;
    proctree_process_t x = captured_postgres;
    uint64_t last_ms;

    proctree_process(&h->tree, &captured_postgres);
    x.pid = 813, x.start_time = 5000, x.hwm_kb = 100, x.anon_pages = 3, x.shared_pages = 2,
    x.shmem_kb = 0, x.name = "small";
    captured_tick_with(h, &x);
    captured_wait(h, 812, PROCESS_FIELD_cmdline);
    assert_null(capture_exit(h->capture, 0));
    proctree_end(&h->tree, 812);
    last_ms = capture_current(h->capture)->system.mono_ms;
    captured_tick(h);
    assert_null(captured_find(h, 812));
    assert_int_equal(h->died, 1);
    e = capture_exit(h->capture, 0);
    assert_non_null(e);
    assert_int_equal(e->last.pid, 812);
    assert_int_equal(e->last.anon_kb, 2500 * PAGE_KB);
    assert_int_equal(e->last.hwm_kb, 50000);
    assert_int_equal(e->last.baseline_kb, 2500 * PAGE_KB);
    assert_text(h, e->last.name, "postgres");
    assert_true(captured_is_text(
            h, e->last.cmdline, captured_postgres.cmdline, strlen(captured_postgres.cmdline) + 1));
    assert_in_range(e->exited_ms, last_ms + 1000, capture_current(h->capture)->system.mono_ms);
    assert_memory_equal(e, &h->last_exit, sizeof(*e));

    proctree_end(&h->tree, 813);
    captured_tick(h);
    assert_int_equal(capture_exit(h->capture, 0)->last.pid, 813);
    assert_int_equal(capture_exit(h->capture, 1)->last.pid, 812);
    assert_null(capture_exit(h->capture, 2));
    assert_int_equal(capture_find_exit(h->capture, 812, 4000)->last.pid, 812);
    assert_null(capture_find_exit(h->capture, 812, 4001));
    assert_int_equal(capture_current(h->capture)->system.processes, 0);
}

// Six hundred of that kind, for a second each: PIDs 1000 to 1099, with start times 5000 to 5005.
static void live_shortly(captured_t *h, proctree_process_t x)
{
    for (x.start_time = 5000; x.start_time < 5006; x.start_time++) {
        x.run_ns++;
        for (x.pid = 1000; x.pid < 1100; x.pid++)
            proctree_process(&h->tree, &x);
        captured_tick(h);
    }
    for (x.pid = 1000; x.pid < 1100; x.pid++)
        proctree_end(&h->tree, x.pid);
    captured_tick(h);
}

// Many small ones do not push the large one out.
static void test_large_exits_are_kept_longer(void **state)
{
    captured_t *h = *state;
    proctree_process_t x = captured_postgres;

    captured_tick_with(h, &captured_postgres);
    proctree_end(&h->tree, 812);
    x.hwm_kb = 100, x.anon_pages = 3, x.shared_pages = 2, x.shmem_kb = 0;
    live_shortly(h, x);
    assert_int_equal(h->died, 601);
    assert_non_null(capture_find_exit(h->capture, 812, 4000));
    size_t oldest = 0;
    for (x.pid = 1000; x.pid < 1100; x.pid++)
        oldest += capture_find_exit(h->capture, x.pid, 5000) != NULL;
    assert_int_equal(oldest, EXITS_MAX / 2 - 500);
    assert_non_null(capture_find_exit(h->capture, 1000, 5005));

    uint64_t before = UINT64_MAX;
    size_t n = 0;
    for (const exit_record_t *e; (e = capture_exit(h->capture, n)); n++) {
        assert_true(e->exited_ms <= before);
        before = e->exited_ms;
    }
    assert_int_equal(n, EXITS_MAX / 2 + 1);
}

// Many of one user's do not push out another's.
static void test_exits_of_others_are_kept(void **state)
{
    proctree_process_t x = captured_postgres;
    captured_t *h = *state;

    x.pid = 10, x.uid = 1001, x.hwm_kb = 100, x.anon_pages = 3, x.shared_pages = 2, x.shmem_kb = 0;
    captured_tick_with(h, &x);
    proctree_end(&h->tree, 10);
    x.uid = 1002;
    live_shortly(h, x);
    assert_int_equal(h->died, 601);
    assert_non_null(capture_find_exit(h->capture, 10, captured_postgres.start_time));
    size_t oldest = 0;
    for (x.pid = 1000; x.pid < 1100; x.pid++) {
        oldest += capture_find_exit(h->capture, x.pid, 5000) != NULL;
        assert_non_null(capture_find_exit(h->capture, x.pid, 5005));
    }
    assert_int_equal(oldest, EXITS_MAX / 2 - 501);
}

static void test_a_recycled_pid_is_another_process(void **state)
{
    captured_t *h = *state;
    const process_snapshot_t *p;
    proctree_process_t other = captured_postgres;

    captured_tick_with(h, &captured_postgres);
    captured_wait(h, 812, PROCESS_FIELD_pss_kb);

    size_t born = h->born;
    other.name = "other", other.start_time = 4100, other.run_ns = 7, other.anon_pages = 10,
    other.shared_pages = 5;
    other.shmem_kb = 0, other.hwm_kb = 60, other.pss_kb = 0, other.cmdline = NULL;
    captured_tick_with(h, &other);
    p = captured_find(h, 812);
    assert_non_null(p);
    assert_int_equal(h->born, born + 1);
    assert_int_equal(h->died, 1);
    assert_int_equal(h->last_exit.last.start_time, 4000);
    assert_int_equal(h->last_exit.last.anon_kb, 2500 * PAGE_KB);
    assert_int_equal(h->last_exit.last.file_kb, captured_postgres.shared_pages * PAGE_KB - 8000);
    assert_int_equal(p->start_time, 4100);
    assert_int_equal(p->anon_kb, 10 * PAGE_KB);
    assert_int_equal(p->baseline_kb, 10 * PAGE_KB);
    assert_int_equal(p->hwm_kb, 60);
    assert_false(PROCESS_KNOWN(p, pss_kb) || PROCESS_KNOWN(p, cmdline));
    assert_int_equal(capture_find(h->capture, 812, 4000), UINT32_MAX);
}

static void test_memory_cap(void **state)
{
    proctree_process_t x = captured_postgres;
    size_t n = 0;
    captured_t h;

    (void) state;
    captured_init_small(&h, 64);
    for (x.pid = 100; x.pid < 200; x.pid++)
        proctree_process(&h.tree, &x);
    for (int i = 0; i < 3; i++) {
        captured_tick(&h);
        assert_true(capture_current(h.capture)->system.system_flags & SYSTEM_TRUNCATED);
        assert_int_equal(capture_current(h.capture)->system.processes, 64);
        assert_int_equal(h.born, 64);
    }
    // Those that were left out come in as others go, and then the sample is whole again.
    for (uint64_t pid = 100; pid < 200; pid++) {
        if (captured_find(&h, pid) && n++ < 40)
            proctree_end(&h.tree, pid);
    }
    captured_tick(&h);
    assert_false(capture_current(h.capture)->system.system_flags & SYSTEM_TRUNCATED);
    assert_int_equal(capture_current(h.capture)->system.processes, 60);
    assert_int_equal(h.died, 40);
    captured_done(&h);
}

static void test_zombies_and_their_parent(void **state)
{
    captured_t *h = *state;
    proctree_process_t child = captured_postgres;
    const process_snapshot_t *p;

    proctree_process(&h->tree, &captured_postgres);
    child.ppid = 812;
    for (child.pid = 900; child.pid < 905; child.pid++)
        proctree_process(&h->tree, &child);
    captured_tick(h);
    assert_int_equal(captured_find(h, 812)->zombies, 0);
    child.state = 'Z', child.run_ns++, child.anon_pages = child.shared_pages = 0;
    child.start_stack = 0, child.shmem_kb = 0, child.swap_kb = 0;
    for (child.pid = 900; child.pid < 903; child.pid++)
        proctree_process(&h->tree, &child);
    captured_tick(h);
    assert_int_equal(captured_find(h, 812)->zombies, 3);
    p = captured_find(h, 900);
    assert_int_equal(p->state, 'Z');
    assert_true(PROCESS_KNOWN(p, anon_kb) && p->anon_kb == 0 && p->file_kb == 0);
    assert_int_equal(p->hwm_kb, 50000);

    proctree_end(&h->tree, 900);
    captured_tick(h);
    assert_int_equal(captured_find(h, 812)->zombies, 2);
    // What it held is what it had before it was a zombie.
    assert_int_equal(h->last_exit.last.pid, 900);
    assert_int_equal(h->last_exit.last.state, 'Z');
    assert_int_equal(h->last_exit.last.anon_kb, 2500 * PAGE_KB);
    assert_int_equal(h->last_exit.last.shmem_kb, 8000);
    assert_int_equal(h->last_exit.last.hwm_kb, 50000);
    proctree_end(&h->tree, 901);
    proctree_end(&h->tree, 902);
    captured_tick(h);
    assert_int_equal(captured_find(h, 812)->zombies, 0);
}

// In state Z, but it is not dead: its first thread has ended, and the kernel says no memory.
static void test_a_dead_first_thread_is_no_zombie(void **state)
{
    captured_t *h = *state;
    proctree_process_t x = captured_postgres;
    const process_snapshot_t *p;

    x.ppid = 1000, x.threads = 4;
    proctree_process(&h->tree, &x);
    proctree_process(&h->tree, &(proctree_process_t){.pid = 1000,
                                       .name = "parent",
                                       .ppid = 1,
                                       .start_time = 3,
                                       .run_ns = 1,
                                       .slices = 1});
    captured_tick(h);
    x.state = 'Z', x.threads = 3, x.anon_pages = x.shared_pages = 0, x.shmem_kb = 0;
    captured_tick_with(h, &x);
    p = captured_find(h, 812);
    assert_int_equal(p->state, 'Z');
    assert_false(PROCESS_KNOWN(p, anon_kb) || PROCESS_KNOWN(p, file_kb) ||
                 PROCESS_KNOWN(p, shmem_kb) || PROCESS_KNOWN(p, swap_kb));
    assert_int_equal(captured_find(h, 1000)->zombies, 0);
    x.threads = 1;
    captured_tick_with(h, &x);
    assert_int_equal(captured_find(h, 1000)->zombies, 1);
    assert_true(PROCESS_KNOWN(captured_find(h, 812), anon_kb));
}

// The child does not run; its parent is another one all the same, and its rates stay what they are.
static void test_orphans(void **state)
{
    captured_t *h = *state;
    proctree_process_t parent = captured_postgres, child = captured_postgres;

    parent.pid = 700;
    child.pid = 701, child.ppid = 700;
    proctree_process(&h->tree, &parent);
    proctree_process(&h->tree, &child);
    child.pid = 702;
    captured_tick_with(h, &child);
    captured_tick(h);
    child.ppid = 1;
    proctree_process(&h->tree, &child);
    child.pid = 701, child.run_ns += 200000000, child.minflt += 1000;
    proctree_process(&h->tree, &child);
    proctree_end(&h->tree, 700);
    captured_tick(h);
    assert_int_equal(captured_find(h, 701)->ppid, 1);
    assert_int_equal(captured_find(h, 702)->ppid, 1);
    assert_in_range(captured_find(h, 701)->cpu_permille, 1, 200);
    assert_true(captured_find(h, 701)->minflt_rate > 0);
}

static void test_a_zombie_has_no_children(void **state)
{
    captured_t *h = *state;
    proctree_process_t parent = captured_postgres, child = captured_postgres;

    parent.pid = 900;
    child.pid = 100, child.ppid = 900; // looked at before its parent
    proctree_process(&h->tree, &parent);
    captured_tick_with(h, &child);
    parent.state = 'Z', parent.run_ns++, parent.anon_pages = parent.shared_pages = 0;
    parent.shmem_kb = 0;
    proctree_process(&h->tree, &parent);
    child.ppid = 1;
    captured_tick_with(h, &child);
    assert_int_equal(captured_find(h, 100)->ppid, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, captured_setup, captured_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_exits_and_last_figures),
            TEST(test_large_exits_are_kept_longer),
            TEST(test_exits_of_others_are_kept),
            TEST(test_a_recycled_pid_is_another_process),
            cmocka_unit_test(test_memory_cap),
            TEST(test_zombies_and_their_parent),
            TEST(test_a_dead_first_thread_is_no_zombie),
            TEST(test_orphans),
            TEST(test_a_zombie_has_no_children),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
