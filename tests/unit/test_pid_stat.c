// stat, statm and schedstat: whatever a process calls itself, its numbers are its own.

#include "common/cleanup.h"
#include "daemon/proc/pid_stat.h"
#include "tests/support/cmocka.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

// All that follows the name, with every wanted field different.
#define REST                                                                                     \
    " S 4 5 6 34816 -1 4194560 8 9 10 11 12 13 14 15 20 0 3 0 19 21000 22 18446744073709551615 " \
    "24 25 140730000000 27 28 29 30 31 32 33 0 0 17 1 0 0 0 0 0 1 2 3 4 5 6 7 265\n"

// On the heap and of the exact size, so that reading beyond is noticed.
static int parse(const char *text, size_t len, pid_stat_t *ret)
{
    _cleanup_free_ char *copy = malloc(len > 0 ? len : 1);

    assert_non_null(copy);
    memcpy(copy, text, len);
    return pid_stat_parse(copy, len, ret);
}

static void check_numbers(const pid_stat_t *s)
{
    assert_int_equal(s->pid, 4711);
    assert_int_equal(s->state, 'S');
    assert_int_equal(s->ppid, 4);
    assert_int_equal(s->flags, 4194560);
    assert_int_equal(s->minflt, 8);
    assert_int_equal(s->majflt, 10);
    assert_int_equal(s->utime, 12);
    assert_int_equal(s->stime, 13);
    assert_int_equal(s->threads, 3);
    assert_int_equal(s->start_time, 19);
    assert_int_equal(s->rss_pages, 22);
    assert_int_equal(s->start_stack, 140730000000);
}

static void test_any_name(void **state)
{
    static const struct {
        const char *name;
        size_t len;
    } names[] = {
#define NAME(text) {text, sizeof(text) - 1}
            NAME("sleep"),
            NAME(""),
            NAME(")"),
            NAME("("),
            NAME(") R 1 1"),
            NAME("a) R 1 1 (b"),
            NAME("a) Z 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9"),
            NAME("two words"),
            NAME("new\nline"),
            NAME("\x1b[31mred"),
            NAME("\x01\x7f\xff\xc3"),
            NAME("nul\0in it"),
            NAME("VmRSS: 99999999"),
            NAME("kworker/u64:12-events_unbound"),
#undef NAME
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char text[512];
        size_t len = (size_t) sprintf(text, "4711 (");
        pid_stat_t s;

        memcpy(text + len, names[i].name, names[i].len);
        len += names[i].len;
        len += (size_t) sprintf(text + len, ")" REST);
        assert_int_equal(parse(text, len, &s), 0);
        assert_int_equal(s.name_len, names[i].len);
        assert_memory_equal(s.name, names[i].name, names[i].len);
        check_numbers(&s);
    }
}

static void test_long_name_is_cut(void **state)
{
    char text[1024] = "4711 (";
    pid_stat_t s;

    (void) state;
    memset(text + 6, 'x', 500);
    strcpy(text + 506, ")" REST);
    assert_int_equal(parse(text, strlen(text), &s), 0);
    assert_int_equal(s.name_len, PID_STAT_NAME_MAX);
    check_numbers(&s);
}

// A file that ends early says so, or has all that is wanted but what came later.
static void test_truncated(void **state)
{
    static const char text[] = "4711 (a) b)" REST;
    const char *after_rss = strstr(text, " 18446744073709551615");
    pid_stat_t s;

    (void) state;
    assert_non_null(after_rss);
    for (size_t len = 0; len < sizeof(text) - 1; len++) {
        int r = parse(text, len, &s);

        if (r == 0)
            assert_int_equal(s.start_time, 19);
        if (len <= (size_t) (after_rss - text) - 2)
            assert_int_equal(r, -EBADMSG);
    }
    assert_int_equal(parse(text, (size_t) (after_rss - text), &s), 0);
    assert_int_equal(s.rss_pages, 22);
    assert_int_equal(s.start_stack, 0); // unknown, not something else
}

static void test_garbage(void **state)
{
    static const char *const wrong[] = {"", "4711", "(a) S 1 2 3", "4711 a S 1 2", "x (a)" REST,
            "4711 )a(" REST, "4711 (a) S", "4711 (a)", "4711 (a) S x", "-1 (a)" REST};
    pid_stat_t s = {.pid = 1234};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        assert_int_equal(parse(wrong[i], strlen(wrong[i]), &s), -EBADMSG);
        assert_int_equal(s.pid, 1234); // untouched on failure
    }
}

static void test_numbers_saturate(void **state)
{
    static const char text[] = "4711 (a) S 4 5 6 34816 -1 4194560 99999999999999999999999999 9 10 "
                               "11 18446744073709551615 18446744073709551616 14 15 20 0 3 0 19 "
                               "21000 22 1 24 25 26\n";
    pid_stat_t s;

    (void) state;
    assert_int_equal(parse(text, sizeof(text) - 1, &s), 0);
    assert_true(s.minflt == UINT64_MAX);
    assert_true(s.utime == UINT64_MAX);
    assert_true(s.stime == UINT64_MAX);
    assert_int_equal(s.start_time, 19);
}

static void test_kernel_thread(void **state)
{
    static const char text[] =
            "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 1 0 0 20 0 1 0 3 0 0 "
            "18446744073709551615 0 0 0 0 0 0 0 2147483647 0 0 0 0 0 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
    pid_stat_t s;

    (void) state;
    assert_int_equal(parse(text, sizeof(text) - 1, &s), 0);
    assert_true(s.flags & PID_STAT_FLAG_KTHREAD);
    assert_int_equal(s.ppid, 0);
    assert_int_equal(s.start_stack, 0);
}

static void test_zombie(void **state)
{
    static const char text[] =
            "77 (gone) Z 70 70 1 0 -1 4228364 20 0 0 0 1 2 0 0 20 0 1 0 900 0 0 "
            "18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
    pid_stat_t s;

    (void) state;
    assert_int_equal(parse(text, sizeof(text) - 1, &s), 0);
    assert_int_equal(s.state, 'Z');
    assert_int_equal(s.rss_pages, 0);
    assert_false(s.flags & PID_STAT_FLAG_KTHREAD);
}

static void test_statm(void **state)
{
    static const char *const wrong[] = {"", "1", "1 2", "1 2 ", "a b c", "1 -2 3", "\n1\n2\n"};
    pid_statm_t m;

    (void) state;
    assert_int_equal(pid_statm_parse("1433 271 249 6 0 37 0\n", 22, &m), 0);
    assert_int_equal(m.size, 1433);
    assert_int_equal(m.resident, 271);
    assert_int_equal(m.shared, 249);
    assert_int_equal(pid_statm_parse("1 2 3", 5, &m), 0);
    assert_int_equal(m.shared, 3);
    assert_int_equal(pid_statm_parse("1 2 3", 4, &m), -EBADMSG); // ends before the third
    assert_int_equal(pid_statm_parse("99999999999999999999 2 3", 24, &m), 0);
    assert_true(m.size == UINT64_MAX);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_int_equal(pid_statm_parse(wrong[i], strlen(wrong[i]), &m), -EBADMSG);
}

static void test_schedstat(void **state)
{
    static const char *const wrong[] = {"", "1", "1 2", "1 2 x", "- - -"};
    pid_schedstat_t s;

    (void) state;
    assert_int_equal(pid_schedstat_parse("102833 2001 7\n", 14, &s), 0);
    assert_int_equal(s.run_ns, 102833);
    assert_int_equal(s.slices, 7);
    // Ran without a nanosecond counted, or counted without a slice: an account is kept.
    assert_int_equal(pid_schedstat_parse("0 0 7\n", 6, &s), 0);
    assert_int_equal(pid_schedstat_parse("7 0 0\n", 6, &s), 0);
    assert_int_equal(pid_schedstat_parse("0 0 0\n", 6, &s), -ENODATA);
    assert_int_equal(pid_schedstat_parse("0 5 0\n", 6, &s), -ENODATA);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_int_equal(pid_schedstat_parse(wrong[i], strlen(wrong[i]), &s), -EBADMSG);
}

static int parse_exit(const char *text, uint64_t *ret)
{
    size_t len = strlen(text);
    _cleanup_free_ char *copy = malloc(len > 0 ? len : 1);

    assert_non_null(copy);
    memcpy(copy, text, len);
    return pid_stat_parse_exit(copy, len, ret);
}

static void test_exit(void **state)
{
    static const char *const wrong[] = {"", "4711", "4711 (a", "4711 (a)", "4711 (a) Z 1 2",
            "4711 (a)                                                   "};
    uint64_t status = 0;

    (void) state;
    assert_int_equal(parse_exit("4711 (a) 9)" REST, &status), 0);
    assert_int_equal(status, 265);
    assert_int_equal(parse_exit("1 () Z 1 1 1 0 -1 4 0 0 0 0 9 9 0 0 20 0 1 0 80 0 0 0 0 0 0 0 0 0 "
                                "0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 9",
                             &status),
            0);
    assert_int_equal(status, 9);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_int_equal(parse_exit(wrong[i], &status), -EBADMSG);
    assert_int_equal(status, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_any_name),
            cmocka_unit_test(test_long_name_is_cut),
            cmocka_unit_test(test_truncated),
            cmocka_unit_test(test_garbage),
            cmocka_unit_test(test_numbers_saturate),
            cmocka_unit_test(test_kernel_thread),
            cmocka_unit_test(test_zombie),
            cmocka_unit_test(test_exit),
            cmocka_unit_test(test_statm),
            cmocka_unit_test(test_schedstat),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
