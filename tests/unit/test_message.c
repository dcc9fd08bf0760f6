#include "protocol/cursor.h"
#include "protocol/frame.h"
#include "protocol/message.h"
#include "tests/support/cmocka.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char bytes[] = "a\0\x1b[31m\xff";

static void fill(const message_info_t *info, message_t *m)
{
    memset(m, 0, sizeof(*m));
    for (size_t i = 0; i < info->n_fields; i++) {
        const message_field_t *f = &info->fields[i];
        void *value = (char *) m + f->offset;

        switch (f->kind) {
        case MESSAGE_KIND_UINT:
            *(uint64_t *) value = UINT64_MAX - i;
            break;
        case MESSAGE_KIND_INT:
            *(int64_t *) value = INT64_MIN + (int64_t) i;
            break;
        case MESSAGE_KIND_TEXT:
        case MESSAGE_KIND_BYTES:
            *(text_view_t *) value = (text_view_t){bytes, sizeof(bytes) - 1 - i % 2};
            break;
        }
        *(bool *) ((char *) m + f->has_offset) = true;
    }
}

static void assert_same_message(const message_info_t *info, const message_t *a, const message_t *b)
{
    for (size_t i = 0; i < info->n_fields; i++) {
        const message_field_t *f = &info->fields[i];
        const char *x = (const char *) a + f->offset, *y = (const char *) b + f->offset;

        assert_int_equal(*((const char *) a + f->has_offset), *((const char *) b + f->has_offset));
        if (f->kind == MESSAGE_KIND_TEXT || f->kind == MESSAGE_KIND_BYTES) {
            const text_view_t *s = (const void *) x, *t = (const void *) y;

            assert_int_equal(s->len, t->len);
            assert_memory_equal(s->data, t->data, s->len);
        } else {
            assert_memory_equal(x, y, sizeof(uint64_t));
        }
    }
}

static void test_tables(void **state)
{
    unsigned count = 0;

    (void) state;
    for (unsigned type = 0; type < 256; type++) {
        const message_info_t *info = message_info(type);

        if (!info)
            continue;
        count++;
        assert_int_equal(info->type, type);
        for (size_t i = 0; i < info->n_fields; i++) {
            assert_int_equal(info->fields[i].number, i + 1);
            assert_true(info->fields[i].since >= info->since);
            assert_true(info->fields[i].since <= PROTOCOL_VERSION_MAX);
            assert_true(strlen(info->fields[i].doc) > 0);
        }
    }
    assert_int_equal(count, 17);
    assert_null(message_info(0));
    assert_null(message_info(MESSAGE_TYPE_MAX));
}

static void test_round_trip(void **state)
{
    buffer_t out = {0};

    (void) state;
    for (unsigned type = 1; type < MESSAGE_TYPE_MAX; type++) {
        const message_info_t *info = message_info(type);
        message_t sent, got;

        if (type == MESSAGE_TICK)
            continue;
        fill(info, &sent);
        buffer_reset(&out);
        assert_int_equal(message_append(&out, type, &sent), 0);
        assert_int_equal(out.data[4], type);
        assert_int_equal(message_decode(type, out.data + 5, out.len - 5, &got), 0);
        assert_same_message(info, &sent, &got);
    }
    buffer_done(&out);
}

static void test_absent_fields_are_unknown(void **state)
{
    inspect_message_t sent = {0};
    buffer_t out = {0};
    message_t got;

    (void) state;
    MESSAGE_SET(&sent, pid, 0);
    assert_int_equal(message_append(&out, MESSAGE_INSPECT, &sent), 0);
    assert_int_equal(message_decode(MESSAGE_INSPECT, out.data + 5, out.len - 5, &got), 0);
    assert_true(got.inspect.has.pid);
    assert_int_equal(got.inspect.pid, 0);
    assert_false(got.inspect.has.start_time);
    buffer_done(&out);
}

// Every prefix of a message is a message with fewer fields, or malformed; no byte beyond is read.
static void test_every_prefix(void **state)
{
    buffer_t out = {0};
    message_t sent, got;
    size_t accepted = 0;

    (void) state;
    fill(message_info(MESSAGE_DETAILS), &sent);
    assert_int_equal(message_append(&out, MESSAGE_DETAILS, &sent), 0);
    for (size_t len = 0; len <= out.len - 5; len++) {
        void *exact = malloc(len + 1);
        int r;

        assert_non_null(exact);
        memcpy(exact, out.data + 5, len);
        r = message_decode(MESSAGE_DETAILS, exact, len, &got);
        assert_true(r == 0 || r == -EBADMSG);
        accepted += r == 0;
        free(exact);
    }
    assert_int_equal(accepted, message_info(MESSAGE_DETAILS)->n_fields + 1);
    buffer_done(&out);
}

static void put_unknown(buffer_t *b)
{
    buffer_put_varint(b, UINT64_C(1000) << 1);
    buffer_put_varint(b, UINT64_MAX);
    buffer_put_varint(b, UINT64_C(1001) << 1 | 1);
    buffer_put_varint(b, 3);
    buffer_put(b, "xyz", 3);
    buffer_put_varint(b, 0); // number 0 is nobody's
    buffer_put_varint(b, 5);
}

static void test_unknown_fields_are_skipped(void **state)
{
    buffer_t b = {0};
    message_t got;

    (void) state;
    put_unknown(&b);
    buffer_put_varint(&b, 2 << 1);
    buffer_put_varint(&b, 77);
    put_unknown(&b);
    assert_int_equal(message_decode(MESSAGE_INSPECT, b.data, b.len, &got), 0);
    assert_false(got.inspect.has.pid);
    assert_true(got.inspect.has.start_time);
    assert_int_equal(got.inspect.start_time, 77);
    buffer_done(&b);
}

static void test_unknown_types(void **state)
{
    message_t got;

    (void) state;
    assert_int_equal(message_decode(MESSAGE_TYPE_MAX, "", 0, &got), -EOPNOTSUPP);
    assert_int_equal(message_decode((message_type_t) 0, "", 0, &got), -EOPNOTSUPP);
    assert_int_equal(message_decode(MESSAGE_TICK, "\1\0", 2, &got), -EOPNOTSUPP);
}

static void test_malformed(void **state)
{
    static const struct {
        const char *what;
        const char *body;
        size_t len;
    } cases[] = {
            {"a number where a text belongs", "\4\1", 2},
            {"a text where a number belongs", "\3\1x", 3},
            {"a text longer than the body", "\5\x7fx", 3},
            {"a text of 2^64 - 1 bytes", "\5\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 11},
            {"a key without value", "\2", 1},
            {"half a key", "\x80", 1},
    };
    message_t got = {.refused = {.code = 1234}};

    (void) state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (message_decode(MESSAGE_REFUSED, cases[i].body, cases[i].len, &got) != -EBADMSG)
            fail_msg("accepted: %s", cases[i].what);
        assert_int_equal(got.refused.code, 1234);
    }
}

static void test_a_failed_append_leaves_no_trace(void **state)
{
    pause_message_t m = {0};
    buffer_t out = {.max = 16};

    (void) state;
    MESSAGE_SET(&m, paused, 1);
    assert_int_equal(message_append(&out, MESSAGE_PAUSE, &m), 0);
    assert_int_equal(message_append(&out, MESSAGE_PAUSE, &m), 0);
    assert_int_equal(out.len, 14);
    assert_int_equal(message_append(&out, MESSAGE_PAUSE, &m), -E2BIG);
    assert_int_equal(out.len, 14);
    assert_false(out.failed);
    assert_int_equal(message_append(&out, MESSAGE_TICK, &m), -EINVAL);
    buffer_done(&out);
}

static void test_print(void **state)
{
    message_t m = {0};
    char text[200], small[8];

    (void) state;
    MESSAGE_SET(&m.refused, code, 2);
    MESSAGE_SET_TEXT(&m.refused, text, "full\x1b[2J\xff", 9);
    message_print(MESSAGE_REFUSED, &m, text, sizeof(text));
    assert_string_equal(text, "REFUSED code=2 text=\"full?[2J\xef\xbf\xbd\"");
    assert_int_equal(message_print(MESSAGE_REFUSED, &m, small, sizeof(small)), 7);
    assert_string_equal(small, "REFUSED");
    message_print((message_type_t) 99, &m, text, sizeof(text));
    assert_string_equal(text, "message 99");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_tables),
            cmocka_unit_test(test_round_trip),
            cmocka_unit_test(test_absent_fields_are_unknown),
            cmocka_unit_test(test_every_prefix),
            cmocka_unit_test(test_unknown_fields_are_skipped),
            cmocka_unit_test(test_unknown_types),
            cmocka_unit_test(test_malformed),
            cmocka_unit_test(test_a_failed_append_leaves_no_trace),
            cmocka_unit_test(test_print),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
