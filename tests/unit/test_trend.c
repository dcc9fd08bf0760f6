#include "common/cleanup.h"
#include "daemon/forensics/floors.h"
#include "daemon/forensics/trend.h"
#include "tests/support/cmocka.h"

#include <math.h>

#define START UINT64_C(7000)

static void fill(floors_t *f, unsigned seconds, uint32_t (*kb)(unsigned t))
{
    floors_init(f, START, kb(0));
    for (unsigned t = 1; t <= seconds; t++)
        floors_add(f, START + t * UINT64_C(1000), kb(t));
}

static uint32_t rising(unsigned t)
{
    return 1000 + t;
}

static uint32_t hours(unsigned t)
{
    return t / 3600;
}

static uint32_t dipping(unsigned t)
{
    return t % 100 == 50 ? 10 : 1000;
}

static void test_floors_are_minima_of_their_time(void **state)
{
    uint32_t kb[FLOORS_MAX];
    floors_t f;

    (void) state;
    fill(&f, 60, rising);
    assert_int_equal(floors_read(&f, FLOORS_FINE, kb), FLOORS_FINE_LEN);
    for (unsigned i = 0; i < FLOORS_FINE_LEN;
            i++) // a block begins with the value it is entered with
        assert_in_range(
                kb[i], 1000 + 60 - 5 * (FLOORS_FINE_LEN - i) - 1, 1060 - 5 * (FLOORS_FINE_LEN - i));
    assert_int_equal(floors_read(&f, FLOORS_MID, kb), 2);
    assert_int_equal(kb[0], 1000);
    assert_in_range(kb[1], 1029, 1030);
    assert_int_equal(floors_read(&f, FLOORS_COARSE, kb), 0);

    fill(&f, 3600 * 3, dipping);
    assert_int_equal(floors_read(&f, FLOORS_COARSE, kb), FLOORS_COARSE_LEN);
    for (unsigned i = 0; i < FLOORS_COARSE_LEN; i++)
        assert_int_equal(kb[i], 10);
    assert_int_equal(floors_read(&f, FLOORS_LONG, kb), 3 * 60 / 32);
    assert_int_equal(kb[0], 10);
    assert_true(floors_back(&f, FLOORS_MID, 0, kb));
    assert_false(floors_back(&f, FLOORS_MID, FLOORS_MID_LEN, kb));
    assert_false(floors_back(&f, FLOORS_COARSE, FLOORS_COARSE_LEN, kb));
}

// Of blocks in which there was no sample nothing is known but what was before and after.
static void test_floors_between_sparse_samples(void **state)
{
    uint32_t kb[FLOORS_MAX];
    floors_t f;

    (void) state;
    floors_init(&f, START, 6000);
    for (unsigned t = 60; t <= 600; t += 60)
        assert_int_equal(floors_add(&f, START + t * UINT64_C(1000), 6000 + 10 * t), 12);
    assert_int_equal(f.step, 12);
    assert_int_equal(floors_read(&f, FLOORS_MID, kb), 20);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(kb[i], 6000 + 300 * i);
    assert_int_equal(floors_read(&f, FLOORS_COARSE, kb), 2);
    assert_int_equal(kb[1], 6000 + 2400);
    floors_add(&f, START + UINT64_C(660000), 0); // the lowest is at the end
    assert_true(floors_back(&f, FLOORS_MID, 0, kb));
    assert_int_equal(kb[0], 0);
}

static void test_floors_of_half_a_day(void **state)
{
    uint32_t kb[FLOORS_MAX];
    floors_t f;

    (void) state;
    assert_int_equal(floors_block_ms(FLOORS_LONG), 32 * 60 * 1000);
    fill(&f, 3600 * 24, hours);
    assert_int_equal(floors_read(&f, FLOORS_LONG, kb), FLOORS_LONG_LEN);
    assert_int_equal(kb[FLOORS_LONG_LEN - 1], 23); // of the last half hour
    assert_int_equal(kb[0], 11);                   // of thirteen hours before
}

static void test_time_not_observed_is_not_counted(void **state)
{
    floors_t f;
    uint32_t blocks;

    (void) state;
    fill(&f, 60, rising);
    blocks = f.blocks;
    assert_in_range(floors_add(&f, START + 60000 + 30000, 2000), 6, 6);
    assert_int_equal(floors_add(&f, START + UINT64_C(86400000), 3000), 0);
    assert_int_equal(f.blocks, blocks + 6);
    assert_int_equal(floors_add(&f, START, 1), 0); // of the past: as of now
    assert_int_equal(f.low_kb[FLOORS_FINE], 1);
}

static unsigned series(uint32_t v[FLOORS_MAX], double (*kb)(unsigned i))
{
    for (unsigned i = 0; i < FLOORS_MAX; i++)
        v[i] = (uint32_t) kb(i);
    return FLOORS_MAX;
}

static double line(unsigned i)
{
    return 10000 + 100 * i;
}

static double filling(unsigned i)
{
    return 10000 + 5000 * (1 - exp(-(i / 15.0)));
}

static double doubling(unsigned i)
{
    return 10000 * pow(2, i / 10.0);
}

static double four_steps(unsigned i)
{
    return 10000 + 1000 * (i / 10 + 1);
}

static double teeth(unsigned i)
{
    return 10000 + 500 * (i % 8) + 50 * (i / 8 * 8);
}

static double flat_then_line(unsigned i)
{
    return i < 20 ? 10000 : 10000 + 100 * (i - 20);
}

static void test_line_is_straight(void **state)
{
    uint32_t v[FLOORS_MAX];
    unsigned n = series(v, line);
    trend_t t;

    (void) state;
    assert_true(trend_judge(v, n, 10, 0, &t));
    assert_int_equal(t.held, 0);
    assert_int_equal(t.n, n - 10);
    assert_int_equal(t.rises, t.n - 1);
    assert_int_equal(t.pause, 0);
    assert_true(fabs(t.slope_kb - 100) < 0.01 && t.noise_kb < 0.01);
    assert_true(fabs(t.bend) < 0.01 && t.bend_se < 0.01);
    assert_true(fabs(t.spread - (t.n - 1)) < 0.01);
    assert_int_equal(t.before_n, 10);
    assert_true(fabs(t.before - 1) < 0.01);
}

static void test_bend_tells_filling_from_doubling(void **state)
{
    uint32_t v[FLOORS_MAX];
    trend_t t;

    (void) state;
    assert_true(trend_judge(v, series(v, filling), 0, 0, &t));
    assert_true(t.bend + t.bend_se < -0.3);
    assert_true(trend_judge(v, series(v, doubling), 0, 0, &t));
    assert_true(t.bend - t.bend_se > 0.3);
}

static void test_steps_are_counted(void **state)
{
    uint32_t v[FLOORS_MAX];
    trend_t t;

    (void) state;
    assert_true(trend_judge(v, series(v, four_steps), 0, 0, &t));
    assert_int_equal(t.rises, 3); // within the window
    assert_true(fabs(t.spread - 3) < 0.01);
    assert_int_equal(t.pause, 9);
}

static void test_what_is_given_back_is_set_aside(void **state)
{
    uint32_t v[FLOORS_MAX];
    unsigned n = series(v, teeth);
    trend_t t;

    (void) state;
    assert_int_equal(trend_longest_hold(v, n, 100), 6);
    assert_int_equal(trend_longest_hold(v, n, 1e6), 0);
    assert_true(trend_judge(v, n, 0, 0, &t));
    assert_true(t.held >= 5);
    assert_in_range((uint32_t) t.growth_kb, 1500, 2700); // of 5100 to the last peak
    assert_false(trend_judge(v, n, 0, n - 3, &t));       // nothing is left to judge
}

static void test_window_counts_from_the_onset(void **state)
{
    uint32_t v[FLOORS_MAX];
    unsigned n = series(v, flat_then_line);
    trend_t t;

    (void) state;
    assert_true(trend_judge(v, n, 0, 0, &t));
    assert_in_range(t.n, n - 21, n - 19);
    assert_true(t.before_n >= 19 && t.before < 0.05);
}

static void test_too_few_floors(void **state)
{
    uint32_t v[FLOORS_MAX];
    unsigned n = series(v, line);
    trend_t t = {.n = 77};

    (void) state;
    assert_false(trend_judge(v, TREND_MIN - 1, 0, 0, &t));
    assert_false(trend_judge(v, n, n - TREND_MIN + 1, 0, &t));
    assert_int_equal(t.n, 77);
    for (unsigned i = 0; i < n; i++)
        v[i] = UINT32_MAX - 1;
    trend_judge(v, n, 0, 0, &t); // no growth at all
    trend_judge(v, 0, 0, 0, &t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_floors_are_minima_of_their_time),
            cmocka_unit_test(test_floors_between_sparse_samples),
            cmocka_unit_test(test_floors_of_half_a_day),
            cmocka_unit_test(test_time_not_observed_is_not_counted),
            cmocka_unit_test(test_line_is_straight),
            cmocka_unit_test(test_bend_tells_filling_from_doubling),
            cmocka_unit_test(test_steps_are_counted),
            cmocka_unit_test(test_what_is_given_back_is_set_aside),
            cmocka_unit_test(test_window_counts_from_the_onset),
            cmocka_unit_test(test_too_few_floors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
