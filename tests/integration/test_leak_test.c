// The simulator that the other tests and people measure memscope against.

#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

// The kernel's own note of the most that was resident, so that no clock is involved. It counts in
// batches per processor, which is worth some hundred kB.
static long peak_kb(const char *start_mb, const char *mb_per_s, const char *seconds)
{
    process_t p =
            process_start((const char *const[]){LEAK_TEST_PATH, start_mb, mb_per_s, seconds, NULL});
    struct rusage usage;
    char line[64], expected[64];
    int status;

    snprintf(expected, sizeof(expected), "pid %d", (int) p.pid);
    assert_true(process_read_line(&p, line, sizeof(line)));
    assert_string_equal(line, expected);
    assert_false(process_read_line(&p, line, sizeof(line)));
    assert_int_equal(wait4(p.pid, &status, 0, &usage), p.pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    close(p.in);
    close(p.out);
    return usage.ru_maxrss;
}

static void test_growth_is_exact(void **state)
{
    long start = peak_kb("200", "0", "0.1");
    long grown = peak_kb("200", "50", "2");
    long fraction = peak_kb("200.5", "7.5", "1");

    (void) state;
    assert_in_range(start, 199 * 1024, 204 * 1024);
    assert_in_range(grown - start, 99 * 1024, 101 * 1024);
    assert_in_range(fraction - start, 7 * 1024, 9 * 1024);
}

static void test_runs_until_told(void **state)
{
    process_t p = process_start((const char *const[]){LEAK_TEST_PATH, "3", "20", NULL});
    char line[64];

    (void) state;
    assert_true(process_read_line(&p, line, sizeof(line)));
    while (proc_is_running(p.pid) && proc_kb(p.pid, "status", "RssAnon") < 10 * 1024)
        poll(NULL, 0, 10);
    assert_true(proc_is_running(p.pid));
    assert_int_equal(kill(p.pid, SIGTERM), 0);
    assert_false(process_read_line(&p, line, sizeof(line)));
    assert_int_equal(process_end(&p), 0);
}

static void test_usage_errors(void **state)
{
    static const char *const wrong[][5] = {
            {NULL},
            {"1"},
            {"1", "1", "1", "1"},
            {"-1", "1"},
            {"1", "-1"},
            {"1", "1", "-1"},
            {"", "1"},
            {" 1", "1"},
            {"1x", "1"},
            {"0x10", "1"},
            {"1e3", "1"},
            {"1.", "1"},
            {".5", "1"},
            {"nan", "1"},
            {"1", "inf"},
            {"+1", "1"},
            {"16777217", "1"},
            {"1", "99999999999999999999999999999999999999"},
            {"1", "1", "18446744073709551617"},
            {"--help", "1"},
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        const char *argv[6] = {LEAK_TEST_PATH};
        char output[512];

        memcpy(argv + 1, wrong[i], sizeof(wrong[i]));

        int status = process_run(argv, output, sizeof(output));
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 2);
        assert_true(strlen(output) > 10);
        assert_ptr_equal(strchr(output, '\n'), output + strlen(output) - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_growth_is_exact),
            cmocka_unit_test(test_runs_until_told),
            cmocka_unit_test(test_usage_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
