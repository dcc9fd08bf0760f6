// What the receipt of a LEAK says, and that of a process that has none.

#include "tests/support/cmocka.h"
#include "tests/support/subject.h"

#include <string.h>

static void test_receipt_of_a_leak(void **state)
{
    course_t c = subject_run_simple(subject_fast, 20);
    leak_receipt_t r;
    char text[LEAK_TEXT_MAX];

    (void) state;
    leak_receipt(&c.state, c.now_ms, 2048 * 1024, &r);
    assert_int_equal(r.tag, LEAK_SET);
    assert_int_equal(r.reason, LEAK_REASON_NONE);
    assert_in_range(r.since_ms, SUBJECT_START + (SUBJECT_ONSET - 60) * 1000,
            SUBJECT_START + (SUBJECT_ONSET + 60) * 1000);
    assert_in_range(r.growth_kb, 880 * 1024, 910 * 1024);
    assert_true(r.rate_kb_s > 1000 && r.rate_kb_s < 1050);
    assert_true(r.rate_low_kb_s <= 1024 && r.rate_low_kb_s > 900);
    assert_true(r.rate_high_kb_s >= 1024 && r.rate_high_kb_s < 1150);
    assert_in_range(r.confidence, 95, 99);
    assert_in_range(r.left_s, 1990, 2100);
    assert_int_equal(r.ruled_out, (1 << LEAK_RULED_BITS) - 1);
    leak_format(&r, c.now_ms, text, sizeof(text));
    assert_non_null(strstr(text, "LEAK: +88"));
    assert_non_null(strstr(text, " MB in 14 min, 60.0 MB/min ("));
    assert_non_null(strstr(text, "34 min left"));
    assert_non_null(strstr(text, "not file pages, swap-in, warm-up, sawtooth, cache that fills"));
}

static void test_receipt_of_a_suspicion(void **state)
{
    course_t c = subject_run_simple(subject_fast, 7);
    leak_receipt_t r;
    char text[LEAK_TEXT_MAX];

    (void) state;
    leak_receipt(&c.state, c.now_ms, UINT64_MAX, &r);
    assert_int_equal(r.tag, LEAK_SUSPECTED);
    assert_in_range(r.confidence, 50, 90);
    assert_true(r.left_s == UINT64_MAX);
    leak_format(&r, c.now_ms, text, sizeof(text));
    assert_memory_equal(text, "LEAK?: +", 8);
    assert_null(strstr(text, "left"));
}

// Suspected within a minute, of growth that is even: its rate is known by then.
static void test_receipt_of_an_early_suspicion(void **state)
{
    course_t c = subject_run(
            (subject_t){.kb = subject_fast, .seconds = SUBJECT_ONSET + 70, .age_ms = OLD});
    leak_receipt_t r;

    (void) state;
    leak_receipt(&c.state, c.now_ms, UINT64_MAX, &r);
    assert_int_equal(r.tag, LEAK_SUSPECTED);
    assert_true(r.rate_low_kb_s > 900 && r.rate_kb_s > 1000);
    assert_true(r.rate_high_kb_s < 1150);
}

static const char *why_not(double (*kb)(unsigned t), unsigned seconds, uint64_t age_ms)
{
    static char text[LEAK_TEXT_MAX];
    course_t c = subject_run((subject_t){.kb = kb, .seconds = seconds, .age_ms = age_ms});
    leak_receipt_t r;

    leak_receipt(&c.state, c.now_ms, UINT64_MAX, &r);
    assert_int_equal(r.tag, LEAK_NONE);
    return leak_format(&r, c.now_ms, text, sizeof(text));
}

static double slow_and_large(unsigned t)
{
    return 3000 * MB + 30.0 * t;
}

static void test_receipt_says_why_not(void **state)
{
    (void) state;
    assert_string_equal(
            why_not(subject_flat, 121, OLD), "no leak yet: 2 min of 7 min of warm-up seen");
    assert_string_equal(why_not(subject_flat, 1200, OLD), "no leak: the floor does not rise");
    assert_string_equal(why_not(subject_few_steps, 900, OLD), "no leak: one or a few steps");
    assert_string_equal(why_not(subject_cache_fills, 1200, OLD),
            "no leak: growth is slowing down, as a cache that fills");
    assert_string_equal(why_not(slow_and_large, 3600, OLD),
            "no leak yet: so slow that only half a day tells it from a day's curve");
    assert_string_equal(
            why_not(subject_batch, 1140, OLD), "no leak: it has given back as much before");
}

static void test_text_fits_any_space(void **state)
{
    course_t c = subject_run_simple(subject_fast, 20);
    char text[LEAK_TEXT_MAX];
    leak_receipt_t r;

    (void) state;
    leak_receipt(&c.state, c.now_ms, 12345678, &r);
    for (size_t cap = 1; cap <= sizeof(text); cap++) {
        memset(text, 'x', sizeof(text));
        leak_format(&r, c.now_ms, text, cap);
        assert_in_range(strnlen(text, sizeof(text)), 0, cap - 1);
    }
    assert_true(strlen(text) < sizeof(text) - 1);
}

static void test_names(void **state)
{
    (void) state;
    for (unsigned i = 0; i < LEAK_REASONS; i++)
        assert_string_not_equal(leak_reason_name((leak_reason_t) i), "unknown");
    assert_string_equal(leak_reason_name(LEAK_REASONS), "unknown");
    assert_string_equal(leak_ruled_out_name(3), "sawtooth");
    assert_string_equal(leak_ruled_out_name(LEAK_RULED_BITS), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_receipt_of_a_leak),
            cmocka_unit_test(test_receipt_of_a_suspicion),
            cmocka_unit_test(test_receipt_of_an_early_suspicion),
            cmocka_unit_test(test_receipt_says_why_not),
            cmocka_unit_test(test_text_fits_any_space),
            cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
