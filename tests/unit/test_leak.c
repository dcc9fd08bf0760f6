// What is tagged as LEAK, when, and what is not.

#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/subject.h"

#include <math.h>

typedef struct {
    const char *name;
    double (*kb)(unsigned t);
    unsigned minutes;
    unsigned set_by; // in minutes, where it leaks
} program_t;

static void assert_set_by(const course_t *c, unsigned minutes)
{
    assert_in_range(c->set_at, 1, minutes * MINUTE);
    assert_int_equal(c->sets, 1);
    assert_int_equal(c->cleared_at, NEVER);
}

static double mild(unsigned t)
{
    return 300 * MB + 100 * subject_since(t, SUBJECT_ONSET);
}

static double slow(unsigned t)
{
    return 150 * MB + 30 * subject_since(t, SUBJECT_ONSET);
}

static double stepwise(unsigned t)
{
    return 300 * MB + 12 * MB * floor(subject_since(t, SUBJECT_ONSET) / 60);
}

static double bursts(unsigned t)
{
    double cycles = floor(subject_since(t, SUBJECT_ONSET) / 90),
           phase = fmod(subject_since(t, SUBJECT_ONSET), 90);

    return 300 * MB + 40 * MB * (cycles + fmin(1, phase / 30)) + (phase < 30 ? 100 * MB : 0);
}

static double doubling(unsigned t)
{
    return 50 * MB * pow(2, subject_since(t, SUBJECT_ONSET) / 300);
}

// A block that is twice the one before, every two minutes.
static double doubling_steps(unsigned t)
{
    return 100 * MB + 3 * MB * pow(2, floor(subject_since(t, SUBJECT_ONSET) / 120));
}

static double whole_doubles(unsigned t)
{
    return 10 * MB * pow(2, floor(subject_since(t, SUBJECT_ONSET) / 300));
}

static double half_as_large_again(unsigned t)
{
    return 100 * MB + 8 * MB * pow(1.5, floor(subject_since(t, SUBJECT_ONSET) / 120));
}

static double late(unsigned t)
{
    return 300 * MB + 1 * MB * subject_since(t, 3 * 3600);
}

static double after_warmup(unsigned t)
{
    return 50 * MB + 220 * MB * fmin(1, t / 170.0) + 60 * subject_since(t, SUBJECT_ONSET);
}

static void test_leak(void **state)
{
    const program_t *p = *state;
    course_t c = subject_run_simple(p->kb, p->minutes);

    assert_set_by(&c, p->set_by);
}

static void test_fast_growth_is_suspected_within_a_minute(void **state)
{
    course_t c = subject_run_simple(subject_fast, 8);

    (void) state;
    assert_in_range(c.suspected_at, SUBJECT_ONSET, SUBJECT_ONSET + 60);
    assert_int_equal(c.set_at, NEVER);
}

// As a trace may have been taken.
static void test_fast_growth_sampled_sparsely(void **state)
{
    (void) state;
    for (unsigned every = 5; every <= 10; every += 5) {
        subject_t p = {.kb = subject_fast, .seconds = 30 * MINUTE, .age_ms = OLD, .every = every};
        course_t c = subject_run(p);

        assert_in_range(c.suspected_at, SUBJECT_ONSET, SUBJECT_ONSET + 70);
        assert_set_by(&c, 5 + 8);
    }
}

// The samples of a block need not be many: each of these leaks is told as soon as at 1 Hz, or
// two samples later.
static void test_leak_sampled_sparsely(void **state)
{
    (void) state;
    for (unsigned every = 15; every <= 60; every += 15) {
        subject_t p = {.kb = subject_fast, .seconds = 30 * MINUTE, .age_ms = OLD, .every = every};
        course_t c = subject_run(p);

        assert_in_range(c.set_at, SUBJECT_ONSET + 300, SUBJECT_ONSET + 450 + 2 * every);
        assert_int_equal(c.sets, 1);
        assert_int_equal(c.cleared_at, NEVER);
    }
}

static double even_from_birth(unsigned t)
{
    return t == 0 ? 300 : 500 * MB + 10 * MB * t;
}

static double mild_from_birth(unsigned t)
{
    return 5 * MB + 1 * MB * t;
}

static double step_at_birth(unsigned t)
{
    return t < 3 ? 300 : 2000 * MB + 10 * t;
}

static double spike_at_birth(unsigned t)
{
    return t > 20 && t < 30 ? 3000 * MB : 20 * MB;
}

static double steps_at_birth(unsigned t)
{
    return 200 * MB + (t > 12 ? 300 * MB : 0) + (t > 28 ? 100 * MB : 0) + (t > 43 ? 200 * MB : 0);
}

static double slowing_from_birth(unsigned t)
{
    return 50 * MB + 900 * MB * (1 - exp(-(t / 50.0)));
}

static unsigned suspected_from_birth(double (*kb)(unsigned t))
{
    return subject_run((subject_t){.kb = kb, .seconds = 120, .age_ms = 300}).suspected_at;
}

static void test_fresh_process_is_suspected_for_even_growth(void **state)
{
    (void) state;
    assert_in_range(suspected_from_birth(even_from_birth), 50, 60);
    assert_in_range(suspected_from_birth(mild_from_birth), 50, 60);
    assert_int_equal(suspected_from_birth(step_at_birth), NEVER);
    assert_int_equal(suspected_from_birth(spike_at_birth), NEVER);
    assert_int_equal(suspected_from_birth(steps_at_birth), NEVER);
    assert_int_equal(suspected_from_birth(slowing_from_birth), NEVER);
}

static void test_leak_in_noise(void **state)
{
    course_t c =
            subject_run((subject_t){.kb = mild, .seconds = 3600, .noise = 0.02, .age_ms = OLD});

    (void) state;
    assert_set_by(&c, 5 + 20);
}

// Memory goes to swap as it comes: what the rule sees is the sum, which grows on.
static void test_leak_to_swap(void **state)
{
    leak_state_t s;
    leak_verdict_t v = {0};

    (void) state;
    leak_init(&s, SUBJECT_START, OLD, 400000);
    for (unsigned t = 1; t < 600; t++) {
        uint64_t anon = 400000 + (t < 100 ? t * 1000 : 100000 - (t - 100) * 200);
        uint64_t swap = t < 100 ? 0 : (t - 100) * 1200;

        v = leak_update(&s, SUBJECT_START + t * 1000, anon + swap);
    }
    assert_int_equal(v.tag, LEAK_SET);
}

static double warmup(unsigned t)
{
    return 50 * MB + 900 * MB * (1 - exp(-(t / 60.0)));
}

static double warmup_in_stages(unsigned t)
{
    return 50 * MB + 400 * MB * fmin(1, t / 60.0) + 300 * MB * fmin(1, subject_since(t, 100) / 90);
}

static double cache_stops(unsigned t)
{
    return 300 * MB + 800 * MB * fmin(1, t / 360.0);
}

static double flat_collector(unsigned t)
{
    return 300 * MB + 500 * MB * fmod(t, 45) / 45;
}

static double day(unsigned t)
{
    return 1000 * MB * (1 + 0.3 * sin(2 * M_PI * t / 86400));
}

static double shrinks(unsigned t)
{
    return 900 * MB - 600 * MB * fmin(1, t / 1800.0);
}

// Ever slower, but never done: any short stretch of it looks straight.
static double logarithm(unsigned t)
{
    return 300 * MB + 900 * MB * log1p(subject_since(t, SUBJECT_ONSET) / 30);
}

static double two_speeds(unsigned t)
{
    return 300 * MB + 400 * MB * (1 - exp(-subject_since(t, SUBJECT_ONSET) / 40)) +
           1500 * MB * (1 - exp(-subject_since(t, SUBJECT_ONSET) / 700));
}

// Three fillings, one after the other, of different speed.
static double fills_in_turn(unsigned t)
{
    return 300 * MB + 500 * MB * fmin(1, subject_since(t, SUBJECT_ONSET) / 100) +
           200 * MB * fmin(1, subject_since(t, SUBJECT_ONSET + 160) / 90) +
           700 * MB * fmin(1, subject_since(t, SUBJECT_ONSET + 320) / 150);
}

// Values with a lifetime of five minutes: as much goes as comes from then on.
static double expiry(unsigned t)
{
    return 300 * MB + 3 * MB * fmin(subject_since(t, SUBJECT_ONSET), 300);
}

// The most that was ever in use, of use that varies.
// A table that doubles as it is filled at an even pace: each time it takes twice as long.
static double table_doubles(unsigned t)
{
    return 100 * MB + 8 * MB * pow(2, floor(log2(1 + subject_since(t, SUBJECT_ONSET) / 60)));
}

static double fills_and_stops_dead(unsigned t)
{
    return 300 * MB + 2 * MB * fmin(subject_since(t, SUBJECT_ONSET), 400);
}

// Doubled four times, which suffices then.
static double doubles_a_few_times(unsigned t)
{
    return 100 * MB + 20 * MB * pow(2, fmin(4, floor(subject_since(t, SUBJECT_ONSET) / 200)));
}

static double high_water(unsigned t)
{
    return 300 * MB + 120 * MB * floor(log2(1 + subject_since(t, SUBJECT_ONSET) / 20));
}

static void test_healthy(void **state)
{
    const program_t *p = *state;
    subject_t fresh = {.kb = p->kb, .seconds = p->minutes * MINUTE, .age_ms = 0};

    assert_int_equal(subject_run_simple(p->kb, p->minutes).set_at, NEVER);
    assert_int_equal(subject_run(fresh).set_at, NEVER);
}

static unsigned fills_for_s;

static double fills_for(unsigned t)
{
    return 300 * MB + 1.5 * MB * fmin(subject_since(t, SUBJECT_ONSET), fills_for_s);
}

static void test_not_set_on_what_stands_still(void **state)
{
    (void) state;
    for (fills_for_s = 330; fills_for_s < 450; fills_for_s += 5) {
        course_t c = subject_run_simple(fills_for, 60);

        if (c.set_at != NEVER)
            assert_in_range(c.set_at, SUBJECT_ONSET, SUBJECT_ONSET + fills_for_s + 30);
    }
}

static bool wanders_into_a_tag(unsigned tau, uint32_t seed)
{
    double x = 0, keep = exp(-1.0 / tau);
    leak_state_t s;

    subject_seed(seed);
    leak_init(&s, SUBJECT_START, OLD, 1000000);
    for (unsigned t = 1; t < 3600; t++) {
        x = keep * x + sqrt(1 - keep * keep) * subject_noise();
        if (leak_update(&s, SUBJECT_START + t * 1000, (uint64_t) (1e6 * (1 + 0.05 * x))).tag ==
                LEAK_SET)
            return true;
    }
    return false;
}

static void test_wandering_is_hardly_ever_set(void **state)
{
    unsigned wrong = 0;

    (void) state;
    for (unsigned tau = 30; tau <= 480; tau *= 2)
        for (uint32_t seed = 1; seed <= 40; seed++)
            wrong += wanders_into_a_tag(tau, seed * 7919 + tau);
    assert_in_range(wrong, 0, 4); // of 200 hours
}

static double compiler(unsigned t)
{
    return 20 * MB + 15 * MB * t;
}

static void test_compiler_is_not_even_suspected(void **state)
{
    course_t c = subject_run((subject_t){.kb = compiler, .seconds = 50, .age_ms = 0});

    (void) state;
    assert_int_equal(c.suspected_at, NEVER);
}

static void test_a_process_that_gives_back_is_trusted_longer(void **state)
{
    course_t c = subject_run_simple(subject_batch, 60);

    (void) state;
    assert_in_range(c.suspected_at, 1, 60); // the first time it looks like a leak
    assert_int_equal(c.state.alarms, 1);    // then no more
}

static program_t leaks[] = {
        {"a leak: fast", subject_fast, 30, 5 + 8},
        {"a leak: 100 kB/s", mild, 30, 5 + 12},
        {"a leak: 30 kB/s", slow, 40, 5 + 25},
        {"a leak: in steps", stepwise, 30, 5 + 12},
        {"a leak: in bursts, with load", bursts, 30, 5 + 20},
        {"a leak: under a collector's sawtooth", subject_collector, 30, 5 + 12},
        {"a leak: by doubling", doubling, 30, 5 + 12},
        {"a leak: by doubling, in steps", doubling_steps, 30, 5 + 16},
        {"a leak: the whole process doubles, in steps", whole_doubles, 50, 50},
        {"a leak: by half as large again, in steps", half_as_large_again, 40, 40},
        {"a leak: after a warm-up", after_warmup, 30, 5 + 16},
        {"a leak: after three hours of health", late, 3 * 60 + 20, 3 * 60 + 8},
};

static program_t healthy[] = {
        {"no leak: warm-up", warmup, 60, 0},
        {"no leak: warm-up in stages", warmup_in_stages, 60, 0},
        {"no leak: a cache that fills", subject_cache_fills, 60, 0},
        {"no leak: a cache that fills and stops", cache_stops, 60, 0},
        {"no leak: fillings in turn", fills_in_turn, 60, 0},
        {"no leak: a filling of two speeds", two_speeds, 60, 0},
        {"no leak: a logarithm", logarithm, 60, 0},
        {"no leak: a sawtooth with a flat floor", flat_collector, 60, 0},
        {"no leak: two collectors", subject_two_collectors, 60, 0},
        {"no leak: batch work that comes back down", subject_batch, 60, 0},
        {"no leak: a day's curve", day, 60, 0},
        {"no leak: flat", subject_flat, 60, 0},
        {"no leak: a few steps", subject_few_steps, 60, 0},
        {"no leak: shrinking", shrinks, 60, 0},
        {"no leak: values that expire", expiry, 60, 0},
        {"no leak: a table that doubles as it fills", table_doubles, 60, 0},
        {"no leak: what doubles a few times", doubles_a_few_times, 60, 0},
        {"no leak: an even filling that has just stopped", fills_and_stops_dead, 60, 0},
        {"no leak: a high-water mark", high_water, 60, 0},
};

int main(void)
{
    static const struct CMUnitTest others[] = {
            cmocka_unit_test(test_leak_in_noise),
            cmocka_unit_test(test_leak_to_swap),
            cmocka_unit_test(test_fast_growth_is_suspected_within_a_minute),
            cmocka_unit_test(test_fast_growth_sampled_sparsely),
            cmocka_unit_test(test_leak_sampled_sparsely),
            cmocka_unit_test(test_fresh_process_is_suspected_for_even_growth),
            cmocka_unit_test(test_not_set_on_what_stands_still),
            cmocka_unit_test(test_wandering_is_hardly_ever_set),
            cmocka_unit_test(test_compiler_is_not_even_suspected),
            cmocka_unit_test(test_a_process_that_gives_back_is_trusted_longer),
    };
    struct CMUnitTest tests[ARRAY_SIZE(leaks) + ARRAY_SIZE(healthy) + ARRAY_SIZE(others)];
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_SIZE(leaks); i++)
        tests[n++] = (struct CMUnitTest){leaks[i].name, test_leak, NULL, NULL, &leaks[i]};
    for (size_t i = 0; i < ARRAY_SIZE(healthy); i++)
        tests[n++] = (struct CMUnitTest){healthy[i].name, test_healthy, NULL, NULL, &healthy[i]};
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        tests[n++] = others[i];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
