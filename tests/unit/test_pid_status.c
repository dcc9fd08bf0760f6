// status and io: lines are taken by the kernel's keys, wherever they stand, and nothing that a
// process is called can pass for one.

#include "common/cleanup.h"
#include "daemon/proc/pid_io.h"
#include "daemon/proc/pid_status.h"
#include "tests/support/cmocka.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char whole[] = "Name:\tpostgres\n"
                            "Umask:\t0077\n"
                            "State:\tS (sleeping)\n"
                            "Tgid:\t812\n"
                            "Ngid:\t0\n"
                            "Pid:\t812\n"
                            "PPid:\t1\n"
                            "TracerPid:\t0\n"
                            "Uid:\t114\t115\t116\t117\n"
                            "Gid:\t121\t122\t123\t124\n"
                            "FDSize:\t64\n"
                            "Groups:\t113 121 \n"
                            "VmPeak:\t  221072 kB\n"
                            "VmSize:\t  220544 kB\n"
                            "VmLck:\t      16 kB\n"
                            "VmPin:\t       0 kB\n"
                            "VmHWM:\t   30712 kB\n"
                            "VmRSS:\t   29000 kB\n"
                            "RssAnon:\t    2100 kB\n"
                            "RssFile:\t   24000 kB\n"
                            "RssShmem:\t    2900 kB\n"
                            "VmData:\t    1312 kB\n"
                            "VmPTE:\t     124 kB\n"
                            "VmSwap:\t     640 kB\n"
                            "Threads:\t1\n"
                            "CapInh:\t0000000000000000\n"
                            "CapPrm:\t000001ffffffffff\n"
                            "CapEff:\t0000000000000000\n";

// On the heap and of the exact size, so that reading beyond is noticed.
static int parse(const char *text, size_t len, pid_status_t *ret)
{
    _cleanup_free_ char *copy = malloc(len > 0 ? len : 1);

    assert_non_null(copy);
    memcpy(copy, text, len);
    return pid_status_parse(copy, len, ret);
}

static void test_every_line(void **state)
{
    pid_status_t s;

    (void) state;
    assert_int_equal(parse(whole, sizeof(whole) - 1, &s), 0);
    assert_int_equal(s.has, (1 << 12) - 1);
    assert_int_equal(s.tgid, 812);
    assert_int_equal(s.hwm_kb, 30712);
    assert_int_equal(s.anon_kb, 2100);
    assert_int_equal(s.file_kb, 24000);
    assert_int_equal(s.shmem_kb, 2900);
    assert_int_equal(s.swap_kb, 640);
    assert_int_equal(s.locked_kb, 16);
    assert_int_equal(s.pte_kb, 124);
    assert_int_equal(s.size_kb, 220544);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(s.uid[i], 114 + i);
        assert_int_equal(s.gid[i], 121 + i);
    }
    assert_true(s.caps_permitted == UINT64_C(0x1ffffffffff));
}

static void test_names_are_no_lines(void **state)
{
    // As the kernel writes them: newlines and backslashes escaped, so all on the first line.
    static const char *const names[] = {"VmRSS: 99999999", "x\\nRssAnon:\\t99999999 kB",
            "Uid:\\t0\\t0\\t0\\t0", "a) R 1 1", "\x1b[2J\x01\xff", ""};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char text[2048];
        pid_status_t s;

        snprintf(text, sizeof(text), "Name:\t%s\n%s", names[i], whole + sizeof("Name:\tpostgres"));
        assert_int_equal(parse(text, strlen(text), &s), 0);
        assert_int_equal(s.anon_kb, 2100);
        assert_int_equal(s.uid[0], 114);
    }
}

static void test_truncated(void **state)
{
    pid_status_t s;

    (void) state;
    for (size_t len = 0; len < sizeof(whole); len++) {
        if (parse(whole, len, &s) < 0)
            continue;
        // A number that is cut off is a smaller one, never another line's.
        assert_true(!(s.has & PID_STATUS_ANON) || s.anon_kb <= 2100);
        assert_true(!(s.has & PID_STATUS_UID) || s.uid[0] == 114);
    }
    assert_int_equal(parse(whole, 20, &s), -EBADMSG);
}

static void test_kernel_thread_has_no_memory(void **state)
{
    static const char text[] = "Name:\tkthreadd\nState:\tS (sleeping)\nTgid:\t2\nUid:\t0\t0\t0\t0\n"
                               "Gid:\t0\t0\t0\t0\nThreads:\t1\nCapPrm:\t000001ffffffffff\n";
    pid_status_t s;

    (void) state;
    assert_int_equal(parse(text, sizeof(text) - 1, &s), 0);
    assert_int_equal(s.has, PID_STATUS_TGID | PID_STATUS_UID | PID_STATUS_GID | PID_STATUS_CAPS);
}

static void test_odd_lines(void **state)
{
    static const struct {
        const char *text;
        unsigned has;
    } odd[] = {
            {"RssAnon:\n", 0},
            {"RssAnon: kB\n", 0},
            {"RssAnon: -5 kB\n", 0},
            {"RssAnonymous: 5 kB\n", 0},
            {" RssAnon: 5 kB\n", 0},
            {"RssAnon: 5", PID_STATUS_ANON},
            {"RssAnon:5 kB\n", PID_STATUS_ANON},
            {"Uid:\t1\t2\t3\n", 0},
            {"Uid:\t1\t2\t3\t4294967296\n", 0},
            {"Uid:\t1\t2\t3\t4294967295\n", PID_STATUS_UID},
            {"CapPrm:\tx\n", 0},
            {"CapPrm:\n", 0},
            {"\n\n\nVmSwap: 1 kB\n\n", PID_STATUS_SWAP},
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
        pid_status_t s = {.has = 77};
        int r = parse(odd[i].text, strlen(odd[i].text), &s);

        assert_int_equal(r, odd[i].has ? 0 : -EBADMSG);
        assert_int_equal(s.has, odd[i].has ? odd[i].has : 77);
    }
}

static void test_numbers_saturate(void **state)
{
    static const char text[] =
            "VmHWM: 18446744073709551616 kB\nVmSwap: 99999999999999999999999999\n";
    pid_status_t s;

    (void) state;
    assert_int_equal(parse(text, sizeof(text) - 1, &s), 0);
    assert_true(s.hwm_kb == UINT64_MAX);
    assert_true(s.swap_kb == UINT64_MAX);
}

static const char io_text[] = "rchar: 4292\nwchar: 17\nsyscr: 13\nsyscw: 2\nread_bytes: 8192\n"
                              "write_bytes: 4096\ncancelled_write_bytes: 1024\n";

static void test_io(void **state)
{
    pid_io_t io = {.rchar = 77};

    (void) state;
    // All of it or nothing; the last number may be cut off in the middle all the same.
    for (size_t len = 0; len + 4 < sizeof(io_text) - 1; len++) {
        _cleanup_free_ char *copy = malloc(len > 0 ? len : 1);

        assert_non_null(copy);
        memcpy(copy, io_text, len);
        assert_int_equal(pid_io_parse(copy, len, &io), -EBADMSG);
        assert_int_equal(io.rchar, 77);
    }
    assert_int_equal(pid_io_parse(io_text, sizeof(io_text) - 1, &io), 0);
    assert_int_equal(io.rchar, 4292);
    assert_int_equal(io.wchar, 17);
    assert_int_equal(io.read_bytes, 8192);
    assert_int_equal(io.write_bytes, 4096);
    assert_int_equal(io.cancelled_write_bytes, 1024);
}

static void test_io_lines_are_not_mixed_up(void **state)
{
    // "write_bytes" is the end of "cancelled_write_bytes".
    static const char text[] = "cancelled_write_bytes: 5\nread_bytes: 4\nwchar: 3\nrchar: 2\n";
    pid_io_t io;

    (void) state;
    assert_int_equal(pid_io_parse(text, sizeof(text) - 1, &io), -EBADMSG);
    assert_int_equal(pid_io_parse("rchar: x\n", 9, &io), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_every_line),
            cmocka_unit_test(test_names_are_no_lines),
            cmocka_unit_test(test_truncated),
            cmocka_unit_test(test_kernel_thread_has_no_memory),
            cmocka_unit_test(test_odd_lines),
            cmocka_unit_test(test_numbers_saturate),
            cmocka_unit_test(test_io),
            cmocka_unit_test(test_io_lines_are_not_mixed_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
