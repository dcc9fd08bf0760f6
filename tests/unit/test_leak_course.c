// When a LEAK tag ends, and what makes no difference to its course.

#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/subject.h"

#include <math.h>
#include <string.h>

static double plateau(unsigned t)
{
    return 300 * MB + 1 * MB * fmin(subject_since(t, SUBJECT_ONSET), 1200);
}

static double given_back(unsigned t)
{
    return t > 1500 ? 320 * MB : subject_fast(t);
}

static double pauses(unsigned t)
{
    double phase = fmod(t, 240), cycles = floor(t / 240.0);

    return 300 * MB + 60 * MB * (cycles + fmin(1, phase / 100));
}

static void test_plateau_clears_within_three_minutes(void **state)
{
    course_t c = subject_run_simple(plateau, 60);

    (void) state;
    assert_in_range(c.cleared_at, SUBJECT_ONSET + 1200, SUBJECT_ONSET + 1200 + 180);
    assert_int_equal(c.sets, 1);
}

// Wherever between two samples it stops. Three minutes are three samples where they are a minute
// apart, so that it may be the one after them that tells.
static void test_plateau_clears_when_sampled_sparsely(void **state)
{
    static const unsigned apart[] = {10, 15, 30, 60};

    (void) state;
    for (unsigned i = 0; i < ARRAY_SIZE(apart); i++) {
        unsigned late = apart[i] > 30 ? apart[i] : 0;

        for (unsigned first = 0; first < apart[i]; first += 5) {
            course_t c = subject_run((subject_t){.kb = plateau,
                    .seconds = 40 * MINUTE,
                    .age_ms = OLD,
                    .first = first,
                    .every = apart[i]});

            assert_int_equal(c.sets, 1);
            assert_in_range(c.cleared_at, SUBJECT_ONSET + 1200, SUBJECT_ONSET + 1200 + 180 + late);
        }
    }
}

static void test_memory_given_back_clears_at_once(void **state)
{
    course_t c = subject_run_simple(given_back, 40);

    (void) state;
    assert_in_range(c.cleared_at, 1500, 1515);
    assert_int_equal(c.sets, 1);
}

static void test_pauses_do_not_clear(void **state)
{
    course_t c = subject_run_simple(pauses, 120);

    (void) state;
    assert_int_not_equal(c.set_at, NEVER);
    assert_int_equal(c.sets, 1);
    assert_int_equal(c.cleared_at, NEVER);
}

// 60 kB/s in noise of 5 MB that lasts for seconds: a lull is no plateau. Returns LEAK tags that
// end.
static unsigned cleared_in_noise(uint32_t seed)
{
    double x = 0, keep = exp(-1.0 / 5);
    unsigned cleared = 0;
    leak_state_t s;

    subject_seed(seed);
    leak_init(&s, SUBJECT_START, OLD, 300 * 1024);
    for (unsigned t = 1; t < 3600; t++) {
        leak_verdict_t v;

        x = keep * x + sqrt(1 - keep * keep) * subject_noise();
        v = leak_update(
                &s, SUBJECT_START + t * 1000, (uint64_t) (300 * MB + 60.0 * t + 5 * MB * x));
        cleared += v.was == LEAK_SET && v.tag != LEAK_SET;
    }
    return cleared;
}

static void test_noise_hardly_ever_clears(void **state)
{
    unsigned cleared = 0;

    (void) state;
    for (uint32_t seed = 1; seed <= 60; seed++)
        cleared += cleared_in_noise(seed * 7919);
    assert_in_range(cleared, 0, 6); // in 60 hours
}

// A process is first seen before it has taken what it starts with.
static void test_even_growth_is_never_cleared(void **state)
{
    static const double rates[] = {30, 100, 1 * MB, 10 * MB}, starts[] = {0, 100 * MB, 500 * MB};
    static const uint64_t ages[] = {0, 600 * 1000, OLD};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(rates) * ARRAY_SIZE(starts) * ARRAY_SIZE(ages) * 2; i++) {
        double rate = rates[i % 4], start = starts[i / 4 % 3];
        bool small = i / 36 > 0, set = false;
        leak_state_t s;

        leak_init(&s, SUBJECT_START, ages[i / 12 % 3], small ? 100 : (uint64_t) start);
        for (unsigned t = 1; t < 7200; t++) {
            leak_verdict_t v = leak_update(
                    &s, SUBJECT_START + t * UINT64_C(1000), (uint64_t) (start + rate * t));

            assert_true(v.tag == LEAK_SET || v.was != LEAK_SET);
            set |= v.tag == LEAK_SET;
        }
        assert_true(set);
    }
}

static void test_transition_tells_why_it_was_cleared(void **state)
{
    leak_state_t s;
    leak_receipt_t r;
    leak_verdict_t v = {0};
    uint64_t now_ms = SUBJECT_START;

    (void) state;
    leak_init(&s, SUBJECT_START, OLD, (uint64_t) plateau(0));
    for (unsigned t = 1; v.was != LEAK_SET || v.tag == LEAK_SET; t++) {
        assert_true(t < 3600);
        now_ms = SUBJECT_START + t * 1000;
        v = leak_update(&s, now_ms, (uint64_t) plateau(t));
    }
    leak_receipt(&s, now_ms, UINT64_MAX, &r);
    assert_int_equal(r.tag, LEAK_NONE);
    assert_int_equal(r.reason, LEAK_REASON_STOPPED);
    assert_in_range(r.since_ms, SUBJECT_START + (SUBJECT_ONSET - 60) * 1000,
            SUBJECT_START + (SUBJECT_ONSET + 60) * 1000);
    assert_in_range(r.growth_kb, 1150 * 1024, 1200 * 1024);
}

static void test_time_shift_changes_nothing(void **state)
{
    subject_t p = {.kb = subject_collector, .seconds = 2400, .noise = 0.01, .age_ms = OLD};
    course_t a = subject_run(p), b;

    (void) state;
    p.shift_ms = UINT64_C(86400000) * 400;
    b = subject_run(p);
    assert_int_equal(a.suspected_at, b.suspected_at);
    assert_int_equal(a.set_at, b.set_at);
}

static void test_scale_changes_nothing_above_what_matters(void **state)
{
    static double (*const programs[])(unsigned t) = {
            subject_fast, subject_collector, subject_cache_fills, subject_two_collectors};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
        subject_t p = {.kb = programs[i], .seconds = 2400, .age_ms = OLD, .scale = 4};
        course_t a = subject_run(p), b;

        p.scale = 64;
        b = subject_run(p);
        assert_int_equal(a.suspected_at, b.suspected_at);
        assert_int_equal(a.set_at, b.set_at);
    }
}

static void test_state_survives_a_copy(void **state)
{
    leak_state_t a, b;

    (void) state;
    leak_init(&a, SUBJECT_START, OLD, 1000);
    for (unsigned t = 1; t < 1800; t++) {
        leak_verdict_t va =
                leak_update(&a, SUBJECT_START + t * 1000, (uint64_t) subject_collector(t));

        if (t > 700) {
            leak_verdict_t vb =
                    leak_update(&b, SUBJECT_START + t * 1000, (uint64_t) subject_collector(t));
            assert_int_equal(va.tag, vb.tag);
        }
        if (t == 700)
            memcpy(&b, &a, sizeof(b));
    }
    assert_memory_equal(&a, &b, sizeof(a));
}

static void test_gap_neither_sets_nor_clears(void **state)
{
    subject_t jump = {
            .kb = subject_fast, .seconds = 2400, .age_ms = OLD, .gap_from = 310, .gap_to = 1800};
    subject_t pause = {
            .kb = subject_fast, .seconds = 2400, .age_ms = OLD, .gap_from = 900, .gap_to = 1500};
    course_t c = subject_run(jump);

    (void) state;
    assert_true(c.set_at == NEVER || c.set_at >= 1800 + 400); // it has to be seen growing
    c = subject_run(pause);
    assert_in_range(c.set_at, 1, 13 * MINUTE);
    assert_int_equal(c.sets, 1);
    assert_int_equal(c.cleared_at, NEVER);
}

static void test_samples_out_of_turn(void **state)
{
    leak_state_t s;
    leak_verdict_t v = {0};

    (void) state;
    leak_init(&s, SUBJECT_START, OLD, 300000);
    for (unsigned t = 1; t < 600 * 10; t++) // ten a second, and now and then one of the past
        v = leak_update(&s, SUBJECT_START + t * 100 - (t % 50 == 0 ? 700 : 0), 300000 + t * 100);
    assert_int_equal(v.tag, LEAK_SET);
    leak_init(&s, SUBJECT_START, OLD, 300000);
    for (unsigned t = 1; t < 100 * 10; t++) {
        v = leak_update(&s, SUBJECT_START + t, 300000 + t * 1000); // a thousand within a second
        assert_int_equal(v.tag, LEAK_NONE);
    }
}

static void test_sizes_of_any_number(void **state)
{
    leak_state_t s;

    (void) state;
    leak_init(&s, 0, 0, UINT64_MAX);
    for (unsigned t = 0; t < 4000; t++) {
        uint64_t kb = t % 3 == 0 ? UINT64_MAX : t % 3 == 1 ? 0 : t;
        leak_receipt_t r;

        leak_update(&s, t * UINT64_C(997), kb);
        leak_receipt(&s, t * UINT64_C(997), t, &r);
    }
    leak_update(&s, UINT64_MAX - 100000, 1);
    leak_update(&s, 0, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_plateau_clears_within_three_minutes),
            cmocka_unit_test(test_plateau_clears_when_sampled_sparsely),
            cmocka_unit_test(test_memory_given_back_clears_at_once),
            cmocka_unit_test(test_pauses_do_not_clear),
            cmocka_unit_test(test_noise_hardly_ever_clears),
            cmocka_unit_test(test_even_growth_is_never_cleared),
            cmocka_unit_test(test_transition_tells_why_it_was_cleared),
            cmocka_unit_test(test_time_shift_changes_nothing),
            cmocka_unit_test(test_scale_changes_nothing_above_what_matters),
            cmocka_unit_test(test_state_survives_a_copy),
            cmocka_unit_test(test_gap_neither_sets_nor_clears),
            cmocka_unit_test(test_samples_out_of_turn),
            cmocka_unit_test(test_sizes_of_any_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
