#include "protocol/snapshot.h"
#include "tests/support/cmocka.h"

#include <string.h>

static process_snapshot_t measured(uint64_t rss_kb, uint64_t pss_kb)
{
    process_snapshot_t p = {0};

    PROCESS_SET(&p, anon_kb, rss_kb / 2);
    PROCESS_SET(&p, file_kb, rss_kb - rss_kb / 2);
    PROCESS_SET(&p, pss_kb, pss_kb);
    PROCESS_SET(&p, pss_rss_kb, rss_kb);
    PROCESS_SET(&p, pss_time_ms, 5000);
    return p;
}

static void test_tables(void **state)
{
    (void) state;
    for (unsigned i = 0; i < PROCESS_FIELD_COUNT; i++) {
        const field_info_t *f = &process_fields[i];

        assert_non_null(f->name);
        assert_true(strlen(f->doc) > 0);
        assert_in_range(f->since, 1, PROTOCOL_VERSION_MAX);
        assert_int_equal(process_string_mask >> i & 1, f->kind == FIELD_STRING);
        assert_int_equal(process_private_mask >> i & 1, f->audience == FIELD_PRIVATE);
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(f->name, process_fields[k].name);
    }
    for (unsigned i = 0; i < SYSTEM_FIELD_COUNT; i++) {
        assert_non_null(system_fields[i].name);
        assert_int_equal(system_fields[i].audience, FIELD_PUBLIC);
        assert_int_equal(system_string_mask >> i & 1, system_fields[i].kind == FIELD_STRING);
    }
    assert_int_equal(process_private_mask & (UINT64_C(1) << PROCESS_FIELD_pid), 0);
}

static void test_rss_is_the_sum_of_its_parts(void **state)
{
    process_snapshot_t p = {0};
    uint64_t kb = 77;

    (void) state;
    assert_false(snapshot_rss_kb(&p, &kb));
    PROCESS_SET(&p, anon_kb, 10);
    assert_false(snapshot_rss_kb(&p, &kb));
    assert_int_equal(kb, 77);
    PROCESS_SET(&p, file_kb, 20);
    assert_true(snapshot_rss_kb(&p, &kb));
    assert_int_equal(kb, 30);
    PROCESS_SET(&p, shmem_kb, 5);
    assert_true(snapshot_rss_kb(&p, &kb));
    assert_int_equal(kb, 35);
    PROCESS_UNSET(&p, anon_kb);
    assert_int_equal(p.anon_kb, 0);
    assert_false(snapshot_rss_kb(&p, &kb));
}

static void test_private_is_anonymous_and_swap(void **state)
{
    process_snapshot_t p = {0};
    uint64_t kb;

    (void) state;
    PROCESS_SET(&p, swap_kb, 5);
    assert_false(snapshot_private_kb(&p, &kb));
    PROCESS_SET(&p, anon_kb, 10);
    assert_true(snapshot_private_kb(&p, &kb));
    assert_int_equal(kb, 15);
}

static void test_pss_as_read_while_rss_stays(void **state)
{
    process_snapshot_t p = measured(1000, 400);
    uint64_t kb, age;
    bool estimated;

    (void) state;
    assert_true(snapshot_pss_kb(&p, 8000, &kb, &estimated, &age));
    assert_int_equal(kb, 400);
    assert_false(estimated);
    assert_int_equal(age, 3000);
    assert_true(snapshot_pss_kb(&p, 100, &kb, &estimated, &age));
    assert_int_equal(age, 0);
}

static void test_pss_estimated_after_rss_moved(void **state)
{
    process_snapshot_t p = measured(1000, 400);
    uint64_t kb, age;
    bool estimated;

    (void) state;
    PROCESS_SET(&p, anon_kb, 1500);
    assert_true(snapshot_pss_kb(&p, 8000, &kb, &estimated, &age));
    assert_int_equal(kb, 1400); // it grew by what is nobody else's
    assert_true(estimated);

    // A newborn that shared its pages with its parent, and then took a gigabyte.
    p = measured(2800, 450);
    PROCESS_SET(&p, anon_kb, 1050000);
    assert_true(snapshot_pss_kb(&p, 8000, &kb, &estimated, &age));
    assert_in_range(kb, 1048576, 1051400);

    p = measured(1000, 400);
    PROCESS_SET(&p, file_kb, 1500); // files are shared as they were
    assert_true(snapshot_pss_kb(&p, 8000, &kb, &estimated, &age));
    assert_int_equal(kb, 100 + 400 * 1900 / 1000);
    PROCESS_SET(&p, file_kb, 0); // and what it gave back
    assert_true(snapshot_pss_kb(&p, 8000, &kb, &estimated, &age));
    assert_int_equal(kb, 200);

    p = measured(UINT64_C(1) << 50, UINT64_C(1) << 49); // no product overflows
    p.anon_kb *= 2;
    assert_true(snapshot_pss_kb(&p, 8000, &kb, &estimated, &age));
    assert_true(kb == UINT64_C(1) << 50);
}

static void test_pss_unknown(void **state)
{
    process_snapshot_t p = measured(1000, 400), q = p, zero = measured(0, 0);
    uint64_t kb, age;
    bool estimated;

    (void) state;
    PROCESS_UNSET(&p, pss_kb);
    assert_false(snapshot_pss_kb(&p, 8000, &kb, &estimated, &age));
    PROCESS_UNSET(&q, anon_kb); // the reading stands, but nobody knows how it moved since
    assert_true(snapshot_pss_kb(&q, 8000, &kb, &estimated, &age));
    assert_int_equal(kb, 400);
    assert_true(estimated);
    assert_true(snapshot_pss_kb(&zero, 8000, &kb, &estimated, &age));
    assert_int_equal(kb, 0);
    PROCESS_SET(&zero, anon_kb, 100);
    assert_false(snapshot_pss_kb(&zero, 8000, &kb, &estimated, &age));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_tables),
            cmocka_unit_test(test_rss_is_the_sum_of_its_parts),
            cmocka_unit_test(test_private_is_anonymous_and_swap),
            cmocka_unit_test(test_pss_as_read_while_rss_stays),
            cmocka_unit_test(test_pss_estimated_after_rss_moved),
            cmocka_unit_test(test_pss_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
