#include "common/cleanup.h"
#include "common/format.h"
#include "tests/support/cmocka.h"

#include <string.h>

static char buf[FORMAT_MAX];

#define MB UINT64_C(1024)
#define GB (1024 * MB)
#define TB (1024 * GB)

static void test_kb(void **state)
{
    (void) state;
    assert_string_equal(format_kb(buf, sizeof(buf), 0), "0 kB");
    assert_string_equal(format_kb(buf, sizeof(buf), 640), "640 kB");
    assert_string_equal(format_kb(buf, sizeof(buf), 999), "999 kB");
    assert_string_equal(format_kb(buf, sizeof(buf), 1024), "1.0 MB");
    assert_string_equal(format_kb(buf, sizeof(buf), 495309), "483.7 MB");
    assert_string_equal(format_kb(buf, sizeof(buf), 10000 * MB), "9.77 GB");
    assert_string_equal(format_kb(buf, sizeof(buf), 12 * GB), "12.00 GB");
    assert_string_equal(format_kb(buf, sizeof(buf), 16 * TB), "16.00 TB");
}

static void test_delta(void **state)
{
    (void) state;
    assert_string_equal(format_delta_kb(buf, sizeof(buf), 12595), "+12.30 MB");
    assert_string_equal(format_delta_kb(buf, sizeof(buf), -12), "-0.01 MB");
    assert_string_equal(format_delta_kb(buf, sizeof(buf), 0), "+0.00 MB");
    assert_string_equal(format_delta_kb(buf, sizeof(buf), -5), "+0.00 MB");
    assert_string_equal(format_delta_kb(buf, sizeof(buf), -6), "-0.01 MB");
    assert_string_equal(format_delta_kb(buf, sizeof(buf), (int64_t) (12 * GB)), "+12.00 GB");
    assert_string_equal(format_delta_kb(buf, sizeof(buf), -(int64_t) (12 * GB)), "-12.00 GB");
}

static void test_short(void **state)
{
    (void) state;
    assert_string_equal(format_kb_short(buf, sizeof(buf), 0), "0K");
    assert_string_equal(format_kb_short(buf, sizeof(buf), 640), "640K");
    assert_string_equal(format_kb_short(buf, sizeof(buf), 999), "999K");
    assert_string_equal(format_kb_short(buf, sizeof(buf), 1000), "1.0M");
    assert_string_equal(format_kb_short(buf, sizeof(buf), 484 * MB), "484M");
    assert_string_equal(format_kb_short(buf, sizeof(buf), 1258291), "1.2G");
    assert_string_equal(format_kb_short(buf, sizeof(buf), UINT64_MAX), "16Z");
    for (uint64_t kb = 1; kb < UINT64_MAX / 2; kb += 1 + kb / 77)
        assert_in_range(strlen(format_kb_short(buf, sizeof(buf), kb)), 2, 5);
}

static void test_of(void **state)
{
    (void) state;
    assert_string_equal(format_kb_of(buf, sizeof(buf), 13002342, 32 * GB), "12.4/32G");
    assert_string_equal(format_kb_of(buf, sizeof(buf), GB, 4 * GB), "1.0/4.0G");
    assert_string_equal(format_kb_of(buf, sizeof(buf), 100 * MB, 512 * MB), "100/512M");
    assert_string_equal(format_kb_of(buf, sizeof(buf), TB, 2 * TB), "1.00/2.0T");
    assert_string_equal(format_kb_of(buf, sizeof(buf), 0, 0), "0/0M");
}

static void test_permille(void **state)
{
    (void) state;
    assert_string_equal(format_permille(buf, sizeof(buf), 0), "0.0%");
    assert_string_equal(format_permille(buf, sizeof(buf), 21), "2.1%");
    assert_string_equal(format_permille(buf, sizeof(buf), 1000), "100.0%");
    assert_string_equal(format_permille(buf, sizeof(buf), 9999), "999.9%");
    assert_string_equal(format_permille(buf, sizeof(buf), 15996), "1600%");
    assert_string_equal(format_permille(buf, sizeof(buf), UINT64_MAX), "1844674407370955162%");
}

static void test_duration(void **state)
{
    (void) state;
    assert_string_equal(format_duration(buf, sizeof(buf), 59), "59 s");
    assert_string_equal(format_duration(buf, sizeof(buf), 720), "12 min");
    assert_string_equal(format_duration(buf, sizeof(buf), 3 * 3600 + 300), "3 h 05 min");
    assert_string_equal(format_duration(buf, sizeof(buf), 2 * 86400 + 4 * 3600), "2 d 4 h");
}

static void test_count(void **state)
{
    (void) state;
    assert_string_equal(format_count(buf, sizeof(buf), 0), "0");
    assert_string_equal(format_count(buf, sizeof(buf), 999), "999");
    assert_string_equal(format_count(buf, sizeof(buf), 1204), "1,204");
    assert_string_equal(format_count(buf, sizeof(buf), 100200300), "100,200,300");
    assert_string_equal(format_count(buf, sizeof(buf), UINT64_MAX), "18,446,744,073,709,551,615");
}

static void test_words(void **state)
{
    char small[8];

    (void) state;
    assert_string_equal(format_words(buf, sizeof(buf), ""), "");
    assert_string_equal(format_words(buf, sizeof(buf), "name"), "name");
    assert_string_equal(format_words(buf, sizeof(buf), "yes|no"), "yes or no");
    assert_string_equal(format_words(buf, sizeof(buf), "name|user|unit"), "name, user or unit");
    assert_string_equal(format_words(small, sizeof(small), "name|user|unit"), "name, u");
}

typedef char *(*formatter_t)(char *, size_t, uint64_t);

static char *delta(char *b, size_t cap, uint64_t kb)
{
    return format_delta_kb(b, cap, (int64_t) kb);
}

static char *of(char *b, size_t cap, uint64_t kb)
{
    return format_kb_of(b, cap, kb, kb);
}

static void test_any_number_in_any_space(void **state)
{
    static const formatter_t formatters[] = {
            format_kb, delta, format_kb_short, of, format_permille, format_duration, format_count};
    static const uint64_t numbers[] = {
            0, 1, 999, 1000, 123456789, INT64_MAX, (uint64_t) INT64_MAX + 1, UINT64_MAX};

    (void) state;
    for (size_t f = 0; f < ARRAY_SIZE(formatters); f++) {
        for (size_t n = 0; n < ARRAY_SIZE(numbers); n++) {
            char whole[64], small[8];

            formatters[f](whole, sizeof(whole), numbers[n]);
            assert_in_range(strlen(whole), 1, FORMAT_MAX - 1);
            for (size_t cap = 1; cap < sizeof(small); cap++) {
                memset(small, 'X', sizeof(small));
                formatters[f](small, cap, numbers[n]);
                assert_non_null(memchr(small, '\0', cap));
                assert_int_equal(small[cap], 'X');
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_kb),
            cmocka_unit_test(test_delta),
            cmocka_unit_test(test_short),
            cmocka_unit_test(test_of),
            cmocka_unit_test(test_permille),
            cmocka_unit_test(test_duration),
            cmocka_unit_test(test_count),
            cmocka_unit_test(test_words),
            cmocka_unit_test(test_any_number_in_any_space),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
