#include "protocol/cursor.h"
#include "protocol/frame.h"
#include "tests/support/cmocka.h"

#include <errno.h>
#include <string.h>

#define MAX_LENGTH 100000u

static void feed(frame_reader_t *r, const void *data, size_t len)
{
    size_t space;
    void *at;

    for (size_t done = 0; done < len; done += space) {
        at = frame_reader_space(r, &space);
        assert_non_null(at);
        assert_true(space > 0);
        if (space > len - done)
            space = len - done;
        memcpy(at, (const char *) data + done, space);
        frame_reader_filled(r, space);
    }
}

static void append(buffer_t *out, uint8_t type, size_t len)
{
    size_t mark = frame_begin(out, type);

    for (size_t i = 0; i < len; i++)
        buffer_put_u8(out, (uint8_t) (type + i));
    frame_end(out, mark);
}

static void assert_frame(frame_reader_t *r, uint8_t type, size_t len)
{
    frame_t f;

    assert_int_equal(frame_reader_next(r, &f), 1);
    assert_int_equal(f.type, type);
    assert_int_equal(f.len, len);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(f.body[i], (uint8_t) (type + i));
}

static void test_layout(void **state)
{
    unsigned char header[FRAME_HEADER_SIZE];
    buffer_t out = {0};

    (void) state;
    append(&out, 7, 2);
    assert_int_equal(out.len, 7);
    assert_memory_equal(out.data, "\3\0\0\0\7\7\10", 7);
    assert_int_equal(frame_header(7, 2, header), 0);
    assert_memory_equal(out.data, header, sizeof(header));
    assert_int_equal(frame_header(7, FRAME_MAX, header), -E2BIG);
    assert_int_equal(frame_header(7, FRAME_MAX - 1, header), 0);
    buffer_done(&out);
}

static void test_any_cut(void **state)
{
    static const size_t sizes[] = {0, 1, 4096, 50000, 3, 99999, 0};
    frame_reader_t r;
    buffer_t out = {0};

    (void) state;
    for (size_t i = 0; i < 7; i++)
        append(&out, (uint8_t) (i + 1), sizes[i]);
    for (size_t step = 1; step < 5000; step = step * 3 + 1) {
        size_t fed = 0, seen = 0;

        frame_reader_init(&r, MAX_LENGTH);
        while (fed < out.len) {
            size_t len = step < out.len - fed ? step : out.len - fed;
            frame_t f;

            feed(&r, out.data + fed, len);
            fed += len;
            while (frame_reader_next(&r, &f) > 0) {
                assert_int_equal(f.type, seen + 1);
                assert_int_equal(f.len, sizes[seen]);
                seen++;
            }
        }
        assert_int_equal(seen, 7);
        frame_reader_done(&r);
    }
    buffer_done(&out);
}

static void test_several_at_once(void **state)
{
    frame_reader_t r;
    buffer_t out = {0};
    frame_t f;

    (void) state;
    append(&out, 1, 10);
    append(&out, 2, 0);
    append(&out, 3, 20);
    frame_reader_init(&r, MAX_LENGTH);
    feed(&r, out.data, out.len - 1);
    assert_frame(&r, 1, 10);
    assert_frame(&r, 2, 0);
    assert_int_equal(frame_reader_next(&r, &f), 0);
    feed(&r, out.data + out.len - 1, 1);
    assert_frame(&r, 3, 20);
    assert_int_equal(frame_reader_next(&r, &f), 0);
    frame_reader_done(&r);
    buffer_done(&out);
}

static void test_impossible_lengths(void **state)
{
    frame_reader_t r;
    frame_t f;

    (void) state;
    frame_reader_init(&r, MAX_LENGTH);
    feed(&r, "\0\0\0\0", 4);
    assert_int_equal(frame_reader_next(&r, &f), -EMSGSIZE);
    frame_reader_reset(&r);
    feed(&r, "\xa1\x86\1\0", 4); // 100001
    assert_int_equal(frame_reader_next(&r, &f), -EMSGSIZE);
    frame_reader_reset(&r);
    feed(&r, "\xff\xff\xff\xff", 4);
    assert_int_equal(frame_reader_next(&r, &f), -EMSGSIZE);
    frame_reader_done(&r);
}

static void test_a_length_alone_takes_no_memory(void **state)
{
    static const char zeros[20000];
    frame_reader_t r;
    frame_t f;

    (void) state;
    frame_reader_init(&r, FRAME_MAX);
    feed(&r, "\0\0\0\4\1", 5); // 64 MiB to come
    assert_int_equal(frame_reader_next(&r, &f), 0);
    feed(&r, zeros, sizeof(zeros));
    assert_int_equal(frame_reader_next(&r, &f), 0);
    assert_true(r.cap <= 2 * sizeof(zeros));
    frame_reader_done(&r);
}

static void test_a_large_buffer_is_given_back(void **state)
{
    frame_reader_t r;
    buffer_t out = {0};

    (void) state;
    append(&out, 9, 99999);
    frame_reader_init(&r, MAX_LENGTH);
    feed(&r, out.data, out.len);
    assert_true(r.cap >= 99999);
    assert_frame(&r, 9, 99999);
    feed(&r, out.data, 3);
    assert_true(r.cap < 99999);
    feed(&r, out.data + 3, out.len - 3);
    assert_frame(&r, 9, 99999);
    frame_reader_done(&r);
    buffer_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_layout),
            cmocka_unit_test(test_any_cut),
            cmocka_unit_test(test_several_at_once),
            cmocka_unit_test(test_impossible_lengths),
            cmocka_unit_test(test_a_length_alone_takes_no_memory),
            cmocka_unit_test(test_a_large_buffer_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
