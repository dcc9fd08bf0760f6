// Whoever has most gives way, with the oldest.

#include "daemon/past/places.h"
#include "tests/support/cmocka.h"

#include <stdlib.h>

#define SIZE 8

typedef struct {
    places_t places;
    unsigned number[PLACES_MAX]; // what was put there: the how manieth of all
    uint32_t uid[PLACES_MAX];
    unsigned last;
} kept_t;

static kept_t *new_kept(size_t size)
{
    kept_t *k = calloc(1, sizeof(*k));

    assert_non_null(k);
    places_init(&k->places, size);
    return k;
}

static void put(kept_t *k, uint32_t uid)
{
    size_t place = places_take(&k->places, uid);

    assert_true(place < k->places.size);
    k->number[place] = ++k->last;
    k->uid[place] = uid;
}

static size_t count_of(const kept_t *k, uint32_t uid)
{
    size_t n = 0;

    for (size_t i = 0; i < k->places.count; i++)
        n += k->uid[places_nth(&k->places, i)] == uid;
    return n;
}

static unsigned oldest_of(const kept_t *k, uint32_t uid)
{
    for (size_t i = 0; i < k->places.count; i++)
        if (k->uid[places_nth(&k->places, i)] == uid)
            return k->number[places_nth(&k->places, i)];
    return 0;
}

static void assert_in_order(const kept_t *k)
{
    for (size_t i = 1; i < k->places.count; i++)
        assert_true(
                k->number[places_nth(&k->places, i - 1)] < k->number[places_nth(&k->places, i)]);
}

static void test_alone(void **state)
{
    kept_t *k = new_kept(SIZE);

    (void) state;
    assert_int_equal(k->places.count, 0);
    for (unsigned i = 1; i <= 3 * SIZE; i++) {
        put(k, 7);
        assert_int_equal(count_of(k, 7), i < SIZE ? i : SIZE);
        assert_int_equal(oldest_of(k, 7), i < SIZE ? 1 : i - SIZE + 1);
        assert_in_order(k);
    }
    free(k);
}

static void test_who_has_much_gives_way_to_who_has_little(void **state)
{
    kept_t *k = new_kept(SIZE);

    (void) state;
    put(k, 1);
    put(k, PLACES_NOBODY);
    for (int i = 0; i < 10 * SIZE; i++)
        put(k, 2);
    assert_int_equal(oldest_of(k, 1), 1);
    assert_int_equal(oldest_of(k, PLACES_NOBODY), 2);
    assert_int_equal(count_of(k, 2), SIZE - 2);
    // Who has had nothing takes of hers; as much as she has, and no more.
    for (int i = 0; i < 10 * SIZE; i++)
        put(k, 3);
    assert_int_equal(count_of(k, 1), 1);
    assert_int_equal(count_of(k, PLACES_NOBODY), 1);
    assert_int_equal(count_of(k, 2), SIZE / 2 - 1);
    assert_int_equal(count_of(k, 3), SIZE / 2 - 1);
    assert_in_order(k);
    free(k);
}

// Where all have as much, the oldest of all goes.
static void test_as_many_users_as_places(void **state)
{
    kept_t *k = new_kept(PLACES_MAX);

    (void) state;
    for (uint32_t uid = 0; uid < 3 * PLACES_MAX; uid++)
        put(k, uid);
    assert_int_equal(k->places.count, PLACES_MAX);
    assert_true(k->places.n_users <= PLACES_MAX + 1);
    for (uint32_t uid = 0; uid < 3 * PLACES_MAX; uid++)
        assert_int_equal(count_of(k, uid), uid >= 2 * PLACES_MAX);
    assert_in_order(k);
    free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_alone),
            cmocka_unit_test(test_who_has_much_gives_way_to_who_has_little),
            cmocka_unit_test(test_as_many_users_as_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
