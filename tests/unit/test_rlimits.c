// What the daemon gets of the system for itself, under limits that a child sets itself.

#include "common/cleanup.h"
#include "common/log.h"
#include "daemon/confine/filter.h"
#include "daemon/confine/rlimits.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"

#include <cap-ng.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define LATER (256 << 20) // bytes that are mapped once memory is locked

typedef struct {
    int64_t locked_kb;
    bool can_map_later;
    char said[256];
} outcome_t;

// Without the capabilities that stand above limits, and with at most that limit.
static outcome_t lock_below(rlim_t limit)
{
    outcome_t o = {0};
    struct rlimit now;
    int said[2], result[2];
    ssize_t n;
    pid_t pid;

    assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &now), 0);
    limit = MIN(limit, now.rlim_max);
    assert_int_equal(pipe2(said, O_CLOEXEC), 0);
    assert_int_equal(pipe2(result, O_CLOEXEC), 0);
    pid = process_fork();
    if (pid == 0) {
        dup2(said[1], 2);
        log_open("test", LOG_LEVEL_INFO);
        capng_clear(CAPNG_SELECT_CAPS);
        if (setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){limit, limit}) < 0 ||
                capng_apply(CAPNG_SELECT_CAPS) < 0)
            _exit(1);
        rlimits_lock_memory();
        o.locked_kb = proc_kb(getpid(), "status", "VmLck");
        o.can_map_later = mmap(NULL, LATER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                                  0) != MAP_FAILED;
        _exit(write(result[1], &o, sizeof(o)) != sizeof(o));
    }
    close(said[1]);
    close(result[1]);
    assert_int_equal(process_wait(pid), 0);
    assert_int_equal(read(result[0], &o, sizeof(o)), sizeof(o));
    n = read(said[0], o.said, sizeof(o.said) - 1);
    o.said[n > 0 ? n : 0] = '\0';
    close(said[0]);
    close(result[0]);
    return o;
}

static void test_not_at_all(void **state)
{
    outcome_t o = lock_below(0);

    (void) state;
    if (FILTER_SANITIZED)
        skip_because("a sanitizer's memory is not locked");
    assert_int_equal(o.locked_kb, 0);
    assert_true(o.can_map_later);
    assert_non_null(strstr(o.said, "memory is not locked, but for 0 KiB of code: the limit"));
    assert_non_null(strstr(o.said, "LimitMEMLOCK="));
}

static void test_as_much_code_as_the_limit_allows(void **state)
{
    enum { LIMIT_KB = 2048 };
    struct rlimit now;
    outcome_t o;

    (void) state;
    assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &now), 0);
    if (FILTER_SANITIZED || now.rlim_max < LIMIT_KB * 1024)
        skip_because("the limit on locked memory is too low");
    o = lock_below(LIMIT_KB * 1024);
    assert_in_range(o.locked_kb, 64, LIMIT_KB);
    assert_true(o.can_map_later);
    assert_non_null(strstr(o.said, "is 2048 KiB\n"));
}

static void test_everything(void **state)
{
    struct rlimit now;
    outcome_t o;

    (void) state;
    assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &now), 0);
    if (FILTER_SANITIZED || now.rlim_max != RLIM_INFINITY)
        skip_because("memory may not be locked without limit here");
    o = lock_below(RLIM_INFINITY);
    assert_true(o.locked_kb > 1024);
    assert_true(o.can_map_later);
    assert_string_equal(o.said, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_not_at_all),
            cmocka_unit_test(test_as_much_code_as_the_limit_allows),
            cmocka_unit_test(test_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
