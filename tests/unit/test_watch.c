// When it is time for a capture out of turn: memory that goes fast, and only then.

#include "common/cleanup.h"
#include "daemon/watch.h"
#include "tests/support/cmocka.h"
#include "tests/support/proctree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define TOTAL   UINT64_C(1000000) // 1% are 10,000
#define PERCENT (TOTAL / 100)

static void test_slow_changes_are_for_the_tick(void **state)
{
    watch_t w = {.fd = -1};
    uint64_t available = TOTAL / 2;

    (void) state;
    assert_false(watch_judge(&w, available, TOTAL));
    for (int i = 0; i < 100; i++)
        assert_false(watch_judge(&w, available, TOTAL));
    // A bit less each time than makes 1% in WATCH_LOOKS looks.
    for (int i = 0; i < 50; i++)
        assert_false(watch_judge(&w, available -= PERCENT / WATCH_LOOKS - 1, TOTAL));
    // What comes back is no reason, however much.
    assert_false(watch_judge(&w, TOTAL, TOTAL));
}

static void test_one_percent_at_once(void **state)
{
    watch_t w = {.fd = -1};

    (void) state;
    assert_false(watch_judge(&w, 500000, TOTAL));
    assert_false(watch_judge(&w, 500000 - PERCENT + 1, TOTAL));
    assert_true(watch_judge(&w, 500000 - PERCENT, TOTAL));
    // Once said, it is over until as much goes again.
    assert_false(watch_judge(&w, 500000 - PERCENT, TOTAL));
    assert_false(watch_judge(&w, 500000 - 2 * PERCENT + 1, TOTAL));
    assert_true(watch_judge(&w, 500000 - 2 * PERCENT, TOTAL));
}

static void test_within_some_looks(void **state)
{
    watch_t w = {.fd = -1};
    uint64_t available = 500000;

    (void) state;
    assert_false(watch_judge(&w, available, TOTAL));
    for (int i = 1; i < WATCH_LOOKS; i++)
        assert_false(watch_judge(&w, available -= PERCENT / WATCH_LOOKS, TOTAL));
    assert_true(watch_judge(&w, available -= PERCENT / WATCH_LOOKS + 3, TOTAL));

    // The same, slower by one look: the first one is forgotten by then.
    w = (watch_t){.fd = -1};
    available = 500000;
    assert_false(watch_judge(&w, available, TOTAL));
    for (int i = 0; i < WATCH_LOOKS; i++)
        assert_false(watch_judge(&w, available - 1, TOTAL));
    assert_false(watch_judge(&w, available - PERCENT, TOTAL));
}

static void test_a_dip_between_looks_counts(void **state)
{
    watch_t w = {.fd = -1};

    (void) state;
    assert_false(watch_judge(&w, 500000, TOTAL));
    assert_false(watch_judge(&w, 480000 + PERCENT + 1, TOTAL));
    assert_false(watch_judge(&w, 600000, TOTAL));
    // The highest of the last looks is what it fell from.
    assert_true(watch_judge(&w, 600000 - PERCENT, TOTAL));
}

// A fall by less is seen as long as such falls are few.
static void test_small_falls(void **state)
{
    const uint64_t total = UINT64_C(32) << 20, fall = 40 << 10; // 32 GiB, 40 MiB
    watch_t w = {.fd = -1};
    unsigned seen = 0;

    (void) state;
    assert_false(watch_judge(&w, total / 2, total));
    assert_false(watch_judge(&w, total / 2 - (31 << 10), total));
    for (int i = 0; i < 1000; i++) {
        watch_judge(&w, total / 2, total);
        watch_judge(&w, total / 2, total);
        watch_judge(&w, total / 2, total);
        seen += watch_judge(&w, total / 2 - fall, total);
        if (i == 3)
            assert_int_equal(seen, 4);
    }
    assert_in_range(seen, 4000 / 20, 4000 / 20 + 10);
    // A great one is seen all the same.
    assert_true(watch_judge(&w, total / 2 - fall - total / 100, total));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_slow_changes_are_for_the_tick),
            cmocka_unit_test(test_one_percent_at_once),
            cmocka_unit_test(test_within_some_looks),
            cmocka_unit_test(test_a_dip_between_looks_counts),
            cmocka_unit_test(test_small_falls),
            cmocka_unit_test(test_looks_at_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
