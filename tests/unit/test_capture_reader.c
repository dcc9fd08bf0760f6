// The capture against made-up hosts: what is read beside the tick, and what is kept open.

#include "common/cleanup.h"
#include "common/clock.h"
#include "daemon/capture/capture_private.h"
#include "tests/support/captured.h"
#include "tests/support/fake_clock.h"
#include "tests/support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_STEPS 12000 // of 5 ms

static void test_status_answers_for_pss(void **state)
{
    captured_t *h = *state;
    proctree_process_t x = captured_postgres;
    const process_snapshot_t *p;

    x.pss_kb = 0;
    captured_tick_with(h, &x);
    p = captured_wait(h, 812, PROCESS_FIELD_pss_source);
    assert_int_equal(p->pss_source, PSS_SOURCE_STATUS);
    assert_false(
            PROCESS_KNOWN(p, pss_kb) || PROCESS_KNOWN(p, uss_kb) || PROCESS_KNOWN(p, pss_time_ms));
}

static void wait_for_a_reading(captured_t *h)
{
    for (int i = 0; i < WAIT_STEPS && h->readings == 0; i++) {
        struct pollfd p = {.fd = capture_reader_fd(h->capture), .events = POLLIN};

        poll(&p, 1, 5);
        capture_collect(h->capture);
    }
    assert_int_equal(h->readings, 1);
}

static void test_details_on_demand(void **state)
{
    captured_t *h = *state;

    captured_tick_with(h, &captured_postgres);
    captured_wait(h, 812, PROCESS_FIELD_cmdline);

    uint32_t slot = capture_find(h->capture, 812, 4000);
    assert_int_equal(capture_read_details(h->capture, slot), 0);
    assert_int_equal(capture_read_details(h->capture, slot), 0); // was asked already
    wait_for_a_reading(h);
}

// The breakdown of a process that costs much is not read again at once.
static void test_costly_details(void **state)
{
    captured_t *h = *state;
    reader_result_t dear = {.request = {.pid = 812, .start_time = 4000, .what = READER_SMAPS},
            .smaps = {.source = PSS_SOURCE_ROLLUP, .has_pss = true, .rss_kb = 77},
            .cpu_us = 3600 * USEC_PER_SEC};

    captured_tick_with(h, &captured_postgres);
    captured_wait(h, 812, PROCESS_FIELD_cmdline);
    dear.time_ms = clock_boottime_us() / USEC_PER_MSEC;
    costly_keep(&h->capture->costly, &dear);
    assert_int_equal(capture_read_details(h->capture, capture_find(h->capture, 812, 4000)), 0);
    wait_for_a_reading(h);
    assert_int_equal(h->last_reading.smaps.rss_kb, 77);
    assert_int_equal(h->last_reading.time_ms, dear.time_ms);
    assert_true(h->last_reading.cmdline_len > 0);
}

// As many as there are connections by default can inspect another one each.
static void test_many_costly_ones(void **state)
{
    static costly_list_t l;

    (void) state;
    for (uint64_t pid = 1; pid <= 256; pid++)
        costly_keep(&l, &(reader_result_t){.request = {.pid = pid, .start_time = 1},
                                .cpu_us = USEC_PER_SEC,
                                .time_ms = 1000});
    for (uint64_t pid = 1; pid <= 256; pid++) {
        assert_false(costly_is_due(&l, pid, 1, 1000 + 9999));
        assert_true(costly_is_due(&l, pid, 1, 1000 + 10000));
    }
}

static void make_fifo(const captured_t *h, uint64_t pid, const char *file, char path[128])
{
    snprintf(path, 128, "%s/%d/%s", h->tree.path, (int) pid, file);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
}

// Reading its PSS took seconds: that is not done again soon, however much changes.
static void test_who_costs_much_is_left_alone(void **state)
{
    captured_t *h = *state;
    static const char text[] = "1-2 ---p 0 0:0 0 [rollup]\nRss: 34000 kB\nPss: 21000 kB\n"
                               "Anonymous: 10000 kB\n";
    proctree_process_t x = captured_postgres;
    uint64_t rest_s, cost_us = 0;
    char path[128];

    proctree_process(&h->tree, &x);
    make_fifo(h, 812, "smaps_rollup", path);
    captured_tick(h);
    for (int i = 0; i < WAIT_STEPS && captured_find(h, 812)->blocked_s == 0; i++) {
        poll(NULL, 0, 5);
        captured_tick(h);
    }
    // It has been read for as long as that, on the clock that everybody has here.
    cost_us = captured_find(h, 812)->blocked_s * USEC_PER_SEC;
    assert_true(cost_us > 0);
    rest_s = MIN(cost_us * PSS_BACKOFF / USEC_PER_SEC, 3600);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    close(fd);
    assert_int_equal(captured_wait(h, 812, PROCESS_FIELD_pss_kb)->pss_kb, 21000);

    assert_int_equal(unlink(path), 0);
    x.pss_kb = 150000, x.anon_pages *= 10, x.run_ns++;
    proctree_process(&h->tree, &x);
    fake_clock_ahead_us += (rest_s - 200) * USEC_PER_SEC;
    for (int i = 0; i < 20; i++) {
        captured_tick(h);
        poll(NULL, 0, 2);
        assert_int_equal(captured_find(h, 812)->pss_kb, 21000);
    }
    fake_clock_ahead_us += 200 * USEC_PER_SEC;
    for (int i = 0; i < WAIT_STEPS && captured_find(h, 812)->pss_kb != 150000; i++) {
        captured_tick(h);
        poll(NULL, 0, 5);
    }
    assert_int_equal(captured_find(h, 812)->pss_kb, 150000);
}

// One whose command line cannot be read: the others' are, and it says for how long.
static void test_blocked(void **state)
{
    captured_t *h = *state;
    proctree_process_t x = captured_postgres;
    char path[128];

    proctree_process(&h->tree, &x);
    make_fifo(h, 812, "cmdline", path);
    captured_tick(h);
    // Time flies: after two seconds it counts as blocked, and another thread serves the rest.
    poll(NULL, 0, 20);
    for (x.pid = 900; x.pid < 920; x.pid++)
        proctree_process(&h->tree, &x);
    uint64_t before = 0;
    for (int i = 0; i < 5; i++) {
        captured_tick(h);
        if (i < 3)
            continue;
        assert_true(captured_find(h, 812)->blocked_s > before);
        before = captured_find(h, 812)->blocked_s;
    }
    for (uint64_t pid = 900; pid < 920; pid++)
        captured_wait(h, pid, PROCESS_FIELD_cmdline);
    assert_false(PROCESS_KNOWN(captured_find(h, 812), cmdline));
    assert_int_equal(capture_read_details(h->capture, capture_find(h->capture, 812, 0)), -EAGAIN);

    _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    for (int i = 0; i < WAIT_STEPS && captured_find(h, 812)->blocked_s > 0; i++) {
        poll(NULL, 0, 5);
        captured_tick(h);
    }
    assert_int_equal(captured_find(h, 812)->blocked_s, 0);
}

// Somebody with a hundred such processes does not keep the others from being read.
static void test_one_user_cannot_block_all(void **state)
{
    captured_t *h = *state;
    proctree_process_t x = captured_postgres;
    char path[128];

    x.uid = x.euid = 666;
    for (x.pid = 100; x.pid < 200; x.pid++) {
        proctree_process(&h->tree, &x);
        make_fifo(h, x.pid, "cmdline", path);
    }
    for (int i = 0; i < 150; i++) {
        captured_tick(h);
        poll(NULL, 0, 2);
    }
    proctree_process(&h->tree, &captured_postgres);
    x.pid = 200;
    proctree_process(&h->tree, &x);
    captured_wait(h, 812, PROCESS_FIELD_cmdline);
    assert_false(PROCESS_KNOWN(captured_find(h, 200), cmdline)); // of the same user: barred

    size_t blocked = 0;
    for (uint64_t pid = 100; pid < 200; pid++)
        blocked += captured_find(h, pid)->blocked_s > 0;
    assert_in_range(blocked, READER_THREADS_MAX / 2, READER_THREADS_MAX / 2 + 1);
    for (uint64_t pid = 100; pid < 200; pid++) {
        snprintf(path, sizeof(path), "%s/%d/cmdline", h->tree.path, (int) pid);
        int fd = open(path, O_RDWR | O_CLOEXEC); // does not wait for a reader
        assert_true(fd >= 0);
        proctree_end(&h->tree, pid);
        close(fd);
    }
}

// Copies of files are not kept open, or they would stay what they were.
static void test_no_descriptors_on_copies(void **state)
{
    captured_t *h = *state;
    proctree_process_t x = captured_postgres;
    capture_usage_t usage;
    size_t before;

    for (x.pid = 100; x.pid < 160; x.pid++)
        proctree_process(&h->tree, &x);
    captured_tick(h);
    captured_wait(h, 159, PROCESS_FIELD_cmdline);
    before = proc_open_files(getpid());
    for (x.pid = 100; x.pid < 160; x.pid++) {
        x.run_ns++;
        proctree_process(&h->tree, &x);
    }
    captured_tick(h);
    capture_usage(h->capture, &usage);
    assert_int_equal(usage.descriptors, 0);
    assert_int_equal(usage.processes, 60);
    assert_in_range(proc_open_files(getpid()), before - 3, before + 3); // the reader may be at work
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, captured_setup, captured_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_status_answers_for_pss),
            TEST(test_details_on_demand),
            TEST(test_costly_details),
            cmocka_unit_test(test_many_costly_ones),
            TEST(test_who_costs_much_is_left_alone),
            TEST(test_blocked),
            TEST(test_one_user_cannot_block_all),
            TEST(test_no_descriptors_on_copies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
