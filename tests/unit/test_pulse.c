// When ticks and looks are due: never early, at fixed times, and what was missed is not made up.

#include "daemon/pulse.h"
#include "tests/support/cmocka.h"

#define FIRST UINT64_C(5000000)

static pulse_t pulse;

static void assert_next(uint64_t now_us, uint64_t wait_us)
{
    assert_int_equal(pulse_wait_us(&pulse, now_us), wait_us);
}

static void assert_due(uint64_t now_us, pulse_kind_t kind)
{
    assert_int_equal(pulse_take(&pulse, now_us), kind);
}

static void test_ten_pulses_a_second(void **state)
{
    uint64_t now = FIRST - 1000;

    (void) state;
    pulse_init(&pulse, FIRST, true);
    assert_due(now, PULSE_NONE);
    assert_next(now, 1000);
    for (int i = 0; i < 100; i++) {
        uint64_t due = FIRST + (uint64_t) i * PULSE_LOOK_US;

        assert_due(due - 1, PULSE_NONE);
        assert_next(due - 1, 1);
        assert_next(due, 0);
        // A tick is a look as well. Being late by less than a look shifts nothing.
        assert_due(due + (uint64_t) i * 100, i % 10 == 0 ? PULSE_TICK : PULSE_LOOK);
        if (i % 10 == 0)
            pulse_ticked(&pulse, due + (uint64_t) i * 100 + 5000);
        assert_due(due + (uint64_t) i * 100 + 5000, PULSE_NONE);
    }
    assert_int_equal(pulse.late, 0);
    assert_int_equal(pulse.missed, 0);
}

static void test_without_looks(void **state)
{
    (void) state;
    pulse_init(&pulse, FIRST, false);
    assert_due(FIRST, PULSE_TICK);
    pulse_ticked(&pulse, FIRST + 1);
    assert_next(FIRST + 1, PULSE_TICK_US - 1);
    assert_due(FIRST + PULSE_TICK_US - 1, PULSE_NONE);
    assert_due(FIRST + PULSE_TICK_US, PULSE_TICK);
}

static void test_late(void **state)
{
    (void) state;
    pulse_init(&pulse, FIRST, true);
    assert_due(FIRST + PULSE_LATE_US, PULSE_TICK);
    pulse_ticked(&pulse, FIRST + PULSE_LATE_US);
    assert_int_equal(pulse.late, 0);
    // Looks that were slept through are not made up, and the tick among them is late.
    assert_due(FIRST + PULSE_TICK_US + 350000, PULSE_TICK);
    pulse_ticked(&pulse, FIRST + PULSE_TICK_US + 350000);
    assert_int_equal(pulse.late, 1);
    assert_int_equal(pulse.missed, 0);
    assert_next(FIRST + PULSE_TICK_US + 350000, 50000);
    assert_due(FIRST + PULSE_TICK_US + 400000, PULSE_LOOK);
}

static void test_missed(void **state)
{
    (void) state;
    pulse_init(&pulse, FIRST, true);
    assert_due(FIRST, PULSE_TICK);
    // The tick itself took until after the next two.
    pulse_ticked(&pulse, FIRST + 2 * PULSE_TICK_US);
    assert_int_equal(pulse.missed, 2);
    assert_due(FIRST + 2 * PULSE_TICK_US, PULSE_LOOK);
    assert_due(FIRST + 3 * PULSE_TICK_US, PULSE_TICK);
    pulse_ticked(&pulse, FIRST + 3 * PULSE_TICK_US);
    // Nobody woke us up for a while.
    assert_due(FIRST + 7 * PULSE_TICK_US + 10, PULSE_TICK);
    pulse_ticked(&pulse, FIRST + 7 * PULSE_TICK_US + 20);
    assert_int_equal(pulse.missed, 5);
    assert_int_equal(pulse.late, 1);
    assert_next(FIRST + 7 * PULSE_TICK_US + 20, PULSE_LOOK_US - 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_ten_pulses_a_second),
            cmocka_unit_test(test_without_looks),
            cmocka_unit_test(test_late),
            cmocka_unit_test(test_missed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
