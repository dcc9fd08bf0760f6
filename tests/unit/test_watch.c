// When it is time for a capture out of turn: memory that goes fast, and only then.

#include "common/cleanup.h"
#include "daemon/watch.h"
#include "tests/support/cmocka.h"
#include "tests/support/proctree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

#define TOTAL   UINT64_C(1000000) // 1% are 10,000
#define PERCENT (TOTAL / 100)
#define DEAR_US 10000 // a capture of many processes

// Nothing but what is available changes.
static bool judge(watch_t *w, uint64_t available_kb, uint64_t total_kb)
{
    return watch_judge(w, (meminfo_levels_t){.available_kb = available_kb}, total_kb);
}

static void captured(watch_t *w, uint64_t available_kb)
{
    watch_captured(w, (meminfo_levels_t){.available_kb = available_kb}, DEAR_US);
}

static void test_less_is_for_the_tick(void **state)
{
    watch_t w = {.fd = -1, .lowest_kb = UINT64_MAX};
    uint64_t available = TOTAL / 2;

    (void) state;
    for (int i = 0; i < 100; i++)
        assert_false(judge(&w, available, TOTAL));
    // Not as much as 1% between two captures.
    for (int tick = 0; tick < 50; tick++) {
        for (int i = 0; i < 9; i++)
            assert_false(judge(&w, available -= PERCENT / (WATCH_SPAN + 1), TOTAL));
        captured(&w, available);
    }
    // What comes back is no reason, however much.
    assert_false(judge(&w, TOTAL, TOTAL));
}

static void test_one_percent_at_once(void **state)
{
    watch_t w = {.fd = -1, .lowest_kb = UINT64_MAX};

    (void) state;
    assert_false(judge(&w, 500000, TOTAL));
    assert_false(judge(&w, 500000 - PERCENT + 1, TOTAL));
    assert_true(judge(&w, 500000 - PERCENT, TOTAL));
    // Until somebody has looked.
    assert_true(judge(&w, 500000 - PERCENT, TOTAL));
    captured(&w, 500000 - PERCENT);
    for (int i = 0; i < WATCH_SPAN; i++)
        assert_false(judge(&w, 500000 - PERCENT, TOTAL));
    assert_false(judge(&w, 500000 - 2 * PERCENT + 1, TOTAL));
    assert_true(judge(&w, 500000 - 2 * PERCENT, TOTAL));
}

// In however many looks, since the last capture.
static void test_bit_by_bit(void **state)
{
    uint64_t available = 500000;
    watch_t w = {.fd = -1, .lowest_kb = UINT64_MAX};

    (void) state;
    captured(&w, available);
    for (int i = 0; i < 8; i++)
        assert_false(judge(&w, available -= PERCENT / 9, TOTAL));
    assert_true(judge(&w, available -= PERCENT / 9 + 9, TOTAL));
}

// To its end, so that who took the memory is seen with all of it.
static void test_a_fall_is_followed(void **state)
{
    uint64_t available = 500000;
    watch_t w = {.fd = -1, .lowest_kb = UINT64_MAX};

    (void) state;
    assert_false(judge(&w, available, TOTAL));
    assert_true(judge(&w, available -= PERCENT, TOTAL));
    captured(&w, available);
    for (int i = 0; i < WATCH_SPAN / 2; i++) {
        assert_true(judge(&w, available -= PERCENT / 10, TOTAL));
        captured(&w, available);
        assert_false(judge(&w, available - PERCENT / 20, TOTAL));
    }
    // It is over: what goes now is a slow change.
    for (int i = 0; i < WATCH_SPAN; i++)
        assert_false(judge(&w, available, TOTAL));
    assert_false(judge(&w, available -= PERCENT / 2, TOTAL));
    // A capture that was due anyway came amid a fall.
    captured(&w, available -= PERCENT / 2);
    assert_true(judge(&w, available -= PERCENT / 10, TOTAL));
}

static void test_a_dip_between_looks_counts(void **state)
{
    watch_t w = {.fd = -1, .lowest_kb = UINT64_MAX};

    (void) state;
    assert_false(judge(&w, 500000, TOTAL));
    assert_false(judge(&w, 480000 + PERCENT + 1, TOTAL));
    assert_false(judge(&w, 600000, TOTAL));
    // The highest since the last capture is what it fell from.
    assert_true(judge(&w, 600000 - PERCENT, TOTAL));
}

// Out of what a processor keeps for itself: what is available stays as it is.
static void test_taken_from_where_nobody_counts(void **state)
{
    meminfo_levels_t levels = {.available_kb = 500000, .taken_kb = 200000};
    watch_t w = {.fd = -1, .lowest_kb = UINT64_MAX};

    (void) state;
    assert_false(watch_judge(&w, levels, TOTAL));
    levels.taken_kb -= 50000; // given back
    assert_false(watch_judge(&w, levels, TOTAL));
    levels.taken_kb += PERCENT - 1;
    assert_false(watch_judge(&w, levels, TOTAL));
    levels.taken_kb++;
    assert_true(watch_judge(&w, levels, TOTAL));
    watch_captured(&w, levels, DEAR_US);
    assert_false(watch_judge(&w, levels, TOTAL));
    levels.taken_kb += PERCENT / 10;
    assert_true(watch_judge(&w, levels, TOTAL));
}

// A fall by less is seen as long as such falls are few.
static void test_small_falls(void **state)
{
    const uint64_t total = UINT64_C(32) << 20, fall = 40 << 10; // 32 GiB, 40 MiB
    watch_t w = {.fd = -1, .lowest_kb = UINT64_MAX};
    unsigned seen = 0;

    (void) state;
    assert_false(judge(&w, total / 2, total));
    assert_false(judge(&w, total / 2 - (31 << 10), total));
    for (int i = 0; i < 1000; i++) {
        for (int k = 0; k <= WATCH_SPAN; k++)
            assert_false(judge(&w, total / 2, total));
        if (judge(&w, total / 2 - fall, total)) {
            captured(&w, total / 2 - fall);
            seen++;
        } else {
            captured(&w, total / 2);
        }
        if (i == 3)
            assert_int_equal(seen, 4);
    }
    assert_in_range(seen, (WATCH_SPAN + 2) * 1000 / 20, (WATCH_SPAN + 2) * 1000 / 20 + 10);
    // A great one is seen all the same.
    assert_false(judge(&w, total / 2 - fall, total));
    assert_true(judge(&w, total / 2 - fall - total / 100, total));
}

// How few depends on what it costs to see them: each look earns a twentieth of what the dearest do.
static void test_cheap_captures_for_small_falls(void **state)
{
    const uint64_t total = UINT64_C(32) << 20, fall = 40 << 10;
    static const struct {
        uint64_t cost_us;
        unsigned seen; // of 1000 falls, one with each third look
    } cases[] = {{0, 1000}, {1500, 1000}, {3000, 526}, {10000, 158}, {50000, 158}};

    (void) state;
    for (size_t c = 0; c < ARRAY_SIZE(cases); c++) {
        watch_t w = {.fd = -1, .lowest_kb = UINT64_MAX};
        unsigned seen = 0;

        for (int i = 0; i < 1000; i++) {
            // Long enough ago that the fall before it is none any more.
            for (int k = 0; k < 2; k++)
                judge(&w, total / 2, total);
            seen += judge(&w, total / 2 - fall, total);
            watch_captured(&w, (meminfo_levels_t){.available_kb = total / 2}, cases[c].cost_us);
        }
        assert_in_range(seen, cases[c].seen - 2, cases[c].seen + 2);
    }
}

// Until half of what is saved up is spent: the rest is for what has not been seen at all.
static void test_a_small_fall_is_followed(void **state)
{
    const uint64_t total = UINT64_C(32) << 20, fall = 40 << 10, more = 4 << 10;
    uint64_t available = total / 2;
    watch_t w = {.fd = -1, .lowest_kb = UINT64_MAX};

    (void) state;
    captured(&w, available);
    assert_false(judge(&w, available, total));
    assert_false(judge(&w, available - more, total)); // there is no fall yet
    assert_true(judge(&w, available -= fall, total));
    captured(&w, available);
    for (int i = 0; i < 3; i++) {
        assert_false(judge(&w, available - more + 1, total));
        assert_true(judge(&w, available -= more, total));
        captured(&w, available);
    }
    assert_false(judge(&w, available -= more, total));
    captured(&w, available);
    assert_true(judge(&w, available -= fall, total));
    captured(&w, available);
    for (int i = 0; i < 12 * WATCH_SPAN; i++)
        assert_false(judge(&w, available, total));
    assert_false(judge(&w, available -= more, total)); // it is over
}

static void test_looks_at_the_file(void **state)
{
    proctree_t t = proctree_new();
    watch_t w;

    (void) state;
    proctree_system(&t, TOTAL, false);

    _cleanup_close_ int fd = open(t.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(watch_init(&w, fd, false), 0);
    assert_false(watch_look(&w, TOTAL));
    assert_false(watch_look(&w, 0)); // not known yet: no share of nothing

    _cleanup_close_ int file = openat(fd, "meminfo", O_WRONLY | O_TRUNC | O_CLOEXEC);
    const char *text = "MemTotal: 1000000 kB\nMemFree: 0 kB\nMemAvailable: 900000 kB\n";
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    assert_true(watch_look(&w, TOTAL));
    assert_int_equal(ftruncate(file, 0), 0);
    assert_false(watch_look(&w, TOTAL)); // nothing there: nothing known
    watch_done(&w);
    watch_done(&w);

    proctree_remove(&t, "meminfo");
    assert_int_equal(watch_init(&w, fd, false), -ENOENT);
    proctree_free(&t);
}

// ---- The trigger -------------------------------------------------------------------------------

static void count(void *user)
{
    ++*(unsigned *) user;
}

// The loop has nothing to do but what is due already.
static unsigned fired(watch_t *w)
{
    sd_event *loop = NULL;
    unsigned wanted = 0;

    assert_true(sd_event_new(&loop) >= 0);
    assert_int_equal(watch_start(w, loop, count, &wanted), 0);
    for (int i = 0; i < 3; i++)
        assert_true(sd_event_run(loop, 0) >= 0);
    watch_done(w);
    sd_event_unref(loop);
    return wanted;
}

// What a trigger is to poll(2), a terminal in packet mode is as well.
static void test_a_trigger_wants_a_capture(void **state)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), on = 1;
    watch_t w = WATCH_NONE;

    (void) state;
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    _cleanup_close_ int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(slave >= 0 && ioctl(master, TIOCPKT, &on) == 0);
    assert_int_equal(tcflush(slave, TCIOFLUSH), 0);
    w.pressure_fd = master;
    assert_true(fired(&w) > 0);
}

static void test_a_trigger_that_does_not_work_is_done_without(void **state)
{
    watch_t w = WATCH_NONE;
    int ends[2];

    (void) state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    close(ends[0]);
    w.pressure_fd = ends[1];
    assert_int_equal(fired(&w), 0);
    assert_int_equal(fcntl(ends[1], F_GETFD), -1);
}

static void test_nothing_to_watch_is_no_failure(void **state)
{
    watch_t w = WATCH_NONE;

    (void) state;
    assert_false(watch_can_look(&w));
    assert_int_equal(fired(&w), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_less_is_for_the_tick),
            cmocka_unit_test(test_one_percent_at_once),
            cmocka_unit_test(test_bit_by_bit),
            cmocka_unit_test(test_a_fall_is_followed),
            cmocka_unit_test(test_a_dip_between_looks_counts),
            cmocka_unit_test(test_taken_from_where_nobody_counts),
            cmocka_unit_test(test_small_falls),
            cmocka_unit_test(test_cheap_captures_for_small_falls),
            cmocka_unit_test(test_a_small_fall_is_followed),
            cmocka_unit_test(test_looks_at_the_file),
            cmocka_unit_test(test_a_trigger_wants_a_capture),
            cmocka_unit_test(test_a_trigger_that_does_not_work_is_done_without),
            cmocka_unit_test(test_nothing_to_watch_is_no_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
