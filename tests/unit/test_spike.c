// The spike rule, as a function of a series.

#include "daemon/forensics/spike.h"
#include "tests/support/cmocka.h"

#include <string.h>

#define MB    UINT64_C(1024)
#define GB    (1024 * MB)
#define START UINT64_C(5000000)

static spike_config_t config;

// Feeds `n` samples a second apart from *t on; returns how many began or ended a spike.
static unsigned feed(spike_state_t *s, unsigned *t, unsigned n, uint64_t kb, int64_t step)
{
    unsigned transitions = 0;

    for (unsigned i = 0; i < n; i++, kb += (uint64_t) step) {
        spike_verdict_t v = spike_update(s, &config, START + *t * UINT64_C(1000), kb);

        transitions += v.tagged != v.was;
        (*t)++;
    }
    return transitions;
}

static void start(spike_state_t *s, unsigned *t, uint64_t ram_kb, uint64_t kb)
{
    spike_config_default(&config, ram_kb);
    spike_init(s, START, UINT64_MAX, kb);
    *t = 1;
    assert_int_equal(feed(s, t, 60, kb, 0), 0);
}

static void test_spike_that_is_given_back(void **state)
{
    char text[SPIKE_TEXT_MAX];
    spike_receipt_t r;
    spike_state_t s;
    unsigned t;

    (void) state;
    start(&s, &t, 16 * GB, 300 * MB);
    assert_false(spike_receipt(&s, &r));
    assert_int_equal(feed(&s, &t, 5, 350 * MB, 50 * MB), 1);
    assert_int_equal(s.phase, SPIKE_RISING);
    feed(&s, &t, 10, 550 * MB, 0);
    assert_int_equal(s.phase, SPIKE_HIGH);
    assert_int_equal(feed(&s, &t, 1, 310 * MB, 0), 1);
    assert_true(spike_receipt(&s, &r));
    assert_int_equal(r.height_kb, 250 * MB);
    assert_int_equal(r.base_kb, 300 * MB);
    assert_int_equal(r.rise_s, 5);
    assert_int_equal(r.lasted_s, 16);
    assert_int_equal(r.outcome, SPIKE_RETURNED);
    assert_true(r.since_ms == START + 60 * 1000);
    assert_string_equal(spike_format(&r, text, sizeof(text)),
            "SPIKE: +250.00 MB on top of 300.0 MB in 5 s, given back after 16 s");
}

static void test_spike_that_is_kept(void **state)
{
    spike_receipt_t r;
    spike_state_t s;
    unsigned t;

    (void) state;
    start(&s, &t, 16 * GB, 300 * MB);
    assert_int_equal(feed(&s, &t, 59, 900 * MB, 0), 1);
    assert_int_equal(feed(&s, &t, 5, 900 * MB, 0), 1);
    assert_true(spike_receipt(&s, &r));
    assert_int_equal(r.outcome, SPIKE_KEPT);
    assert_int_equal(feed(&s, &t, 600, 900 * MB, 0), 0);
}

// Too slow to be a part of the spike, but its height and its time belong together.
static void test_slow_growth_after_a_spike(void **state)
{
    spike_receipt_t r;
    spike_state_t s;
    unsigned t;

    (void) state;
    start(&s, &t, 16 * GB, 300 * MB);
    assert_int_equal(feed(&s, &t, 1, 900 * MB, 0), 1);
    feed(&s, &t, 20, 901 * MB, 1 * MB);
    assert_int_equal(s.phase, SPIKE_HIGH);
    assert_true(spike_receipt(&s, &r));
    assert_int_equal(r.height_kb, 620 * MB);
    assert_int_equal(r.rise_s, 21);
}

static void test_what_matters_to_the_host(void **state)
{
    spike_state_t s;
    unsigned t;

    (void) state;
    start(&s, &t, 2 * GB, 100 * MB); // 32 MiB is more than 0.5%
    assert_int_equal(feed(&s, &t, 5, 131 * MB, 0), 0);
    start(&s, &t, 2 * GB, 100 * MB);
    assert_int_equal(feed(&s, &t, 5, 133 * MB, 0), 1);
    start(&s, &t, 64 * GB, 100 * MB); // 0.5% is 328 MiB, and 128 MiB are much of its own size
    assert_int_equal(feed(&s, &t, 5, 220 * MB, 0), 0);
    start(&s, &t, 64 * GB, 100 * MB);
    assert_int_equal(feed(&s, &t, 5, 230 * MB, 0), 1);
    start(&s, &t, 64 * GB, 1000 * MB); // a fifth of its own size is more than 128 MiB
    assert_int_equal(feed(&s, &t, 5, 1190 * MB, 0), 0);
    start(&s, &t, 64 * GB, 1000 * MB);
    assert_int_equal(feed(&s, &t, 5, 1210 * MB, 0), 1);
}

static void test_slow_growth_is_none(void **state)
{
    spike_state_t s;
    unsigned t;

    (void) state;
    start(&s, &t, 16 * GB, 300 * MB);
    assert_int_equal(feed(&s, &t, 600, 300 * MB, 15 * MB), 0);
}

static void test_newborn_that_grabs(void **state)
{
    spike_receipt_t r;
    spike_state_t s;
    spike_verdict_t v;

    (void) state;
    spike_config_default(&config, 16 * GB);
    spike_init(&s, START, 800, 500 * MB);
    v = spike_update(&s, &config, START, 500 * MB);
    assert_true(v.tagged && !v.was);
    assert_true(spike_receipt(&s, &r));
    assert_int_equal(r.height_kb, 500 * MB);
    spike_init(&s, START, 60000, 500 * MB);
    assert_false(spike_update(&s, &config, START, 500 * MB).tagged);
}

static void test_what_it_always_does_is_none(void **state)
{
    spike_state_t s;
    unsigned t, transitions = 0;

    (void) state;
    start(&s, &t, 16 * GB, 300 * MB);
    for (unsigned i = 0; i < 100; i++)
        transitions += feed(&s, &t, 8, 300 * MB, 30 * MB);
    assert_in_range(transitions, 1, 14); // of 200: unusual in the first minute only
}

static void test_rise_that_nobody_saw_is_none(void **state)
{
    spike_state_t s;
    unsigned t;

    (void) state;
    start(&s, &t, 16 * GB, 300 * MB);
    t += 30;
    assert_int_equal(feed(&s, &t, 60, 900 * MB, 0), 0);
}

static void test_samples_out_of_turn(void **state)
{
    spike_state_t s;
    unsigned t;

    (void) state;
    start(&s, &t, 16 * GB, 300 * MB);
    for (unsigned i = 0; i < 100; i++) {
        uint64_t now_ms = START + t * UINT64_C(1000) + i * 10 - (i % 7 == 0 ? 3000 : 0);
        assert_false(spike_update(&s, &config, now_ms, 300 * MB + i).tagged);
    }
    assert_true(spike_update(&s, &config, START + t * UINT64_C(1000) + 1500, 600 * MB).tagged);
}

static void test_state_survives_a_copy(void **state)
{
    spike_state_t a, b;
    unsigned ta, tb;

    (void) state;
    start(&a, &ta, 16 * GB, 300 * MB);
    feed(&a, &ta, 3, 400 * MB, 100 * MB);
    memcpy(&b, &a, sizeof(b));
    tb = ta;
    assert_int_equal(feed(&a, &ta, 80, 700 * MB, 0), feed(&b, &tb, 80, 700 * MB, 0));
    assert_memory_equal(&a, &b, sizeof(a));
}

static void test_names(void **state)
{
    (void) state;
    assert_string_equal(spike_outcome_name(SPIKE_OPEN), "open");
    assert_string_equal(spike_outcome_name(SPIKE_RETURNED), "given_back");
    assert_string_equal(spike_outcome_name(SPIKE_KEPT), "kept");
}

// One on top of the other, each half a minute after the one before: each is told.
static void test_every_spike_of_a_row_counts(void **state)
{
    spike_state_t s;
    unsigned t;

    (void) state;
    start(&s, &t, 16 * GB, 300 * MB);
    for (uint64_t i = 0; i < 6; i++) {
        uint64_t level = (300 + 400 * i) * MB;

        assert_int_equal(feed(&s, &t, 4, level + 100 * MB, 100 * MB), i == 0 ? 1 : 2);
        assert_int_equal(s.phase, SPIKE_RISING);
        assert_int_equal(feed(&s, &t, 26, level + 400 * MB, 0), 0);
        assert_int_equal(s.phase, SPIKE_HIGH);
        assert_int_equal(s.base_kb, level);
    }
}

// A rise of five seconds is one spike, however long the top is looked at.
static void test_one_rise_is_one_spike(void **state)
{
    spike_state_t s;
    unsigned t;

    (void) state;
    start(&s, &t, 4 * GB, 300 * MB);
    assert_int_equal(feed(&s, &t, 5, 500 * MB, 200 * MB), 1);
    assert_int_equal(feed(&s, &t, 50, 1300 * MB, 0), 0);
}

// A newborn that takes an equal part each second takes no more than it does on average so far.
static void test_newborn_that_grabs_evenly(void **state)
{
    spike_state_t s;
    unsigned t = 1;

    (void) state;
    spike_config_default(&config, 16 * GB);
    spike_init(&s, START, 500, 0);
    assert_int_equal(feed(&s, &t, 4, 70 * MB, 70 * MB), 1);
    assert_int_equal(s.phase, SPIKE_RISING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_spike_that_is_given_back),
            cmocka_unit_test(test_spike_that_is_kept),
            cmocka_unit_test(test_slow_growth_after_a_spike),
            cmocka_unit_test(test_what_matters_to_the_host),
            cmocka_unit_test(test_slow_growth_is_none),
            cmocka_unit_test(test_newborn_that_grabs),
            cmocka_unit_test(test_newborn_that_grabs_evenly),
            cmocka_unit_test(test_every_spike_of_a_row_counts),
            cmocka_unit_test(test_one_rise_is_one_spike),
            cmocka_unit_test(test_what_it_always_does_is_none),
            cmocka_unit_test(test_rise_that_nobody_saw_is_none),
            cmocka_unit_test(test_samples_out_of_turn),
            cmocka_unit_test(test_state_survives_a_copy),
            cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
