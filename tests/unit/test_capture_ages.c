// The capture against made-up hosts: rates, and how old what is known may be.

#include "common/clock.h"
#include "tests/support/captured.h"
#include "tests/support/fake_clock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>

static uint64_t interval_us(const captured_t *h)
{
    return capture_current(h->capture)->system.interval_us;
}

static void assert_rate(uint64_t rate, double units, const captured_t *h)
{
    double expected = units * 1e6 / (double) interval_us(h);

    if ((double) rate < expected - 1 || (double) rate > expected + 1)
        fail_msg("%" PRIu64 " is not %f", rate, expected);
}

static void test_rates(void **state)
{
    captured_t *h = *state;
    proctree_process_t x = captured_postgres;
    const process_snapshot_t *p;

    captured_tick_with(h, &x);
    for (int i = 1; i < 5; i++) {
        x.run_ns += 123000000, x.slices += 5, x.utime += 12, x.minflt += 700, x.majflt += 9;
        x.read_bytes += 500 * 1024, x.write_bytes += 1;
        captured_tick_with(h, &x);
        p = captured_find(h, 812);
        assert_rate(p->cpu_permille, 123, h); // by the nanosecond, not by clock ticks
        assert_rate(p->minflt_rate, 700, h);
        assert_rate(p->majflt_rate, 9, h);
        assert_rate(p->read_rate, 500, h);
        assert_int_equal(p->write_rate, 1); // rounded up: something was written
    }
    captured_tick(h);
    p = captured_find(h, 812);
    assert_true(PROCESS_KNOWN(p, cpu_permille) && p->cpu_permille == 0);
    assert_true(p->minflt_rate == 0 && p->majflt_rate == 0);
    assert_true(PROCESS_KNOWN(p, read_rate) && p->read_rate == 0 && p->write_rate == 0);
    // Counters that went back are no rate.
    x.run_ns += 1, x.minflt = 1, x.read_bytes = 1;
    captured_tick_with(h, &x);
    assert_int_equal(captured_find(h, 812)->minflt_rate, 0);
    assert_int_equal(captured_find(h, 812)->read_rate, 0);
}

// What is too little for a rate of one second is in that of a later one, and what was rounded up is
// not.
static void test_small_rates_add_up(void **state)
{
    captured_t *h = *state;
    proctree_process_t x = captured_postgres;
    uint64_t told_us = 0, told_kb_us = 0;

    captured_tick_with(h, &x);
    for (int i = 0; i < 100; i++) {
        x.run_ns += 300000, x.slices++, x.read_bytes += 1100;
        captured_tick_with(h, &x);
        assert_in_range(captured_find(h, 812)->cpu_permille, 0, 1);
        assert_in_range(captured_find(h, 812)->read_rate, 1, 2);
        told_us += captured_find(h, 812)->cpu_permille * interval_us(h) / 1000;
        told_kb_us += captured_find(h, 812)->read_rate * interval_us(h);
    }
    assert_in_range(told_us, 29000, 31000);
    assert_in_range(told_kb_us * 1024 / USEC_PER_SEC, 110000, 111100);
}

static void test_rates_of_threads_and_without_schedstat(void **state)
{
    (void) state;
    for (int kind = 0; kind < 2; kind++) {
        proctree_process_t x = captured_postgres;
        const process_snapshot_t *p;
        captured_t h;

        captured_init(&h, kind == 0);
        x.threads = kind == 0 ? 5 : 1;
        captured_tick_with(&h, &x);
        // schedstat speaks of the main thread alone: stat's clock ticks count.
        x.run_ns += 1, x.utime += 150, x.stime += 50, x.minflt += 100, x.read_bytes += 10 * 1024;
        captured_tick_with(&h, &x);
        p = captured_find(&h, 812);
        assert_rate(p->cpu_permille, 2000, &h);
        assert_rate(p->minflt_rate, 100, &h);
        assert_rate(p->read_rate, 10, &h);
        captured_tick(&h);
        assert_int_equal(captured_find(&h, 812)->cpu_permille, 0);
        captured_done(&h);
    }
}

// One that was born since the capture before has rates at once: those of its life.
static void test_newborn(void **state)
{
    captured_t *h = *state;
    proctree_process_t x = captured_postgres;

    captured_tick(h);
    fake_clock_ahead_us += USEC_PER_SEC;
    x.start_time = (clock_boottime_us() / 10000) - 50; // half a second ago
    x.run_ns = 250000000, x.minflt = 100, x.majflt = 0, x.read_bytes = 0;
    x.write_bytes = 512 * 1024;
    proctree_process(&h->tree, &x);
    assert_int_equal(capture_run(h->capture), 0);
    // Made-up clocks: the life is half a second and what setting up took.
    assert_in_range(captured_find(h, 812)->cpu_permille, 50, 510);
    assert_in_range(captured_find(h, 812)->minflt_rate, 20, 205);
    assert_in_range(captured_find(h, 812)->write_rate, 100, 1045);
    assert_int_equal(captured_find(h, 812)->read_rate, 0);
}

// Ticks until the condition holds, at most `max`; says how many it took.
#define TICKS_UNTIL(h, condition, max)             \
    __extension__({                                \
        unsigned ticks_ = 0;                       \
        do {                                       \
            captured_tick(h);                      \
            ticks_++;                              \
        } while (!(condition) && ticks_ <= (max)); \
        ticks_;                                    \
    })

// All that is read now and then only.
static bool shows(const captured_t *h, const proctree_process_t *x)
{
    const process_snapshot_t *p = captured_find(h, x->pid);

    return p->uid == x->uid && p->hwm_kb == x->hwm_kb && p->shmem_kb == x->shmem_kb &&
           p->file_kb == x->shared_pages * PAGE_KB - x->shmem_kb &&
           captured_is_text(h, p->unit, x->cgroup + 1, strlen(x->cgroup + 1)) &&
           captured_is_text(h, p->cmdline, x->cmdline, strlen(x->cmdline) + 1);
}

// With the memory that it had, another unit and user, other arguments, more of what it shares in
// shared memory, and a peak between two ticks: seen after so many seconds, whenever they begin.
static void assert_seen_within(captured_t *h, proctree_process_t *x, unsigned seconds, bool runs)
{
    static const char *const units[] = {"/one.service", "/two.service"};
    static const char *const cmdlines[] = {"postgres: idle", "postgres: SELECT"};

    for (unsigned i = 0; i < 4; i++) {
        for (unsigned k = 0; k < i * 7; k++)
            captured_tick(h);
        x->uid = x->euid = 500 + i, x->cgroup = units[i % 2], x->cmdline = cmdlines[i % 2];
        x->shmem_kb -= 400, x->hwm_kb += 1000;
        proctree_process(&h->tree, x);
        for (unsigned k = 0; k <= seconds; k++) {
            if (runs) {
                x->run_ns++;
                proctree_process(&h->tree, x);
            }
            captured_tick(h);
        }
        // The reader may take its time: no other second begins.
        for (int k = 0; k < 1000 && !shows(h, x); k++) {
            poll(NULL, 0, 5);
            assert_int_equal(capture_run(h->capture), 0);
        }
        assert_true(shows(h, x));
    }
}

static void test_ages_of_what_is_read_seldom(void **state)
{
    captured_t *h = *state;
    proctree_process_t x = captured_postgres;

    captured_tick_with(h, &x);
    captured_wait(h, 812, PROCESS_FIELD_cmdline);
    assert_seen_within(h, &x, CAPTURE_IDLE_S, false);
    assert_seen_within(h, &x, CAPTURE_SLOW_S, true);
    x.threads = 5, x.run_ns++;
    captured_tick_with(h, &x);
    assert_int_equal(captured_find(h, 812)->threads, 5);
    assert_seen_within(h, &x, CAPTURE_IDLE_S, false);
}

// What changes without the process having run.
static void test_ages_of_an_idle_process(void **state)
{
    captured_t *h = *state;
    proctree_process_t x = captured_postgres;

    captured_tick_with(h, &x);
    captured_wait(h, 812, PROCESS_FIELD_cmdline);
    for (int i = 0; i < 8; i++) {
        x.anon_pages++;
        proctree_process(&h->tree, &x);
        assert_in_range(
                TICKS_UNTIL(h, captured_find(h, 812)->anon_kb == x.anon_pages * PAGE_KB, 100), 1,
                CAPTURE_CALM_TICKS);
    }
    // When the host reclaims some, soon, and not once only.
    for (uint64_t i = 1; i < 20; i++) {
        x.anon_pages--;
        proctree_process(&h->tree, &x);
        proctree_write(&h->tree, "vmstat", "pgsteal_kswapd %" PRIu64 "\n", i);
        assert_in_range(
                TICKS_UNTIL(h, captured_find(h, 812)->anon_kb == x.anon_pages * PAGE_KB, 100), 1,
                CAPTURE_IDLE_TICKS);
    }
    // Much, or when it swaps, at once.
    for (uint64_t i = 1; i < 8; i++) {
        x.anon_pages--;
        proctree_process(&h->tree, &x);
        if (i % 2)
            proctree_write(&h->tree, "vmstat", "pgsteal_direct %" PRIu64 "\n",
                    i * ((8 << 20) / CAPTURE_MUCH_RECLAIM / PAGE_KB) + 100);
        else
            proctree_write(&h->tree, "vmstat", "pswpout %" PRIu64 "\npgsteal_direct 1\n", i);
        captured_tick(h);
        assert_int_equal(captured_find(h, 812)->anon_kb, x.anon_pages * PAGE_KB);
    }
    // On kernels that do not count that, always at once.
    proctree_write(&h->tree, "vmstat", "pgfault 1\n");
    for (int i = 0; i < 5; i++) {
        x.anon_pages++;
        captured_tick_with(h, &x);
        assert_int_equal(captured_find(h, 812)->anon_kb, x.anon_pages * PAGE_KB);
    }
}

// What changes while it runs.
static void test_ages_of_a_busy_process(void **state)
{
    captured_t *h = *state;
    proctree_process_t x = captured_postgres;
    const process_snapshot_t *p;

    captured_tick_with(h, &x);
    for (int i = 0; i < 20; i++) {
        x.run_ns += 1000, x.slices++, x.minflt++;
        x.anon_pages += 3, x.shared_pages -= 1, x.shmem_kb -= 4;
        x.state = i % 2 ? 'R' : 'D';
        x.ppid = 1 + (uint64_t) i % 2;
        x.name = i % 2 ? "odd" : "even";
        captured_tick_with(h, &x);
        p = captured_find(h, 812);
        assert_int_equal(p->state, x.state);
        assert_int_equal(p->ppid, x.ppid);
        assert_text(h, p->name, x.name);
        assert_int_equal(p->anon_kb, x.anon_pages * PAGE_KB);
        assert_int_equal(p->shmem_kb, x.shmem_kb);
        assert_int_equal(p->file_kb, x.shared_pages * PAGE_KB - x.shmem_kb);
        assert_true(p->minflt_rate > 0);
    }
}

static void test_peak(void **state)
{
    captured_t *h = *state;
    proctree_process_t x = captured_postgres;

    captured_tick_with(h, &x);
    // Never less than what is resident.
    x.anon_pages = 20000, x.run_ns++, x.hwm_kb = 0;
    captured_tick_with(h, &x);
    assert_int_equal(captured_find(h, 812)->hwm_kb, 26000 * PAGE_KB);
}

static void test_io_of_idle_threads(void **state)
{
    captured_t *h = *state;
    proctree_process_t x = captured_postgres;

    x.threads = 3;
    captured_tick_with(h, &x);
    captured_tick(h);
    assert_true(PROCESS_KNOWN(captured_find(h, 812), read_rate));
    for (int i = 0; i < 4; i++) {
        x.read_bytes += 100 << 20;
        proctree_process(&h->tree, &x);
        assert_in_range(
                TICKS_UNTIL(h, captured_find(h, 812)->read_rate > 5000, 50), 1, CAPTURE_IO_S);
        TICKS_UNTIL(h, captured_find(h, 812)->read_rate == 0, 50);
    }
}

// With threads, too, the rate of a second is told of that second alone, and what comes little by
// little is told as such; together it is all that was written.
static void test_io_of_threads_adds_up(void **state)
{
    captured_t *h = *state;
    proctree_process_t x = captured_postgres;
    uint64_t told_kb_us = 0, begun;

    x.threads = 3;
    captured_tick_with(h, &x);
    begun = x.write_bytes;
    for (int i = 0; i < 110; i++) {
        bool burst = i % 10 == 3, last = i >= 90;
        uint64_t rate;

        x.utime += burst && !last ? 10 : 0;
        x.write_bytes += last ? 0 : burst ? 40 << 20 : i % 10 > 3 ? 20000 : 0;
        captured_tick_with(h, &x);
        rate = captured_find(h, 812)->write_rate;
        if (burst && !last)
            assert_in_range(rate, 39000, 41100);
        else
            assert_in_range(rate, 0, 200);
        told_kb_us += rate * interval_us(h);
    }
    assert_int_equal(captured_find(h, 812)->write_rate, 0);
    assert_in_range(told_kb_us / USEC_PER_SEC * 1024, x.write_bytes - begun - 2048,
            x.write_bytes - begun + 2048);
}

static void test_swap(void **state)
{
    captured_t *h = *state;
    proctree_process_t x = captured_postgres;

    captured_tick_with(h, &x);
    assert_int_equal(captured_find(h, 812)->swap_kb, 0);
    proctree_write(&h->tree, "meminfo",
            "MemTotal: 8388608 kB\nSwapTotal: 1000000 kB\nSwapFree: 900000 kB\n");
    proctree_write(&h->tree, "vmstat", "pgsteal_kswapd 1\npswpout 1000\n");
    x.anon_pages -= 1000, x.swap_kb = 4000;
    captured_tick_with(h, &x);
    assert_int_equal(captured_find(h, 812)->swap_kb, 4000);
    assert_int_equal(captured_find(h, 812)->anon_kb, 1500 * PAGE_KB);
    // Swap that comes back although it did not run, as after swapoff.
    x.anon_pages += 1000, x.swap_kb = 0;
    proctree_process(&h->tree, &x);
    proctree_write(&h->tree, "vmstat", "pgsteal_kswapd 1\npswpin 1000\npswpout 1000\n");
    captured_tick(h);
    assert_int_equal(captured_find(h, 812)->swap_kb, 0);
}

static void test_exec(void **state)
{
    captured_t *h = *state;
    proctree_process_t x = captured_postgres;
    const process_snapshot_t *p;

    captured_tick_with(h, &x);
    captured_wait(h, 812, PROCESS_FIELD_pss_kb);
    captured_wait(h, 812, PROCESS_FIELD_cmdline);
    x.start_stack += 4096, x.run_ns++, x.cmdline = "ls", x.cgroup = "/other.service";
    x.anon_pages = 50, x.shared_pages = 100, x.shmem_kb = 0, x.hwm_kb = 700, x.pss_kb = 300;
    captured_tick_with(h, &x);
    p = captured_find(h, 812);
    assert_text(h, p->unit, "other.service");
    assert_int_equal(p->hwm_kb, 700);
    assert_int_equal(p->baseline_kb, 50 * PAGE_KB); // what it had before, it gave back
    // What was read of the program before is not this one's.
    assert_false(PROCESS_KNOWN(p, pss_kb) || PROCESS_KNOWN(p, uss_kb));
    p = captured_wait(h, 812, PROCESS_FIELD_pss_kb);
    assert_int_equal(p->pss_kb, 300);
    captured_wait_text(h, 812, PROCESS_FIELD_cmdline, "ls", 3);
    // A shell that becomes what takes much: it took that.
    x.start_stack += 4096, x.run_ns++, x.anon_pages = 5000;
    captured_tick_with(h, &x);
    assert_int_equal(captured_find(h, 812)->baseline_kb, 50 * PAGE_KB);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, captured_setup, captured_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_rates),
            TEST(test_small_rates_add_up),
            cmocka_unit_test(test_rates_of_threads_and_without_schedstat),
            TEST(test_newborn),
            TEST(test_ages_of_what_is_read_seldom),
            TEST(test_ages_of_an_idle_process),
            TEST(test_ages_of_a_busy_process),
            TEST(test_peak),
            TEST(test_io_of_idle_threads),
            TEST(test_io_of_threads_adds_up),
            TEST(test_swap),
            TEST(test_exec),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
