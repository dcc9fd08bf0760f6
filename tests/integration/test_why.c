// Random hogs, and a daemon that is asked about each: it has to name the right one.

#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/hogs.h"
#include "tests/support/process.h"
#include "tests/support/temporary.h"
#include "tests/support/witness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOGS        6
#define TRIES       8 // others may be busy on this host
#define MISSES      3 // but then only, or nearly so
#define TMPFS_MAGIC 0x01021994
#define NEEDED_KB   (2 << 20)

typedef struct {
    temporary_t dir;
    char socket[128];
    process_t daemon;
    hog_range_t range;
} fixture_t;

static fixture_t f;

static int setup(void **state)
{
    (void) state;
    f = (fixture_t){.dir = temporary_new()};
    setenv("XDG_CONFIG_HOME", f.dir.path, 1);
    witness_start();
    snprintf(f.socket, sizeof(f.socket), "%s", temporary_path(&f.dir, "socket"));
    f.daemon = process_start_listening(
            (const char *const[]){MEMSCOPED_PATH, "--socket", f.socket, NULL}, f.socket);
    f.range = (hog_range_t){.memscope = MEMSCOPE_PATH,
            .socket = f.socket,
            .mb_min = 96,
            .mb_max = 400,
            .ms_min = 300,
            .ms_max = 2500};
    return 0;
}

static int teardown(void **state)
{
    (void) state;
    process_stop(&f.daemon);
    temporary_remove(&f.dir);
    return 0;
}

static uint64_t available_kb(void)
{
    char line[128];
    uint64_t kb = 0;
    FILE *file = fopen("/proc/meminfo", "re");

    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, "MemAvailable: %lu", &kb) == 1)
            break;
    if (file)
        fclose(file);
    return kb;
}

static bool has_tmpfs(const char *path)
{
    struct statfs s;

    return statfs(path, &s) == 0 && s.f_type == TMPFS_MAGIC && access(path, W_OK) == 0;
}

// False: others were too busy for any answer to be right or wrong.
static bool try_hog(const hog_plan_t *plan)
{
    hog_finding_t found;
    unsigned misses = 0;

    for (unsigned i = 0; i < TRIES && misses < MISSES; i++) {
        if (!hog_run(&f.range, plan, &found))
            fail_msg("no answer about a hog, %s", hog_kind_name(plan->kind));
        print_message("# %s, %u MB: %s\n", hog_kind_name(plan->kind), plan->mb, found.sentence);
        assert_true(found.adds_up);
        if (found.first && found.named && fabs(found.unexplained) <= 0.05)
            return true;
        misses += !found.disturbed;
    }
    if (misses < MISSES)
        return false;
    fail_msg("not found: %s, %u MB in %u ms, held for %u ms", hog_kind_name(plan->kind), plan->mb,
            plan->take_ms, plan->hold_ms);
    return false;
}

static void test_the_culprit_is_named(void **state)
{
    unsigned found = 0;

    (void) state;
    if (available_kb() < NEEDED_KB)
        skip_because("less than 2 GiB of memory are free");
    if (has_tmpfs("/dev/shm"))
        f.range.tmpfs = "/dev/shm";
    else
        print_message("# files in tmpfs are left out: /dev/shm is none\n");
    for (unsigned i = 0; i < HOGS; i++) {
        hog_plan_t plan = hog_plan(&f.range, (uint64_t) getpid(), i);

        found += try_hog(&plan);
    }
    if (found == HOGS)
        return;
    skip_because("%u of %u hogs, others are too busy", HOGS - found, HOGS);
}

// By their own figures nothing happens to either of the two.
static void test_a_copy_that_is_written_to(void **state)
{
    static const hog_kind_t kinds[] = {HOG_COPY, HOG_COPIED};

    (void) state;
    if (available_kb() < NEEDED_KB)
        skip_because("less than 2 GiB of memory are free");
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        const hog_plan_t plan = {
                .kind = kinds[i], .mb = 512, .take_ms = i * 3000, .hold_ms = 2000, .alive = i > 0};

        if (!try_hog(&plan))
            skip_because("others are too busy");
    }
}

// More than the daemon answers between two ticks: a script that asks in a row waits for its turn.
static void test_one_after_the_other(void **state)
{
    char socket[160], out[16384];

    (void) state;
    snprintf(socket, sizeof(socket), "--socket=%s", f.socket);
    for (int i = 0; i < 12; i++) {
        int status = process_run(
                (const char *const[]){MEMSCOPE_PATH, "why", socket, NULL}, out, sizeof(out));

        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            fail_msg("%d: %s", i, out);
    }
}

static void test_spans(void **state)
{
    static const struct {
        const char *since, *until;
        int status;
        const char *says;
    } cases[] = {
            {"-10m", "now", 0, "used memory"},
            {"-1h30m", "-0s", 0, "used memory"},
            {"2999-01-01", "now", 2, "--since '2999-01-01' lies in the future"},
            {"now", "-10m", 2, "--since 'now' lies after --until '-10m'"},
            {"2020-01-01T14:02", "2020-01-01T14:03:59Z", 1, "nothing is known of that time"},
            {"yesterday", "now", 2, "--since 'yesterday': expected"},
            {"-10m", "25:00", 2, "--until '25:00': expected"},
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char socket[160], since[64], until[64], out[16384];
        int status;

        snprintf(socket, sizeof(socket), "--socket=%s", f.socket);
        snprintf(since, sizeof(since), "--since=%s", cases[i].since);
        snprintf(until, sizeof(until), "--until=%s", cases[i].until);
        status =
                process_run((const char *const[]){MEMSCOPE_PATH, "why", socket, since, until, NULL},
                        out, sizeof(out));
        if (!WIFEXITED(status) || WEXITSTATUS(status) != cases[i].status ||
                !strstr(out, cases[i].says))
            fail_msg("%s %s: status %#x: %s", since, until, (unsigned) status, out);
    }
}

// Five minutes before the end, wherever that is.
static void test_default_span(void **state)
{
    static const struct {
        const char *until;
        int status;
        const char *says;
    } cases[] = {{"2999-01-01", 0, "used memory"}, {"-1h", 1, "nothing is known of that time"}};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char out[16384];
        int status = process_run((const char *const[]){MEMSCOPE_PATH, "why", "--socket", f.socket,
                                         "--until", cases[i].until, NULL},
                out, sizeof(out));

        assert_int_equal(WEXITSTATUS(status), cases[i].status);
        assert_non_null(strstr(out, cases[i].says));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_one_after_the_other),
            cmocka_unit_test(test_spans),
            cmocka_unit_test(test_default_span),
            cmocka_unit_test(test_the_culprit_is_named),
            cmocka_unit_test(test_a_copy_that_is_written_to),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
