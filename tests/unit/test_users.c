// What is counted for a user, from tick to tick.

#include "common/clock.h"
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
    users_tick(&u, 1);
    assert_ptr_equal(users_get(&u, 1000), ann);
    assert_int_equal(ann->spent_us, 0);
    assert_int_equal(ann->whys, 0);
    assert_int_equal(ann->connections, 2);
    assert_null(ann->next); // Bob is gone
    users_done(&u);
    assert_null(u.first);
}

static unsigned connect_often(user_t *user, uint64_t now_us)
{
    unsigned n = 0;

    while (n < 1000 && user_may_connect(user, now_us))
        n++;
    return n;
}

static void test_connects_too_often(void **state)
{
    uint64_t now_us = 77 * USEC_PER_SEC;
    users_t u = {0};
    user_t *ann = users_get(&u, 1000), *bob = users_get(&u, 1001);

    (void) state;
    assert_int_equal(connect_often(ann, now_us), USER_CONNECTS_AT_ONCE);
    assert_int_equal(connect_often(ann, now_us), 0);
    now_us += USEC_PER_SEC;
    assert_int_equal(connect_often(ann, now_us), USER_CONNECTS_PER_S);
    // To be refused costs nothing further.
    now_us += 2 * USEC_PER_SEC;
    assert_int_equal(connect_often(ann, now_us), 2 * USER_CONNECTS_PER_S);
    assert_int_equal(connect_often(bob, now_us), USER_CONNECTS_AT_ONCE);
    // Not forgotten before it could be as if it had never been.
    now_us += 3 * USEC_PER_SEC;
    users_tick(&u, now_us);
    assert_ptr_equal(users_get(&u, 1000), ann);
    assert_int_equal(connect_often(ann, now_us), 3 * USER_CONNECTS_PER_S);
    now_us += 60 * USEC_PER_SEC;
    users_tick(&u, now_us);
    assert_null(u.first);
    assert_int_equal(connect_often(users_get(&u, 1000), now_us), USER_CONNECTS_AT_ONCE);
    users_done(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_counted_together),
            cmocka_unit_test(test_connects_too_often),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
