// Against a map that is too simple to be wrong.

#include "common/procmap.h"
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#define PIDS   60
#define STARTS 8
#define STEPS  20000

static void test_empty(void **state)
{
    procmap_t m = {0};

    (void) state;
    assert_int_equal(procmap_get(&m, 1, 2), PROCMAP_NONE);
    assert_int_equal(procmap_remove(&m, 1, 2), PROCMAP_NONE);
    procmap_clear(&m);
    procmap_done(&m);
}

static void test_identity_is_both(void **state)
{
    procmap_t m = {0};

    (void) state;
    assert_int_equal(procmap_put(&m, 1, 2, 10), 0);
    assert_int_equal(procmap_put(&m, 1, 3, 11), 0);
    assert_int_equal(procmap_put(&m, 2, 2, 12), 0);
    assert_int_equal(procmap_get(&m, 1, 2), 10);
    assert_int_equal(procmap_get(&m, 1, 3), 11);
    assert_int_equal(procmap_get(&m, 2, 2), 12);
    assert_int_equal(procmap_get(&m, 2, 3), PROCMAP_NONE);
    assert_int_equal(procmap_put(&m, 1, 2, 13), 0);
    assert_int_equal(m.count, 3);
    assert_int_equal(procmap_remove(&m, 1, 2), 13);
    assert_int_equal(procmap_get(&m, 1, 2), PROCMAP_NONE);
    procmap_clear(&m);
    assert_int_equal(m.count, 0);
    assert_int_equal(procmap_get(&m, 1, 3), PROCMAP_NONE);
    procmap_done(&m);
}

static void assert_equal_maps(const procmap_t *m, uint32_t naive[PIDS][STARTS], unsigned seed)
{
    size_t count = 0;

    for (unsigned pid = 0; pid < PIDS; pid++) {
        for (unsigned start = 0; start < STARTS; start++) {
            count += naive[pid][start] != PROCMAP_NONE;
            if (procmap_get(m, pid, start) != naive[pid][start])
                fail_msg("seed %u: (%u, %u)", seed, pid, start);
        }
    }
    assert_int_equal(m->count, count);
}

static void test_random_histories(void **state)
{
    (void) state;
    for (unsigned seed = 1; seed <= 5; seed++) {
        uint32_t naive[PIDS][STARTS];
        procmap_t m = {0};

        memset(naive, 0xff, sizeof(naive));
        srand(seed);
        for (int i = 0; i < STEPS; i++) {
            unsigned pid = (unsigned) rand() % PIDS, start = (unsigned) rand() % STARTS;

            // Phases of growth and of decay.
            if (rand() % 100 < (i / 1000 % 2 ? 30 : 70)) {
                assert_int_equal(procmap_put(&m, pid, start, (uint32_t) i), 0);
                naive[pid][start] = (uint32_t) i;
            } else {
                assert_int_equal(procmap_remove(&m, pid, start), naive[pid][start]);
                naive[pid][start] = PROCMAP_NONE;
            }
            if (i % 97 == 0)
                assert_equal_maps(&m, naive, seed);
        }
        assert_equal_maps(&m, naive, seed);
        procmap_done(&m);
    }
}

static void test_grows(void **state)
{
    enum { COUNT = 100000 };
    procmap_t m = {0};

    (void) state;
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(procmap_put(&m, i, UINT64_C(1) << 40, i), 0);
    assert_int_equal(m.count, COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(procmap_get(&m, i, UINT64_C(1) << 40), i);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(procmap_remove(&m, i, UINT64_C(1) << 40), i);
    assert_int_equal(m.count, 0);
    procmap_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_empty),
            cmocka_unit_test(test_identity_is_both),
            cmocka_unit_test(test_random_histories),
            cmocka_unit_test(test_grows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
