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

// What all connections of a user want, one after the other; how much of it is read.
static double read_by(users_t *u, user_t *user, wanted_t *own, size_t n, uint64_t cost_us)
{
    double read_us = 0;

    for (size_t i = 0; i < n; i++)
        read_us += (double) cost_us / (double) user_reading_turns(user, &own[i], cost_us);
    users_tick(u, 1);
    for (size_t i = 0; i < n; i++)
        wanted_tick(&own[i]);
    return read_us;
}

static void test_readings_take_turns(void **state)
{
    const double most_us = USER_READING_US;
    wanted_t own[32] = {{0}};
    users_t u = {0};
    user_t *ann = users_get(&u, 1000), *bob = users_get(&u, 1001);

    (void) state;
    ann->connections = bob->connections = 32;
    // One alone has what it wants, of one process or several.
    for (int i = 0; i < 3; i++)
        assert_true(read_by(&u, ann, own, 1, 10 * USER_READING_US) == 10 * most_us);
    assert_int_equal(user_reading_turns(ann, &own[0], 77), 1);
    read_by(&u, ann, own, 0, 0);
    // And so have all where there is enough; what is not read takes no turns.
    for (int i = 0; i < 3; i++)
        assert_true(read_by(&u, ann, own, 4, USER_READING_US / 4) == most_us);
    for (int i = 0; i < 3; i++)
        assert_true(read_by(&u, ann, own, 32, USER_READING_US) < 5 * most_us);
    assert_true(read_by(&u, ann, own, 32, USER_READING_US) < 1.1 * most_us);
    assert_int_equal(user_reading_turns(ann, &own[0], 0), 1);
    assert_true(user_reading_turns(ann, &own[1], 77) > 20);
    // What the one wants is nothing to the other.
    assert_int_equal(user_reading_turns(bob, &(wanted_t){0}, 77), 1);
    users_done(&u);
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
            cmocka_unit_test(test_readings_take_turns),
            cmocka_unit_test(test_connects_too_often),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
