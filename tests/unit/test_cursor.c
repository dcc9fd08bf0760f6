#include "common/cleanup.h"
#include "protocol/cursor.h"
#include "tests/support/cmocka.h"

#include <errno.h>
#include <string.h>

static const uint64_t numbers[] = {0, 1, 63, 64, 127, 128, 16383, 16384, UINT32_MAX, INT64_MAX,
        (uint64_t) INT64_MAX + 1, UINT64_MAX};

static void test_varint_round_trip(void **state)
{
    buffer_t b = {0};
    cursor_t c;

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        buffer_put_varint(&b, numbers[i]);
        buffer_put_zigzag(&b, (int64_t) numbers[i]);
    }
    buffer_put_u32(&b, 0x12345678);
    buffer_put_u8(&b, 9);
    assert_false(b.failed);
    c = cursor_of(b.data, b.len);
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        assert_true(cursor_varint(&c) == numbers[i]);
        assert_true(cursor_zigzag(&c) == (int64_t) numbers[i]);
    }
    assert_int_equal(cursor_u32(&c), 0x12345678);
    assert_int_equal(cursor_u8(&c), 9);
    assert_int_equal(cursor_left(&c), 0);
    assert_false(c.failed);
    buffer_done(&b);
}

static void test_sizes(void **state)
{
    static const struct {
        int64_t value;
        size_t size;
    } cases[] = {{0, 1}, {-1, 1}, {63, 1}, {-64, 1}, {64, 2}, {8191, 2}, {-8192, 2}, {8192, 3},
            {INT64_MIN, 10}};
    buffer_t b = {0};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        buffer_reset(&b);
        buffer_put_zigzag(&b, cases[i].value);
        assert_int_equal(b.len, cases[i].size);
    }
    buffer_done(&b);
}

static void test_little_endian(void **state)
{
    buffer_t b = {0};

    (void) state;
    buffer_put_u32(&b, 0x04030201);
    assert_memory_equal(b.data, "\1\2\3\4", 4);
    buffer_done(&b);
}

static void test_reading_past_the_end(void **state)
{
    cursor_t c = cursor_of("\x80", 1);

    (void) state;
    assert_int_equal(cursor_varint(&c), 0);
    assert_true(c.failed);
    assert_int_equal(cursor_u8(&c), 0);
    assert_null(cursor_take(&c, 0));

    c = cursor_of("\1\2\3", 3);
    assert_int_equal(cursor_u32(&c), 0);
    assert_true(c.failed);

    c = cursor_of("abc", 3);
    assert_null(cursor_take(&c, SIZE_MAX));
    assert_true(c.failed);

    c = cursor_of(NULL, 0);
    assert_int_equal(cursor_left(&c), 0);
    assert_int_equal(cursor_u8(&c), 0);
    assert_true(c.failed);
}

static void test_varint_of_more_than_64_bits(void **state)
{
    static const unsigned char most[] = {
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
    unsigned char more[11];
    cursor_t c = cursor_of(most, sizeof(most));

    (void) state;
    assert_true(cursor_varint(&c) == UINT64_MAX);
    assert_false(c.failed);
    memcpy(more, most, sizeof(most));
    more[9] = 0x02;
    c = cursor_of(more, 10);
    cursor_varint(&c);
    assert_true(c.failed);
    memset(more, 0x80, sizeof(more));
    more[10] = 0;
    c = cursor_of(more, sizeof(more));
    cursor_varint(&c);
    assert_true(c.failed);
}

static void test_padded_varint(void **state)
{
    cursor_t c = cursor_of("\x81\x80\x00", 3);

    (void) state;
    assert_int_equal(cursor_varint(&c), 1);
    assert_false(c.failed);
    assert_int_equal(cursor_left(&c), 0);
}

static void test_a_full_buffer_stays_as_it_is(void **state)
{
    buffer_t b = {.max = 8};

    (void) state;
    buffer_put(&b, "12345678", 8);
    assert_false(b.failed);
    buffer_put_u8(&b, '9');
    assert_true(b.failed);
    assert_int_equal(b.error, -E2BIG);
    assert_int_equal(b.len, 8);
    assert_memory_equal(b.data, "12345678", 8);
    buffer_truncate(&b, 4);
    buffer_put(&b, "x", 1);
    assert_false(b.failed);
    assert_memory_equal(b.data, "1234x", 5);
    buffer_done(&b);
    buffer_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_varint_round_trip),
            cmocka_unit_test(test_sizes),
            cmocka_unit_test(test_little_endian),
            cmocka_unit_test(test_reading_past_the_end),
            cmocka_unit_test(test_varint_of_more_than_64_bits),
            cmocka_unit_test(test_padded_varint),
            cmocka_unit_test(test_a_full_buffer_stays_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
