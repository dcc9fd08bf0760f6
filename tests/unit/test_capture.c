// The capture against made-up hosts: what is known of a process, and what is not.

#include "common/cleanup.h"
#include "common/clock.h"
#include "tests/support/captured.h"

#include <string.h>

static void test_first_seen(void **state)
{
    captured_t *h = *state;
    uint64_t begin_ms = clock_boottime_us() / USEC_PER_MSEC;
    const process_snapshot_t *p;

    captured_tick_with(h, &captured_postgres);
    p = captured_find(h, 812);
    assert_non_null(p);
    assert_int_equal(h->born, 1);
    assert_text(h, p->name, "postgres");
    assert_text(h, p->unit, "postgres.service");
    assert_int_equal(p->start_time, 4000);
    assert_int_equal(p->ppid, 1);
    assert_int_equal(p->uid, 114);
    assert_int_equal(p->state, 'S');
    assert_int_equal(p->threads, 1);
    assert_int_equal(p->flags, 0);
    assert_int_equal(p->anon_kb, 2500 * PAGE_KB);
    assert_int_equal(p->shmem_kb, 8000);
    assert_int_equal(p->file_kb, 6000 * PAGE_KB - 8000);
    assert_int_equal(p->hwm_kb, 50000);
    assert_true(PROCESS_KNOWN(p, swap_kb) && p->swap_kb == 0);
    assert_int_equal(p->baseline_kb, 2500 * PAGE_KB);
    assert_in_range(p->first_seen_ms, begin_ms + 1000, capture_current(h->capture)->system.mono_ms);
    assert_true(PROCESS_KNOWN(p, tags) && PROCESS_KNOWN(p, zombies) && PROCESS_KNOWN(p, blocked_s));
    // Rates need two looks, and it lived before the first one.
    assert_false(PROCESS_KNOWN(p, cpu_permille) || PROCESS_KNOWN(p, minflt_rate) ||
                 PROCESS_KNOWN(p, read_rate));
    assert_false(PROCESS_KNOWN(p, pss_kb) || PROCESS_KNOWN(p, cmdline));
    assert_int_equal(capture_current(h->capture)->system.processes, 1);

    p = captured_wait(h, 812, PROCESS_FIELD_cmdline);
    assert_true(captured_is_text(
            h, p->cmdline, captured_postgres.cmdline, strlen(captured_postgres.cmdline) + 1));
    p = captured_wait(h, 812, PROCESS_FIELD_pss_kb);
    assert_int_equal(p->pss_kb, 21000);
    assert_int_equal(p->pss_rss_kb, 8500 * PAGE_KB);
    assert_int_equal(p->uss_kb, 2500 * PAGE_KB);
    assert_int_equal(p->pss_source, PSS_SOURCE_ROLLUP);
    // The baseline stays what it was.
    assert_int_equal(p->baseline_kb, 2500 * PAGE_KB);
}

static void write_memory(captured_t *h, int free_kb, int anon_kb, int kept_pages)
{
    proctree_write(&h->tree, "meminfo", "MemTotal: 100000 kB\nMemFree: %d kB\nAnonPages: %d kB\n",
            free_kb, anon_kb);
    proctree_write(&h->tree, "zoneinfo", "Node 0, zone Normal\n    count: %d\n", kept_pages);
}

// What is freed while the capture is taken stays with the processors for a while, who say so
// elsewhere: they are asked where there is something that the rest does not account for.
static void test_what_processors_keep(void **state)
{
    captured_t *h = *state;
    system_snapshot_t after;

    write_memory(h, 50000, 40000, 1000);
    captured_tick(h);
    assert_int_equal(capture_current(h->capture)->system.percpu_free_kb, 1000 * PAGE_KB);
    write_memory(h, 50000, 20000, 6000);
    capture_read_memory(h->capture, &after);
    assert_int_equal(after.anon_kb, 20000);
    assert_int_equal(after.percpu_free_kb, 6000 * PAGE_KB);
    write_memory(h, 70000, 20000, 7);
    capture_read_memory(h->capture, &after);
    assert_int_equal(after.mem_free_kb, 70000);
    assert_int_equal(after.percpu_free_kb, 1000 * PAGE_KB);
}

static void test_the_system(void **state)
{
    captured_t *h = *state;
    const system_snapshot_t *s;

    captured_tick(h);
    s = &capture_current(h->capture)->system;
    assert_int_equal(s->tick, 1);
    assert_int_equal(s->mem_total_kb, 8 << 20);
    assert_true(SYSTEM_KNOWN(s, host) && SYSTEM_KNOWN(s, clock_ticks) && SYSTEM_KNOWN(s, cpus));
    assert_true(SYSTEM_KNOWN(s, pgfault) && SYSTEM_KNOWN(s, mem_available_kb));
    assert_false(SYSTEM_KNOWN(s, psi_some));
    assert_int_equal(s->interval_us, 0);
    // Another kernel's files: what they no longer say is no longer known.
    proctree_write(&h->tree, "meminfo", "MemTotal: 1000 kB\nMemFree: 5 kB\n");
    proctree_remove(&h->tree, "vmstat");
    proctree_write(&h->tree, "pressure/memory", "some avg10=1.00 avg60=0.00\n");
    captured_tick(h);
    s = &capture_current(h->capture)->system;
    assert_int_equal(s->tick, 2);
    assert_int_equal(s->mem_total_kb, 1000);
    assert_false(SYSTEM_KNOWN(s, mem_available_kb) || SYSTEM_KNOWN(s, pgfault));
    assert_false(SYSTEM_KNOWN(s, swap_total_kb));
    assert_int_equal(s->psi_some, 100);
    assert_true(SYSTEM_KNOWN(s, host) && SYSTEM_KNOWN(s, cpus));
    assert_in_range(s->interval_us, USEC_PER_SEC, 60 * USEC_PER_SEC);
}

static void test_hostile_names(void **state)
{
    captured_t *h = *state;
    static const char *const names[] = {")", "a) R 1 1", "VmRSS: 99999999", "two words",
            "new\nline", "\x1b[31m\x01\xff", "(((", "x) Z 1 2 3 4 5"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        proctree_process_t p = captured_postgres;

        p.pid = 100 + i;
        p.name = names[i];
        p.cgroup = "/";
        proctree_process(&h->tree, &p);
    }
    captured_tick(h);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const process_snapshot_t *p = captured_find(h, 100 + i);

        assert_non_null(p);
        assert_text(h, p->name, names[i]);
        assert_int_equal(p->start_time, 4000);
        assert_int_equal(p->anon_kb, 2500 * PAGE_KB);
        assert_int_equal(p->state, 'S');
    }
}

static void test_kernel_threads_and_threads(void **state)
{
    captured_t *h = *state;
    const process_snapshot_t *p;

    proctree_process(&h->tree, &(proctree_process_t){.pid = 2,
                                       .name = "kthreadd",
                                       .flags = 0x200040,
                                       .start_time = 1,
                                       .run_ns = 5,
                                       .slices = 5});
    // The kernel answers for a thread's number as well, but says whose thread it is.
    proctree_process(&h->tree, &captured_postgres);
    proctree_process(
            &h->tree, &(proctree_process_t){
                              .pid = 813, .name = "postgres", .threads = 2, .start_time = 4001});
    proctree_write(&h->tree, "813/status", "Name:\tpostgres\nTgid:\t812\nUid:\t0\t0\t0\t0\n");
    captured_tick(h);
    assert_non_null(captured_find(h, 812));
    assert_null(captured_find(h, 813));
    p = captured_find(h, 2);
    assert_int_equal(p->flags, PROCESS_KERNEL_THREAD);
    assert_int_equal(p->uid, 0);
    assert_false(PROCESS_KNOWN(p, anon_kb) || PROCESS_KNOWN(p, file_kb) ||
                 PROCESS_KNOWN(p, swap_kb) || PROCESS_KNOWN(p, hwm_kb) ||
                 PROCESS_KNOWN(p, baseline_kb));
    assert_int_equal(capture_current(h->capture)->system.processes, 2);
}

// What could not be read is unknown, and the rest is there all the same.
static void test_missing_and_broken_files(void **state)
{
    captured_t *h = *state;
    const process_snapshot_t *p;
    capture_usage_t usage;

    proctree_process(&h->tree, &captured_postgres);
    proctree_process_t x = captured_postgres;
    x.pid = 900, x.no_io = true;
    proctree_process(&h->tree, &x);
    x.pid = 901;
    proctree_process(&h->tree, &x);
    proctree_remove(&h->tree, "901/cgroup");
    proctree_write(&h->tree, "901/status", "%s", "");
    x.pid = 902;
    proctree_process(&h->tree, &x);
    proctree_write(&h->tree, "902/stat", "902 (half a line) S 1");
    x.pid = 903;
    proctree_process(&h->tree, &x);
    proctree_write(&h->tree, "903/statm", "%s", "nothing\n");
    proctree_write(&h->tree, "904/exe", "%s", ""); // a directory that is being taken down
    for (int i = 0; i < 3; i++) {
        captured_tick(h);
        assert_non_null(captured_find(h, 812));
        p = captured_find(h, 900);
        assert_non_null(p);
        assert_int_equal(p->anon_kb, 2500 * PAGE_KB);
        assert_false(PROCESS_KNOWN(p, read_rate) || PROCESS_KNOWN(p, write_rate));
        p = captured_find(h, 901);
        assert_non_null(p);
        assert_false(PROCESS_KNOWN(p, unit) || PROCESS_KNOWN(p, uid));
        assert_null(captured_find(h, 902));
        p = captured_find(h, 903);
        assert_non_null(p);
        assert_false(PROCESS_KNOWN(p, anon_kb) || PROCESS_KNOWN(p, baseline_kb));
        assert_null(captured_find(h, 904));
    }
    capture_usage(h->capture, &usage);
    assert_true(usage.failed_reads > 0);
    assert_int_equal(h->died, 0);
    // A file that breaks later does not end its process.
    proctree_write(&h->tree, "812/statm", "%s", "");
    captured_tick(h);
    assert_int_equal(captured_find(h, 812)->anon_kb, 2500 * PAGE_KB);
    proctree_process(&h->tree, &x);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, captured_setup, captured_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_first_seen),
            TEST(test_the_system),
            TEST(test_what_processors_keep),
            TEST(test_hostile_names),
            TEST(test_kernel_threads_and_threads),
            TEST(test_missing_and_broken_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
