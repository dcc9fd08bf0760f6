// Who is read for whom, and for how long after a restart.

#include "common/cleanup.h"
#include "daemon/past/inspections.h"
#include "protocol/cursor.h"
#include "tests/support/cmocka.h"

#include <errno.h>

#define NOW_MS UINT64_C(1000000)

static const inspection_t a = {100, 5, 1000}, b = {200, 6, 1000}, same_as_a_by_root = {100, 5, 0};

static inspections_t restart(const inspections_t *l)
{
    buffer_t out = {0};
    inspections_t next = {0};

    inspections_save(l, &out);
    assert_false(out.failed);
    assert_int_equal(inspections_load(&next, out.data, out.len), 0);
    buffer_done(&out);
    return next;
}

static void test_said_anew_each_tick(void **state)
{
    inspections_t l = {0};

    (void) state;
    inspections_tick(&l, NOW_MS);
    inspections_add(&l, &a);
    inspections_add(&l, &a);
    inspections_add(&l, &same_as_a_by_root);
    assert_int_equal(l.count, 2);
    assert_false(inspections_keeps(&l, a.pid, a.start_time));
    inspections_tick(&l, NOW_MS + 1000);
    assert_int_equal(l.count, 0);
}

static void test_kept_until_the_viewer_is_back(void **state)
{
    inspections_t l = {0};

    (void) state;
    inspections_add(&l, &a);
    inspections_add(&l, &b);
    l = restart(&l);
    inspections_tick(&l, NOW_MS);
    assert_true(inspections_keeps(&l, a.pid, a.start_time));
    assert_false(inspections_keeps(&l, a.pid, a.start_time + 1)); // the next one with that number
    inspections_add(&l, &same_as_a_by_root);
    assert_true(inspections_keeps(&l, a.pid, a.start_time)); // its own viewer is still away
    inspections_add(&l, &a);
    assert_false(inspections_keeps(&l, a.pid, a.start_time));
    assert_true(inspections_keeps(&l, b.pid, b.start_time));
}

static void test_kept_for_so_long(void **state)
{
    inspections_t l = {0};

    (void) state;
    inspections_add(&l, &a);
    l = restart(&l);
    inspections_tick(&l, NOW_MS); // from here on, however long the daemon was away
    inspections_tick(&l, NOW_MS + INSPECTIONS_GRACE_MS - 1);
    assert_true(inspections_keeps(&l, a.pid, a.start_time));
    l = restart(&l); // a second one
    inspections_tick(&l, NOW_MS + INSPECTIONS_GRACE_MS);
    assert_true(inspections_keeps(&l, a.pid, a.start_time));
    inspections_tick(&l, NOW_MS + 2 * INSPECTIONS_GRACE_MS);
    assert_false(inspections_keeps(&l, a.pid, a.start_time));
}

static void test_bounded(void **state)
{
    inspections_t l = {0};

    (void) state;
    for (uint64_t i = 0; i < 2 * INSPECTIONS_MAX; i++)
        inspections_add(&l, &(inspection_t){1 + i, 1, 0});
    assert_int_equal(l.count, INSPECTIONS_MAX);
    l = restart(&l);
    for (uint64_t i = 0; i < INSPECTIONS_MAX; i++)
        inspections_add(&l, &(inspection_t){10000 + i, 1, 0});
    l = restart(&l);
    assert_int_equal(l.kept_count, INSPECTIONS_MAX);
    assert_true(inspections_keeps(&l, 10000, 1)); // who asked last comes first
}

static void test_refused(void **state)
{
    static const inspection_t many[2 * INSPECTIONS_MAX + 1];
    inspections_t l = {0};

    (void) state;
    assert_int_equal(inspections_load(&l, many, sizeof(inspection_t) - 1), -EBADMSG);
    assert_int_equal(inspections_load(&l, many, sizeof(many)), -EBADMSG);
    assert_int_equal(l.kept_count, 0);
    assert_int_equal(inspections_load(&l, many, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_said_anew_each_tick),
            cmocka_unit_test(test_kept_until_the_viewer_is_back),
            cmocka_unit_test(test_kept_for_so_long),
            cmocka_unit_test(test_bounded),
            cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
