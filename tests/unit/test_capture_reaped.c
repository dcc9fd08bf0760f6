// What a child read and wrote in its life comes to the counters of the one that reaps it, at once:
// that is no rate of its.

#include "common/cleanup.h"
#include "common/clock.h"
#include "tests/support/captured.h"

#define KB UINT64_C(1024)
#define GB (KB * KB * KB)

// As much, but for what rounding to whole rates makes of it.
#define assert_kb(kb, expected) assert_in_range(kb, (expected) -MIN(16, expected), (expected) + 16)

// The shell, PID 812, which runs in every tick; children are born with higher numbers.
static proctree_process_t shell;

static proctree_process_t child_of(uint64_t pid, uint64_t ppid)
{
    proctree_process_t x = captured_postgres;

    x.pid = pid, x.ppid = ppid, x.start_time = 4000 + pid;
    x.read_bytes = x.write_bytes = 0;
    return x;
}

static void run(captured_t *h, proctree_process_t *x, uint64_t read_bytes)
{
    x->run_ns += 1000000, x->slices++, x->read_bytes += read_bytes;
    proctree_process(&h->tree, x);
}

static void begin(captured_t *h)
{
    shell = captured_postgres;
    captured_tick_with(h, &shell);
}

// KiB that its rate stands for.
static uint64_t told_kb(const captured_t *h, uint64_t pid)
{
    const process_snapshot_t *p = captured_find(h, pid);

    assert_true(PROCESS_KNOWN(p, read_rate));
    return p->read_rate * capture_current(h->capture)->system.interval_us / USEC_PER_SEC;
}

// A tick in which the shell reads so much, by its counters: what is told of that.
static uint64_t tick_and_told(captured_t *h, uint64_t read_bytes)
{
    run(h, &shell, read_bytes);
    captured_tick(h);
    return told_kb(h, 812);
}

// The child has read 1 GB, as all could see, when it ends.
static void live_and_end(captured_t *h, proctree_process_t *child)
{
    proctree_process(&h->tree, child);
    tick_and_told(h, 0);
    run(h, child, GB);
    tick_and_told(h, 0);
    assert_kb(told_kb(h, child->pid), GB / KB);
    proctree_end(&h->tree, child->pid);
}

static void test_a_child_is_no_rate_of_its_parent(void **state)
{
    captured_t *h = *state;
    proctree_process_t child = child_of(900, 812);

    begin(h);
    live_and_end(h, &child);
    // With 100 kB of its own, or of the last that the child did: these are of now.
    assert_kb(tick_and_told(h, GB + 100 * KB), 100);
    assert_int_equal(tick_and_told(h, 0), 0);
    assert_kb(tick_and_told(h, GB), GB / KB); // and this is its own
}

// The parent was looked at before it reaped: the child is gone a tick earlier.
static void test_it_may_come_later(void **state)
{
    captured_t *h = *state;
    proctree_process_t child = child_of(900, 812);

    begin(h);
    live_and_end(h, &child);
    assert_kb(tick_and_told(h, 100 * KB), 100);
    assert_kb(tick_and_told(h, GB + 50 * KB), 50);
    assert_kb(tick_and_told(h, 10 * KB), 10);
}

// A child that nobody reaps, where the parent wants none of that: what it reads itself is told.
static void test_who_is_not_reaped_takes_nothing(void **state)
{
    captured_t *h = *state;
    proctree_process_t child = child_of(900, 812);

    begin(h);
    live_and_end(h, &child);
    for (int i = 0; i < 2 * CAPTURE_IO_S; i++)
        assert_kb(tick_and_told(h, 1000 * KB), 1000);
    assert_kb(tick_and_told(h, GB), GB / KB); // it is waited for no longer
}

// One that lived between two ticks: all that it did is of now, and nobody else tells it.
static void test_who_was_never_seen_is_told(void **state)
{
    captured_t *h = *state;

    begin(h);
    tick_and_told(h, 0);
    assert_kb(tick_and_told(h, GB), GB / KB);
}

// A shell's script and what that ran end together; whoever is looked at first.
static void test_generations_end_together(void **state)
{
    (void) state;
    for (int order = 0; order < 2; order++) {
        proctree_process_t script = child_of(order ? 901 : 900, 812);
        proctree_process_t dd = child_of(order ? 900 : 901, script.pid);
        captured_t h;

        captured_init(&h, true);
        begin(&h);
        proctree_process(&h.tree, order ? &dd : &script);
        captured_tick(&h);
        proctree_process(&h.tree, order ? &script : &dd);
        tick_and_told(&h, 0);
        run(&h, &dd, GB), run(&h, &script, GB / 4);
        tick_and_told(&h, 0);
        proctree_end(&h.tree, script.pid);
        proctree_end(&h.tree, dd.pid);
        assert_kb(tick_and_told(&h, GB + GB / 4 + 100 * KB), 100);
        captured_done(&h);
    }
}

// More than can be waited for: what is told is right or too much, and nothing is written elsewhere.
static void test_any_number_may_end(void **state)
{
    captured_t *h = *state;

    begin(h);
    for (uint64_t pid = 1000; pid < 1600; pid++) {
        proctree_process_t child = child_of(pid, pid % 2 ? 812 : pid - 1);

        child.read_bytes = 64 * KB;
        proctree_process(&h->tree, &child);
    }
    tick_and_told(h, 0);
    for (uint64_t pid = 1000; pid < 1600; pid++)
        proctree_end(&h->tree, pid);
    assert_in_range(tick_and_told(h, 600 * 64 * KB), 0, 600 * 64 + 16);
    assert_int_equal(h->died, 600);
    for (int i = 0; i < 2 * CAPTURE_IO_S; i++)
        assert_in_range(tick_and_told(h, 10 * KB), 0, 26);
    assert_kb(tick_and_told(h, GB), GB / KB);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, captured_setup, captured_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_a_child_is_no_rate_of_its_parent),
            TEST(test_it_may_come_later),
            TEST(test_who_is_not_reaped_takes_nothing),
            TEST(test_who_was_never_seen_is_told),
            cmocka_unit_test(test_generations_end_together),
            TEST(test_any_number_may_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
