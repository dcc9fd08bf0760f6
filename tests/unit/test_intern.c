#include "common/intern.h"
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
    return intern_new((intern_t **) state);
}

static int teardown(void **state)
{
    intern_free(*state);
    return 0;
}

static void assert_text(const intern_t *t, uint32_t id, const char *text, size_t len)
{
    size_t got_len;
    const char *got = intern_get(t, id, &got_len);

    assert_int_equal(got_len, len);
    assert_memory_equal(got, text, len);
    assert_int_equal(got[len], '\0');
}

static void test_equal_strings_have_equal_ids(void **state)
{
    intern_t *t = *state;
    uint32_t a = intern_ref(t, "one", 3), b = intern_ref(t, "one\0two", 7);

    assert_true(a != 0 && b != 0 && a != b);
    assert_int_equal(intern_ref(t, "one", 3), a);
    assert_int_equal(intern_ref(t, "one\0two", 7), b);
    assert_text(t, a, "one", 3);
    assert_text(t, b, "one\0two", 7);
    assert_int_equal(intern_count(t), 2);
}

static void test_the_last_unref_frees(void **state)
{
    intern_t *t = *state;
    uint32_t a = intern_ref(t, "one", 3);

    assert_int_equal(intern_ref(t, "one", 3), a);
    assert_int_equal(intern_ref_id(t, a), a);
    intern_unref(t, a);
    intern_unref(t, a);
    assert_text(t, a, "one", 3);
    intern_unref(t, a);
    assert_text(t, a, "", 0);
    assert_int_equal(intern_count(t), 0);
    assert_int_equal(intern_ref(t, "two", 3), a); // the id is used again
    assert_text(t, a, "two", 3);
}

static void test_none(void **state)
{
    intern_t *t = *state;

    assert_int_equal(intern_ref_id(t, 0), 0);
    intern_unref(t, 0);
    assert_text(t, 0, "", 0);
    assert_text(t, 12345, "", 0);
    intern_free(NULL);
}

static void test_empty_and_long(void **state)
{
    static char text[INTERN_MAX_LEN + 10];
    intern_t *t = *state;
    uint32_t empty = intern_ref(t, "", 0), id;

    assert_true(empty != 0);
    assert_text(t, empty, "", 0);
    memset(text, 'x', sizeof(text));
    id = intern_ref(t, text, sizeof(text));
    assert_text(t, id, text, INTERN_MAX_LEN);
    assert_int_equal(intern_ref(t, text, INTERN_MAX_LEN), id);
}

static void test_many(void **state)
{
    enum { COUNT = 20000 };
    static uint32_t ids[COUNT];
    intern_t *t = *state;
    size_t bytes = intern_bytes(t);
    char text[32];

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < COUNT; i++) {
            int len = snprintf(text, sizeof(text), "string %d", i);

            ids[i] = intern_ref(t, text, (size_t) len);
            assert_true(ids[i] != 0);
        }
        assert_int_equal(intern_count(t), COUNT);
        assert_true(intern_bytes(t) > bytes + COUNT * 8);
        for (int i = 0; i < COUNT; i++) {
            int len = snprintf(text, sizeof(text), "string %d", i);

            assert_text(t, ids[i], text, (size_t) len);
        }
        for (int i = 0; i < COUNT; i++)
            intern_unref(t, ids[(i * 7919) % COUNT]);
        assert_int_equal(intern_count(t), 0);
    }
}

static void test_a_copy_has_what_there_is_room_for(void **state)
{
    intern_t *t = *state;
    uint32_t id = intern_ref(t, "one\0two", 7);
    char to[8] = "........";

    assert_int_equal(intern_copy(t, id, to, 5), 5);
    assert_memory_equal(to, "one\0t...", 8);
    assert_int_equal(intern_copy(t, id, to, sizeof(to)), 7);
    assert_memory_equal(to, "one\0two.", 8);
    assert_int_equal(intern_copy(t, 0, to, sizeof(to)), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_equal_strings_have_equal_ids),
            TEST(test_the_last_unref_frees),
            TEST(test_none),
            TEST(test_empty_and_long),
            TEST(test_many),
            TEST(test_a_copy_has_what_there_is_room_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
