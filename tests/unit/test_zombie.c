#include "daemon/forensics/zombie.h"
#include "tests/support/cmocka.h"

#include <string.h>

#define START UINT64_C(1000000)

static void test_third_tick_tags(void **state)
{
    zombie_state_t s = {0};
    zombie_verdict_t v;

    (void) state;
    assert_false(zombie_update(&s, START, false).tagged);
    assert_false(zombie_update(&s, START + 1000, true).tagged);
    assert_false(zombie_update(&s, START + 2000, true).tagged);
    v = zombie_update(&s, START + 3000, true);
    assert_true(v.tagged && !v.was);
    v = zombie_update(&s, START + 4000, true);
    assert_true(v.tagged && v.was);
    v = zombie_update(&s, START + 5000, false);
    assert_true(!v.tagged && v.was);
}

static void test_reaped_in_time_is_none(void **state)
{
    zombie_state_t s = {0};

    (void) state;
    for (unsigned t = 0; t < 100; t++)
        assert_false(zombie_update(&s, START + t * 1000, t % 3 != 0).tagged);
}

static void test_ticks_out_of_turn_are_not_seconds(void **state)
{
    zombie_state_t s = {0};

    (void) state;
    for (unsigned t = 0; t < 10; t++)
        assert_false(zombie_update(&s, START + t * 100, true).tagged);
    assert_true(zombie_update(&s, START + 2000, true).tagged);
}

static void test_receipt(void **state)
{
    char text[ZOMBIE_TEXT_MAX];
    zombie_state_t s = {0};
    zombie_receipt_t r;

    (void) state;
    for (unsigned t = 0; t < 4; t++)
        zombie_update(&s, START + t * 1000, true);
    zombie_receipt(&s, &r);
    assert_true(r.since_ms == START);
    assert_string_equal(zombie_format(&r, START + 65000, text, sizeof(text)),
            "ZOMBIE: dead for 65 s, not reaped by its parent");
}

static void test_parent_is_counted(void **state)
{
    char text[ZOMBIE_TEXT_MAX];
    zombie_parent_t p = {0};
    zombie_verdict_t v;
    zombie_receipt_t r;
    uint64_t now_ms = START;

    (void) state;
    v = zombie_parent_update(&p, now_ms, 1, 1);
    assert_true(v.tagged && !v.was);
    zombie_parent_receipt(&p, now_ms, &r);
    assert_true(r.per_minute < 0);
    assert_string_equal(
            zombie_format(&r, now_ms + 5000, text, sizeof(text)), "UNREAPED: 1 dead child for 5 s");
    assert_string_equal(zombie_format(&r, now_ms, text, sizeof(text)), "UNREAPED: 1 dead child");
    for (unsigned t = 1; t <= 300; t++, now_ms += 1000) // one in ten seconds
        zombie_parent_update(&p, now_ms, 1 + t / 10, t % 10 == 0);
    zombie_parent_receipt(&p, now_ms, &r);
    assert_int_equal(r.count, 31);
    assert_true(r.since_ms == START);
    assert_true(r.per_minute > 5.5 && r.per_minute < 6.5);
    assert_string_equal(zombie_format(&r, now_ms, text, sizeof(text)),
            "UNREAPED: 31 dead children for 5 min, 6.0 more per minute");
    v = zombie_parent_update(&p, now_ms + 1000, 0, 0);
    assert_true(!v.tagged && v.was);
    v = zombie_parent_update(&p, now_ms + 2000, 2, 2);
    assert_true(v.tagged && !v.was);
    zombie_parent_receipt(&p, now_ms + 2000, &r);
    assert_true(r.since_ms == now_ms + 2000);
    assert_int_equal(r.peak, 2);
}

static void test_rate_is_of_the_last_minutes(void **state)
{
    zombie_parent_t p = {0};
    zombie_receipt_t r;
    uint64_t now_ms = START;

    (void) state;
    for (unsigned t = 0; t < 600; t++, now_ms += 1000)
        zombie_parent_update(&p, now_ms, t, 1);
    for (unsigned t = 0; t < 600; t++, now_ms += 1000)
        zombie_parent_update(&p, now_ms, 600, 0);
    zombie_parent_receipt(&p, now_ms, &r);
    assert_true(r.per_minute >= 0 && r.per_minute < 0.1);
    now_ms += 86400000; // nobody looked
    zombie_parent_update(&p, now_ms, 600, 0);
    zombie_parent_receipt(&p, now_ms, &r);
    assert_true(r.per_minute < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_third_tick_tags),
            cmocka_unit_test(test_reaped_in_time_is_none),
            cmocka_unit_test(test_ticks_out_of_turn_are_not_seconds),
            cmocka_unit_test(test_receipt),
            cmocka_unit_test(test_parent_is_counted),
            cmocka_unit_test(test_rate_is_of_the_last_minutes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
