// A sample grows where it is, begins with what the one before had, and stops at its cap.

#include "daemon/capture/sample.h"
#include "tests/support/cmocka.h"

#include <string.h>

#define SLOTS 10000

static void test_grows_without_moving(void **state)
{
    sample_t s;

    (void) state;
    assert_int_equal(sample_init(&s, SLOTS * sizeof(process_snapshot_t), NULL), 0);

    sample_t empty = {0};
    assert_true(sample_begin(&s, &empty));

    process_snapshot_t *first = sample_slot(&s, 0);
    assert_non_null(first);
    first->pid = 77;
    for (uint32_t slot = 1; slot < SLOTS; slot++) {
        process_snapshot_t *p = sample_slot(&s, slot);

        assert_ptr_equal(p, first + slot);
        assert_int_equal(p->known, 0);
        p->pid = slot;
    }
    assert_int_equal(s.snapshot.n_slots, SLOTS);
    assert_ptr_equal(s.snapshot.processes, first);
    assert_int_equal(first->pid, 77);
    assert_ptr_equal(sample_slot(&s, 5), first + 5);
    sample_done(&s);
}

static void test_cap(void **state)
{
    size_t page = 4096, fits = page / sizeof(process_snapshot_t);
    sample_t s, empty = {0};
    uint32_t slot = 0;

    (void) state;
    assert_int_equal(sample_init(&s, 1, NULL), 0);
    assert_true(sample_begin(&s, &empty));
    while (sample_slot(&s, slot))
        slot++;
    assert_int_equal(slot, fits);
    assert_int_equal(s.snapshot.n_slots, fits);
    assert_null(sample_slot(&s, slot));
    assert_non_null(sample_slot(&s, 0));
    // Nor does it take over more than fits.
    empty.snapshot.n_slots = fits + 1;
    assert_false(sample_begin(&s, &empty));
    sample_done(&s);
}

static void test_takes_turns(void **state)
{
    sample_t a, b;

    (void) state;
    assert_int_equal(sample_init(&a, SLOTS * sizeof(process_snapshot_t), NULL), 0);
    assert_int_equal(sample_init(&b, SLOTS * sizeof(process_snapshot_t), NULL), 0);
    assert_true(sample_begin(&a, &b));
    for (uint32_t slot = 0; slot < 1000; slot++)
        PROCESS_SET(sample_slot(&a, slot), pid, slot + 1);
    SYSTEM_SET(&a.snapshot.system, tick, 5);
    assert_true(sample_begin(&b, &a));
    assert_int_equal(b.snapshot.n_slots, 1000);
    assert_int_equal(b.snapshot.system.tick, 5);
    assert_memory_equal(
            b.snapshot.processes, a.snapshot.processes, 1000 * sizeof(process_snapshot_t));
    // The two share nothing, and a slot that was used before is empty when it is new.
    memset(sample_slot(&b, 999), 0xff, sizeof(process_snapshot_t));
    assert_int_equal(a.snapshot.processes[999].pid, 1000);
    b.snapshot.n_slots = 999;
    assert_true(sample_begin(&a, &b));
    assert_int_equal(a.snapshot.n_slots, 999);
    assert_int_equal(sample_slot(&a, 999)->known, 0);
    assert_int_equal(sample_slot(&a, 999)->pid, 0);
    sample_done(&a);
    sample_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_grows_without_moving),
            cmocka_unit_test(test_cap),
            cmocka_unit_test(test_takes_turns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
