// Whose PSS is read next: the order, the budget, and who is left alone.

#include "common/cleanup.h"
#include "common/clock.h"
#include "daemon/capture/pss_schedule.h"
#include "tests/support/cmocka.h"

#include <errno.h>
#include <string.h>

#define SLOTS   200
#define NOW_MS  UINT64_C(100000000)
#define TICK_HZ 100
#define PLENTY  1e9

typedef struct {
    process_snapshot_t processes[SLOTS];
    tracked_t tracked[SLOTS];
    snapshot_t snapshot;
    pss_schedule_t schedule;
    pss_choice_t choice;
} host_t;

static void init(host_t *h)
{
    memset(h, 0, sizeof(*h));
    h->snapshot.processes = h->processes;
    h->snapshot.n_slots = SLOTS;
    SYSTEM_SET(&h->snapshot.system, clock_ticks, TICK_HZ);
    h->schedule = (pss_schedule_t){.budget_ppm = 5000, .tokens_us = PLENTY, .minor_us = PLENTY};
}

// A process that has run since, whose PSS was read `age_s` ago, when its RSS was another by
// `change_kb`.
static void put(host_t *h, uint32_t slot, uint64_t rss_kb, uint64_t age_s, uint64_t change_kb)
{
    process_snapshot_t *p = &h->processes[slot];

    h->tracked[slot].pid = slot + 1;
    h->tracked[slot].stirred = true;
    PROCESS_SET(p, pid, slot + 1);
    PROCESS_SET(p, anon_kb, rss_kb);
    PROCESS_SET(p, file_kb, 0);
    PROCESS_SET(p, pss_kb, rss_kb / 2);
    PROCESS_SET(p, pss_rss_kb, rss_kb - change_kb);
    PROCESS_SET(p, pss_time_ms, NOW_MS - age_s * 1000);
}

static void put_unread(host_t *h, uint32_t slot, uint64_t rss_kb, uint64_t lived_s)
{
    put(h, slot, rss_kb, 0, 0);
    PROCESS_UNSET(&h->processes[slot], pss_kb);
    PROCESS_SET(&h->processes[slot], start_time, (NOW_MS / 1000 - lived_s) * TICK_HZ);
}

static void choose(host_t *h)
{
    pss_schedule_choose(&h->schedule, &h->snapshot, h->tracked, NOW_MS, &h->choice);
}

static void assert_chosen(host_t *h, size_t count, ...)
{
    va_list ap;

    choose(h);
    assert_int_equal(h->choice.count, count);
    va_start(ap, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(h->choice.slots[i], va_arg(ap, unsigned));
    va_end(ap);
}

static void test_order(void **state)
{
    host_t h;

    (void) state;
    init(&h);
    put(&h, 3, 1000000, PSS_UNCHANGED_S + 5, 0);
    put(&h, 4, 1000000, PSS_UNCHANGED_S + 9, 0);
    put(&h, 5, 1000000, PSS_CHANGED_S, 300000);
    put(&h, 6, 1000000, PSS_CHANGED_S, 400000);
    put(&h, 7, 1000, PSS_TAGGED_S, 0);
    PROCESS_SET(&h.processes[7], tags, TAG_LEAK);
    put_unread(&h, 9, 90000, 0);
    put_unread(&h, 10, 800000, 0);
    put_unread(&h, 13, 700, PSS_SETTLED_S);
    put_unread(&h, 14, 600, 100000);
    // What matters least: small ones that have just begun, and those that did not run.
    put_unread(&h, 8, 500, 0);
    put_unread(&h, 15, PSS_SMALL_KB - 1, PSS_SETTLED_S - 1);
    put(&h, 11, 1000000, PSS_UNCHANGED_S + 1, 0);
    h.tracked[11].stirred = false;
    put(&h, 12, 1000, PSS_UNCHANGED_S + 2, 0);
    h.tracked[12].stirred = false;
    assert_chosen(&h, 13, 10, 9, 7, 6, 5, 13, 14, 4, 3, 15, 8, 12, 11);
    assert_int_equal(h.choice.minor_from, 9);
}

static void test_not_too_often(void **state)
{
    host_t h;

    (void) state;
    init(&h);
    put(&h, 1, 1000000, PSS_CHANGED_S - 1, 900000); // changed, but just read
    put(&h, 2, 1000000, PSS_UNCHANGED_S - 1, 1000); // hardly changed
    put(&h, 3, 1000000, PSS_UNCHANGED_S - 1, 0);    // not at all
    put(&h, 4, 1000, PSS_UNCHANGED_S - 1, 200);     // a good part of very little
    put(&h, 5, 1000000, PSS_TAGGED_S - 1, 0);
    PROCESS_SET(&h.processes[5], tags, TAG_SPIKE);
    choose(&h);
    assert_int_equal(h.choice.count, 0);
    // All that is old enough comes round, changed or not.
    for (uint32_t slot = 1; slot <= 5; slot++)
        put(&h, slot, 1000, PSS_UNCHANGED_S, 0);
    choose(&h);
    assert_int_equal(h.choice.count, 5);
}

static void test_who_is_left_alone(void **state)
{
    host_t h;

    (void) state;
    init(&h);
    for (uint32_t slot = 0; slot < 8; slot++)
        put(&h, slot, 100000, 1000, 50000);
    h.tracked[0].pid = 0;
    h.tracked[1].kthread = true;
    h.tracked[2].smaps_asked = true;
    h.tracked[3].smaps_error = EACCES;
    h.tracked[4].pss_not_before_s = NOW_MS / 1000 + 1;
    PROCESS_SET(&h.processes[5], anon_kb, 0); // nothing resident
    PROCESS_UNSET(&h.processes[6], anon_kb);  // nobody knows how much
    assert_chosen(&h, 1, 7);
    h.tracked[4].pss_not_before_s = NOW_MS / 1000;
    assert_chosen(&h, 2, 4, 7);
}

// The less a process does the less often it is read again, until it does something.
static void test_calm_ones_come_seldom(void **state)
{
    host_t h;

    (void) state;
    init(&h);
    put(&h, 1, 1000000, PSS_UNCHANGED_S * 2 - 1, 0);
    h.tracked[1].stirred = false;
    h.tracked[1].pss_rest_s = PSS_UNCHANGED_S * 2;
    choose(&h);
    assert_int_equal(h.choice.count, 0);
    put(&h, 1, 1000000, PSS_UNCHANGED_S * 2, 0);
    h.tracked[1].stirred = false;
    assert_chosen(&h, 1, 1);
    put(&h, 1, 1000000, PSS_UNCHANGED_S, 0); // ran
    assert_chosen(&h, 1, 1);
    put(&h, 1, 1000000, PSS_TAGGED_S, 0);
    h.tracked[1].stirred = false;
    PROCESS_SET(&h.processes[1], tags, TAG_LEAK);
    assert_chosen(&h, 1, 1);
}

// What matters least has its own share of the budget, and what matters does not wait for it.
static void test_minor_share(void **state)
{
    pss_schedule_t s;
    host_t h;

    (void) state;
    init(&h);
    for (uint32_t slot = 0; slot < 100; slot++)
        put_unread(&h, slot, 100 + slot, 1);
    put(&h, 120, 1 << 20, 1000, 100000);
    h.schedule.minor_us = 310; // 100 each, the fourth overdraws
    assert_chosen(&h, 5, 120, 99, 98, 97, 96);
    assert_int_equal(h.choice.minor_from, 1);
    for (int i = 0; i < 4; i++)
        pss_schedule_spend(&h.schedule, 80, true);
    assert_true(h.schedule.minor_us > -11 && h.schedule.minor_us < -9);
    assert_chosen(&h, 1, 120);
    pss_schedule_spend(&h.schedule, 80, false);
    assert_true(h.schedule.minor_us > -11);

    pss_schedule_init(&s, 5000);
    for (int i = 0; i < 3; i++) {
        assert_true(s.minor_us > 2499 && s.minor_us < 2501);
        pss_schedule_refill(&s, USEC_PER_SEC, 0);
    }
    s.minor_us = 0;
    for (int i = 0; i < 100; i++)
        pss_schedule_refill(&s, USEC_PER_SEC, 0);
    assert_true(s.minor_us > 2499 && s.minor_us < 2501);
    s.minor_us = 0;
    pss_schedule_refill(&s, USEC_PER_SEC, 0);
    assert_true(s.minor_us > 499 && s.minor_us < 501);
    // In proportion to what is spent anyway, but never more than the budget.
    s.minor_us = 0;
    pss_schedule_refill(&s, USEC_PER_SEC, 16000);
    assert_true(s.minor_us > 1999 && s.minor_us < 2001);
    s.minor_us = 0;
    pss_schedule_refill(&s, USEC_PER_SEC, 1000000);
    assert_true(s.minor_us > 4999 && s.minor_us < 5001);
}

static void test_budget(void **state)
{
    host_t h;

    (void) state;
    init(&h);
    for (uint32_t slot = 0; slot < 10; slot++) {
        put(&h, slot, 1 << 20, 1000, 100000 + slot);
        h.tracked[slot].pss_cost_us = 1000;
    }
    h.schedule.tokens_us = 2500;
    choose(&h);
    assert_int_equal(h.choice.count, 3); // the third overdraws, and is paid for later
    h.schedule.tokens_us = 0;
    choose(&h);
    assert_int_equal(h.choice.count, 0);
    h.schedule.tokens_us = -1;
    choose(&h);
    assert_int_equal(h.choice.count, 0);
    h.schedule.tokens_us = PLENTY;
    h.schedule.budget_ppm = 0; // only on demand
    choose(&h);
    assert_int_equal(h.choice.count, 0);
}

// A daemon that begins: whoever is there was there before.
static void test_a_small_host_is_read_within_seconds(void **state)
{
    enum { PROCESSES = 180, COST_US = 60 };
    size_t read = 0;
    int seconds = 0;
    host_t h;

    (void) state;
    init(&h);
    pss_schedule_init(&h.schedule, 5000);
    for (uint32_t slot = 0; slot < PROCESSES; slot++)
        put_unread(&h, slot, 900 + slot, 3600);
    for (; read < PROCESSES && seconds < 100; seconds++) {
        choose(&h);
        for (size_t i = 0; i < h.choice.count; i++) {
            h.tracked[h.choice.slots[i]].pss_not_before_s = UINT32_MAX;
            pss_schedule_spend(&h.schedule, COST_US, i >= h.choice.minor_from);
        }
        read += h.choice.count;
        assert_true(h.schedule.debt_us < COST_US);
        pss_schedule_refill(&h.schedule, USEC_PER_SEC, 1000);
    }
    assert_int_equal(read, PROCESSES);
    assert_in_range(seconds, 1, 5);
}

// What was never read is expected to cost by its size.
static void test_first_readings_are_estimated(void **state)
{
    host_t h;

    (void) state;
    init(&h);
    for (uint32_t slot = 0; slot < 3; slot++)
        put(&h, slot, UINT64_C(100) << 20, 1000, 50 << 20); // 100 GB: a second each
    h.schedule.tokens_us = 1000000;
    choose(&h);
    assert_int_equal(h.choice.count, 1);
    h.schedule.tokens_us = 1200000;
    choose(&h);
    assert_int_equal(h.choice.count, 2);
}

static void test_the_most_urgent_of_many(void **state)
{
    host_t h;

    (void) state;
    init(&h);
    // In an order that makes each insertion another one.
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        put(&h, slot, 1 << 20, 1000, 100000 + slot * 7919 % SLOTS);
    choose(&h);
    assert_int_equal(h.choice.count, PSS_TICK_MAX);
    for (size_t i = 0; i < h.choice.count; i++) {
        uint64_t change = (1 << 20) - h.processes[h.choice.slots[i]].pss_rss_kb;

        assert_int_equal(change, 100000 + SLOTS - 1 - i);
    }
}

static bool is_about(double us, double expected)
{
    return us > expected - 1 && us < expected + 1;
}

static void test_tokens(void **state)
{
    pss_schedule_t s = {.budget_ppm = 5000};

    (void) state;
    pss_schedule_refill(&s, USEC_PER_SEC, 0); // 0.5% of a second
    assert_true(is_about(s.tokens_us, 5000));
    pss_schedule_spend(&s, 9000, false);
    assert_true(is_about(s.tokens_us, 0) && is_about(s.debt_us, 4000));
    assert_int_equal(s.spent_us, 9000);
    // What was overdrawn is paid back, with half of what comes in.
    pss_schedule_refill(&s, USEC_PER_SEC, 0);
    assert_true(is_about(s.tokens_us, 2500) && is_about(s.debt_us, 1500));
    pss_schedule_refill(&s, USEC_PER_SEC, 0);
    assert_true(is_about(s.tokens_us, 6000) && is_about(s.debt_us, 0));
    // A night without readings is not saved up for the morning.
    pss_schedule_refill(&s, 36000 * USEC_PER_SEC, 0);
    assert_true(s.tokens_us <= 5 * 5000);
    pss_schedule_set_budget(&s, 1000);
    assert_true(s.tokens_us <= 5 * 1000);
    // Nor is what a daemon has at its start added to.
    pss_schedule_init(&s, 5000);
    pss_schedule_refill(&s, USEC_PER_SEC, 0);
    assert_true(is_about(s.tokens_us, PSS_START_S * 5000));
}

// However long the wait, never more than the budget is spent.
static void test_one_dear_process_leaves_the_others_half(void **state)
{
    enum { DEAR_US = 1000000, CHEAP_US = 1000, SECONDS = 1000 };
    host_t h;

    (void) state;
    init(&h);
    put(&h, 0, 100 << 20, 1000, 50 << 20);
    h.tracked[0].pss_cost_us = DEAR_US;
    for (uint32_t slot = 1; slot < 20; slot++) {
        put(&h, slot, 1 << 20, 1000, 100000 + slot);
        h.tracked[slot].pss_cost_us = CHEAP_US;
    }
    h.schedule.tokens_us = 5000;
    assert_chosen(&h, 1, 0);
    pss_schedule_spend(&h.schedule, DEAR_US, false);
    for (int i = 0; i < SECONDS; i++) {
        pss_schedule_refill(&h.schedule, USEC_PER_SEC, 0);
        choose(&h);
        assert_in_range(h.choice.count, i < 390 ? 2 : 0, i < 390 ? 3 : 20);
        for (size_t k = 0; k < h.choice.count; k++)
            pss_schedule_spend(&h.schedule, h.tracked[h.choice.slots[k]].pss_cost_us, false);
        assert_true(h.schedule.spent_us - h.schedule.debt_us <= 5000 * (i + 2));
    }
    // It had its turn again, when that was paid.
    assert_in_range(h.schedule.spent_us, 2 * DEAR_US, SECONDS * 5000 + 2 * DEAR_US);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_order),
            cmocka_unit_test(test_not_too_often),
            cmocka_unit_test(test_who_is_left_alone),
            cmocka_unit_test(test_calm_ones_come_seldom),
            cmocka_unit_test(test_minor_share),
            cmocka_unit_test(test_budget),
            cmocka_unit_test(test_a_small_host_is_read_within_seconds),
            cmocka_unit_test(test_first_readings_are_estimated),
            cmocka_unit_test(test_the_most_urgent_of_many),
            cmocka_unit_test(test_tokens),
            cmocka_unit_test(test_one_dear_process_leaves_the_others_half),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
