// Leaks that are so slow that only half a day tells them from the flank of a day's curve.

#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/subject.h"

#include <math.h>

#define HOUR (60 * MINUTE)
#define DAY  (24 * HOUR)

// Seen every ten seconds.
static course_t run_days(double (*kb)(unsigned t), double noise, unsigned seconds)
{
    return subject_run(
            (subject_t){.kb = kb, .seconds = seconds, .noise = noise, .age_ms = 0, .every = 10});
}

static double from_birth(unsigned t)
{
    return 3000 * MB * (1 - exp(-(t / 120.0))) + 30.0 * t;
}

static double with_the_day(unsigned t)
{
    return from_birth(t) + 40 * MB * sin(2 * M_PI * t / DAY);
}

static double mended(unsigned t)
{
    return from_birth(MIN(t, 20 * HOUR));
}

static void test_slow_leak_of_a_large_process(void **state)
{
    static double (*const leaks[])(unsigned t) = {from_birth, with_the_day};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(leaks); i++) {
        course_t c = run_days(leaks[i], 0.002, 3 * DAY);
        leak_receipt_t r;

        assert_in_range(c.set_at, 10 * HOUR, 14 * HOUR);
        assert_int_equal(c.sets, 1);
        assert_int_equal(c.cleared_at, NEVER);
        leak_receipt(&c.state, c.now_ms, UINT64_MAX, &r);
        assert_true(r.rate_low_kb_s < 32 && r.rate_high_kb_s > 28);
        assert_true(r.rate_kb_s > 27 && r.rate_kb_s < 33);
    }
}

static void test_slow_leak_that_is_mended(void **state)
{
    course_t c = run_days(mended, 0.002, 2 * DAY);

    (void) state;
    assert_in_range(c.set_at, 10 * HOUR, 14 * HOUR);
    assert_in_range(c.cleared_at, 20 * HOUR, 22 * HOUR);
    assert_int_equal(c.sets, 1);
}

// Twice as much was in use in the night, for a job.
static double after_a_job(unsigned t)
{
    double job = t > 1 * HOUR && t < 3 * HOUR ? 2000 * MB : 0;

    return 2000 * MB + job + 150 * subject_since(t, 6 * HOUR);
}

static void test_leak_where_it_was_before(void **state)
{
    course_t c = run_days(after_a_job, 0.001, 8 * HOUR);

    (void) state;
    assert_in_range(c.set_at, 6 * HOUR, 6 * HOUR + 15 * MINUTE);
    assert_int_equal(c.sets, 1);
}

static double hourly_seventh(unsigned t)
{
    return 1000 * MB * (1 + t / (7.0 * HOUR));
}

// No day's curve is that steep.
static void test_slow_leak_that_is_steeper_than_a_day(void **state)
{
    course_t c = run_days(hourly_seventh, 0.001, HOUR);

    (void) state;
    assert_in_range(c.set_at, 10 * MINUTE, 30 * MINUTE);
    assert_int_equal(c.sets, 1);
}

static struct {
    double swing, phase, second; // of the day's curve; part of it that repeats twice a day
} curve;

static double day(unsigned t)
{
    double x = 2 * M_PI * (curve.phase + (double) t / DAY);

    return 3000 * MB * (1 + curve.swing * (sin(x) + curve.second * sin(2 * x + 1)));
}

static void test_days_are_not_leaks(void **state)
{
    static const double swings[] = {0.03, 0.1, 0.25};

    (void) state;
    for (unsigned i = 0; i < ARRAY_SIZE(swings) * 8 * 2; i++) {
        course_t c;

        curve.swing = swings[i % ARRAY_SIZE(swings)];
        curve.phase = i / ARRAY_SIZE(swings) % 8 / 8.0;
        curve.second = i / ARRAY_SIZE(swings) / 8 * 0.3;
        c = run_days(day, 0.002, 2 * DAY);
        if (c.set_at != NEVER)
            fail_msg("swing %g, phase %g, second %g: set after %u s", curve.swing, curve.phase,
                    curve.second, c.set_at);
    }
}

// What fills ever more slowly is a cache, however long it takes.
static double fills_for_days(unsigned t)
{
    return 3000 * MB + 3000 * MB * (1 - exp(-t / (0.8 * DAY)));
}

static void test_cache_of_days_is_no_leak(void **state)
{
    (void) state;
    assert_int_equal(run_days(fills_for_days, 0.002, 3 * DAY).set_at, NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_slow_leak_of_a_large_process),
            cmocka_unit_test(test_slow_leak_that_is_mended),
            cmocka_unit_test(test_leak_where_it_was_before),
            cmocka_unit_test(test_slow_leak_that_is_steeper_than_a_day),
            cmocka_unit_test(test_days_are_not_leaks),
            cmocka_unit_test(test_cache_of_days_is_no_leak),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
