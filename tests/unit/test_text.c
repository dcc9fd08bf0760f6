#include "common/cleanup.h"
#include "common/text.h"
#include "tests/support/cmocka.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define BAD "\xef\xbf\xbd"

static void assert_sanitized(const char *in, size_t len, bool utf8, const char *expected)
{
    char buf[256];
    size_t n = text_sanitize(buf, sizeof(buf), in, len, utf8);

    assert_string_equal(buf, expected);
    assert_int_equal(n, strlen(expected));
}

static void test_decode(void **state)
{
    static const struct {
        const char *in;
        size_t len;
        uint32_t codepoint;
        size_t used;
    } cases[] = {
            {"a", 1, 'a', 1},
            {"\0", 1, 0, 1},
            {"\xc3\xa4", 2, 0xe4, 2},
            {"\xe2\x82\xac", 3, 0x20ac, 3},
            {"\xf0\x9f\x98\x80", 4, 0x1f600, 4},
            {"\xf4\x8f\xbf\xbf", 4, 0x10ffff, 4},
            {"\xf4\x90\x80\x80", 4, 0xfffd, 1}, // beyond Unicode
            {"\xc0\x80", 2, 0xfffd, 1},         // not the shortest form
            {"\xe0\x80\xaf", 3, 0xfffd, 1},
            {"\xf0\x80\x80\x80", 4, 0xfffd, 1},
            {"\xed\xa0\x80", 3, 0xfffd, 1}, // a surrogate
            {"\x80", 1, 0xfffd, 1},
            {"\xff", 1, 0xfffd, 1},
            {"\xe2\x82", 2, 0xfffd, 1}, // cut off
            {"\xe2\x28\xa1", 3, 0xfffd, 1},
            {"", 0, 0xfffd, 0},
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint32_t codepoint;
        size_t used = text_decode(cases[i].in, cases[i].len, &codepoint);

        if (used != cases[i].used || codepoint != cases[i].codepoint)
            fail_msg("case %zu: %zu bytes, U+%04x", i, used, codepoint);
    }
}

static void test_what_a_terminal_must_not_get(void **state)
{
    (void) state;
    assert_sanitized("\x1b[2Jx\x07\x7f\n\t\0y", 11, true, "?[2Jx?????y");
    assert_sanitized("\xc2\x9b"
                     "31m",
            5, true, "?31m"); // C1 as UTF-8
    assert_sanitized("\x9b"
                     "31m",
            4, true, BAD "31m"); // C1 as a byte
    assert_sanitized("a\xe2\x80\xae"
                     "b",
            5, true, "a?b"); // right-to-left override
    assert_sanitized("a\xe2\x80\xa8"
                     "b\xe2\x80\xa9",
            8, true, "a?b?"); // line, paragraph separator
    assert_sanitized("a\xe2\x80\x8b"
                     "b",
            5, true, "a?b");                              // zero-width space
    assert_sanitized("\xef\xbb\xbfx", 4, true, "?x");     // byte-order mark
    assert_sanitized("\xe2\x81\xa6x", 4, true, "?x");     // isolate
    assert_sanitized("\xf3\xa0\x80\x81x", 5, true, "?x"); // tag
    assert_sanitized("\xc3\xa4\xe2\x82\xac", 5, true, "\xc3\xa4\xe2\x82\xac");
    assert_sanitized("\xc3\xa4\xff!", 4, true, "\xc3\xa4" BAD "!");
}

static void test_ascii_only(void **state)
{
    (void) state;
    assert_sanitized("a\xc3\xa4\xff\x1b", 5, false, "a???");
    assert_sanitized("plain ~", 7, false, "plain ~");
}

static void test_never_cuts_a_code_point(void **state)
{
    const char *in = "a\xe2\x82\xac\xff"
                     "b";
    char buf[16];

    (void) state;
    for (size_t cap = 1; cap < sizeof(buf); cap++) {
        size_t n;
        uint32_t codepoint;

        memset(buf, 'X', sizeof(buf));
        n = text_sanitize(buf, cap, in, strlen(in), true);
        assert_true(n < cap);
        assert_int_equal(buf[n], '\0');
        assert_int_equal(buf[cap], 'X');
        for (size_t i = 0; i < n;) {
            size_t used = text_decode(buf + i, n - i, &codepoint);

            assert_true(used == 3 || codepoint < 0x80);
            i += used;
        }
    }
    buf[0] = 'X';
    assert_int_equal(text_sanitize(buf, 0, in, strlen(in), true), 0);
    assert_int_equal(buf[0], 'X');
}

// Whatever goes in, what comes out is valid, printable, and fits.
static void test_random_bytes(void **state)
{
    (void) state;
    srand(1);
    for (int i = 0; i < 20000; i++) {
        char in[24], buf[48];
        size_t len = (size_t) rand() % sizeof(in), n;
        bool utf8 = rand() % 2;

        for (size_t k = 0; k < len; k++)
            in[k] = (char) (rand() % 3 ? 0x80 + rand() % 0x80 : rand());
        n = text_sanitize(buf, 1 + (size_t) rand() % sizeof(buf), in, len, utf8);
        assert_int_equal(strlen(buf), n);
        for (size_t k = 0; k < n;) {
            uint32_t codepoint;

            k += text_decode(buf + k, n - k, &codepoint);
            assert_true(codepoint >= 0x20 && codepoint != 0x7f);
            assert_false(codepoint >= 0x80 && (codepoint < 0xa0 || !utf8));
            assert_false(codepoint >= 0x202a && codepoint <= 0x202e);
        }
    }
}

static void test_names_are_seen(void **state)
{
    char buf[16], small[4];

    (void) state;
    assert_int_equal(text_name(buf, sizeof(buf), "sh", 2, true), 2);
    assert_string_equal(buf, "sh");
    assert_int_equal(text_name(buf, sizeof(buf), " sh ", 4, true), 4);
    assert_string_equal(buf, " sh ");
    assert_int_equal(text_name(buf, sizeof(buf), "", 0, true), 2);
    assert_string_equal(buf, "''");
    assert_int_equal(text_name(buf, sizeof(buf), "  ", 2, true), 4);
    assert_string_equal(buf, "'  '");
    assert_int_equal(text_name(buf, sizeof(buf), "\xe2\xa0\x80 ", 4, true), 6);
    assert_string_equal(buf, "'\xe2\xa0\x80 '");
    assert_int_equal(text_name(buf, sizeof(buf), "\xe2\xa0\x80", 3, false), 1);
    assert_string_equal(buf, "?");
    // Where there is hardly room, and where there is none.
    assert_int_equal(text_name(small, sizeof(small), "      ", 6, true), 3);
    assert_string_equal(small, "' '");
    assert_int_equal(text_name(small, 2, "      ", 6, true), 1);
    assert_string_equal(small, " ");
    assert_int_equal(text_name(small, 0, "", 0, true), 0);
}

static void test_width(void **state)
{
    size_t columns;

    (void) state;
    assert_int_equal(text_codepoint_width('a'), 1);
    assert_int_equal(text_codepoint_width(0x1b), -1);
    assert_int_equal(text_codepoint_width(0x9b), -1);
    assert_int_equal(text_codepoint_width(0xfffd), 1);
    assert_int_equal(text_width(""), 0);
    assert_int_equal(text_width("abc"), 3);
    assert_int_equal(text_fit("abc", 2, &columns), 2);
    assert_int_equal(columns, 2);
    assert_int_equal(text_fit("abc", 0, &columns), 0);
    assert_int_equal(columns, 0);
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        return;
    assert_int_equal(text_codepoint_width(0x4e2d), 2);
    assert_int_equal(text_codepoint_width(0x301), 0);
    assert_int_equal(text_width("\xe4\xb8\xad\xe6\x96\x87"), 4);
    assert_int_equal(text_fit("\xe4\xb8\xad\xe6\x96\x87", 3, &columns), 3);
    assert_int_equal(columns, 2);
    assert_int_equal(text_fit("e\xcc\x81x", 1, &columns), 3); // the accent belongs to the letter
    assert_int_equal(columns, 1);
}

static void test_wrap(void **state)
{
    static const struct {
        const char *text;
        size_t columns, len;
    } cases[] = {
            {"", 5, 0}, {"fits", 5, 4}, {"fits here", 9, 9}, {"fits here", 7, 4},
            {"fits here", 4, 4}, // the blank may lie beyond
            {"a-very-long-word", 6, 6},
            {"a very-long-word", 6, 6}, // half of the line would be empty
            {"x", 0, 1},                // never nothing, or nobody would get on
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(text_wrap(cases[i].text, cases[i].columns), cases[i].len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_decode),
            cmocka_unit_test(test_what_a_terminal_must_not_get),
            cmocka_unit_test(test_ascii_only),
            cmocka_unit_test(test_never_cuts_a_code_point),
            cmocka_unit_test(test_random_bytes),
            cmocka_unit_test(test_names_are_seen),
            cmocka_unit_test(test_width),
            cmocka_unit_test(test_wrap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
