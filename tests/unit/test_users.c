// What is counted for a user, from tick to tick.

#include "daemon/publish/users.h"
#include "tests/support/cmocka.h"

static void test_counted_together(void **state)
{
    users_t u = {0};
    user_t *ann = users_get(&u, 1000), *bob = users_get(&u, 1001);

    (void) state;
    assert_non_null(ann);
    assert_ptr_not_equal(ann, bob);
    assert_ptr_equal(users_get(&u, 1000), ann);
    ann->connections = 2;
    ann->spent_us = USER_BUDGET_US;
    ann->whys = 3;
    bob->spent_us = 7;
    // Whoever went and came back between two ticks is not forgotten.
    assert_int_equal(users_get(&u, 1001)->spent_us, 7);
    users_tick(&u);
    assert_ptr_equal(users_get(&u, 1000), ann);
    assert_int_equal(ann->spent_us, 0);
    assert_int_equal(ann->whys, 0);
    assert_int_equal(ann->connections, 2);
    assert_null(ann->next); // Bob is gone
    users_done(&u);
    assert_null(u.first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_counted_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
