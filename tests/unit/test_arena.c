#include "common/arena.h"
#include "tests/support/cmocka.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void test_alignment_and_cap(void **state)
{
    size_t page = (size_t) sysconf(_SC_PAGESIZE);
    arena_t a;
    unsigned char *first, *second;

    (void) state;
    assert_int_equal(arena_init(&a, 1), 0);
    assert_int_equal(a.reserved, page);
    first = arena_alloc(&a, 3, 1);
    second = arena_alloc(&a, 8, 64);
    assert_non_null(first);
    assert_int_equal((uintptr_t) second % 64, 0);
    assert_true(second >= first + 3);
    assert_null(arena_alloc(&a, page, 1));
    assert_null(arena_alloc(&a, SIZE_MAX, 8));
    assert_non_null(arena_alloc(&a, page - a.used, 1));
    assert_null(arena_alloc(&a, 1, 1));
    assert_non_null(arena_alloc(&a, 0, 1));
    arena_done(&a);
    arena_done(&a);
}

static void test_nothing_moves(void **state)
{
    enum { COUNT = 10000 };
    uint32_t *at[COUNT];
    arena_t a;

    (void) state;
    assert_int_equal(arena_init(&a, COUNT * 16), 0);
    for (uint32_t i = 0; i < COUNT; i++) {
        at[i] = arena_alloc(&a, sizeof(uint32_t), sizeof(uint32_t));
        assert_non_null(at[i]);
        assert_int_equal(*at[i], 0);
        *at[i] = i;
    }
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(*at[i], i);
    arena_done(&a);
}

static void test_reset_keeps_what_it_is_told(void **state)
{
    size_t page = (size_t) sysconf(_SC_PAGESIZE);
    unsigned char *p;
    arena_t a;

    (void) state;
    assert_int_equal(arena_init(&a, 8 * page), 0);
    p = arena_alloc(&a, 8 * page, 1);
    memset(p, 1, 8 * page);
    arena_reset(&a, 2 * page);
    assert_int_equal(a.used, 0);
    assert_int_equal(a.touched, 2 * page);
    p = arena_alloc(&a, 8 * page, 1);
    assert_int_equal(p[2 * page - 1], 1);
    assert_int_equal(p[2 * page], 0); // was given back
    arena_reset(&a, SIZE_MAX / 2);
    assert_int_equal(a.touched, 8 * page);
    arena_done(&a);
}

static void test_impossible_sizes(void **state)
{
    arena_t a;

    (void) state;
    assert_int_equal(arena_init(&a, 0), -EINVAL);
    assert_int_equal(arena_init(&a, SIZE_MAX), -EINVAL);
    assert_true(arena_init(&a, SIZE_MAX / 2) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_alignment_and_cap),
            cmocka_unit_test(test_nothing_moves),
            cmocka_unit_test(test_reset_keeps_what_it_is_told),
            cmocka_unit_test(test_impossible_sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
