// memscoped.conf: what is right is applied, what is wrong is named with file and line.

#include "common/cleanup.h"
#include "daemon/settings/conf.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"
#include "tests/support/temporary.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
    temporary_t dir;
    char path[256], said[4096];
    settings_t settings;
    conf_texts_t texts;
} fixture_t;

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static int begin(void **state)
{
    fixture_t *f = calloc(1, sizeof(*f));

    f->dir = temporary_new();
    snprintf(f->path, sizeof(f->path), "%s", temporary_path(&f->dir, "memscoped.conf"));
    settings_default(&f->settings);
    *state = f;
    return 0;
}

static int end(void **state)
{
    fixture_t *f = *state;

    conf_texts_done(&f->texts);
    temporary_remove(&f->dir);
    free(f);
    return 0;
}

// Loads with what goes to stderr kept in `said`.
static unsigned load(fixture_t *f, bool required)
{
    _cleanup_close_ int copy = dup(2), file = open(f->dir.path, O_TMPFILE | O_RDWR, 0600);
    unsigned mistakes;
    ssize_t n;

    assert_true(copy >= 0 && file >= 0);
    dup2(file, 2);
    mistakes = conf_load(&f->settings, &f->texts, f->path, required);
    dup2(copy, 2);
    n = pread(file, f->said, sizeof(f->said) - 1, 0);
    f->said[n > 0 ? n : 0] = '\0';
    return mistakes;
}

static void test_settings(void **state)
{
    fixture_t *f = *state;

    write_text(f->path, "# for a large host\nmemory-max = 2G\n\n  pss-budget=1.5\n"
                        "\tgroup = ops ; who may look\nmax-subscribers = 10\n");
    assert_int_equal(load(f, true), 0);
    assert_string_equal(f->said, "");
    assert_int_equal(f->settings.memory_max, UINT64_C(2) << 30);
    assert_int_equal(f->settings.pss_budget_ppm, 15000);
    assert_string_equal(f->settings.group, "ops");
    assert_int_equal(f->settings.subscribers_max, 10);
}

static void test_mistakes(void **state)
{
    fixture_t *f = *state;
    char expected[512];

    write_text(f->path, "pss-budget = 1\nmemory-max = lots\n\nno-such-key = 1\nmax-per-user = 0\n"
                        "proc = /tmp\nprivate = 3\n[part]\ngroup = x\n");
    assert_int_equal(load(f, true), 6);
    assert_string_equal(f->settings.group, "x"); // which is no mistake of its own
    assert_int_equal(f->settings.pss_budget_ppm, 10000);
    assert_int_equal(f->settings.private_fd, -1);
    assert_string_equal(f->settings.proc_root, "/proc");
    assert_int_equal(f->settings.subscribers_max_per_user, 32);
    snprintf(expected, sizeof(expected),
            "%s:2: memory-max 'lots': expected bytes with K, M or G, 8M to 64G\n", f->path);
    assert_non_null(strstr(f->said, expected));
    snprintf(expected, sizeof(expected),
            "%s:4: unknown setting 'no-such-key': expected socket, group, ", f->path);
    assert_non_null(strstr(f->said, expected));
    snprintf(expected, sizeof(expected), "%s:5: max-per-user '0': expected 1 to 4096\n", f->path);
    assert_non_null(strstr(f->said, expected));
    snprintf(expected, sizeof(expected), "%s:8: '[part]': there are no sections here", f->path);
    assert_non_null(strstr(f->said, expected));
}

// Each line that is wrong, in the order of the lines, whoever finds it wrong.
static void test_in_order(void **state)
{
    static const unsigned wrong[] = {2, 3, 5, 6, 7};
    fixture_t *f = *state;
    const char *at;

    write_text(f->path,
            "max-subscribers = 7\nwhat is this\nmemory-max = lots\ngroup = x\nnor that\n"
            "[part\nno-such = 1");
    assert_int_equal(load(f, true), ARRAY_SIZE(wrong));
    at = f->said;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        char expected[300];

        snprintf(expected, sizeof(expected), "memscope: %s:%u: ", f->path, wrong[i]);
        assert_memory_equal(at, expected, strlen(expected));
        at = strchr(at, '\n') + 1;
    }
    assert_string_equal(at, "");
    assert_int_equal(f->settings.subscribers_max, 7);
}

// More than the library takes: a comment may be, a setting is told of, and the next line is its
// own.
static void test_long_lines(void **state)
{
    fixture_t *f = *state;
    char text[2048], expected[512];

    snprintf(text, sizeof(text), "# %600s\nmax-subscribers = 7\ngroup = %600s\nmax-per-user = 8\n",
            "x = y", "ops");
    write_text(f->path, text);
    assert_int_equal(load(f, true), 1);
    snprintf(expected, sizeof(expected),
            "memscope: %s:3: the line is too long: expected name = value\n", f->path);
    assert_string_equal(f->said, expected);
    assert_int_equal(f->settings.subscribers_max, 7);
    assert_int_equal(f->settings.subscribers_max_per_user, 8);
}

static void test_no_file(void **state)
{
    fixture_t *f = *state;
    char expected[512];

    assert_int_equal(load(f, false), 0);
    assert_int_equal(load(f, true), 1);
    assert_int_equal(mkdir(f->path, 0700), 0);
    assert_int_equal(load(f, true), 1);
    snprintf(expected, sizeof(expected), "cannot read %s: Is a directory\n", f->path);
    assert_non_null(strstr(f->said, expected));
    assert_int_equal(rmdir(f->path), 0);
}

static void test_hostile_text(void **state)
{
    fixture_t *f = *state;

    write_text(f->path, "evil\x1b[2Jkey = 1\nmax-subscribers = \x1b]0;x\x07\n");
    assert_int_equal(load(f, true), 2);
    assert_null(strchr(f->said, '\x1b'));
    assert_null(strchr(f->said, '\x07'));
}

static void test_parts(void **state)
{
    fixture_t *f = *state;
    char path[300];

    write_text(f->path, "max-subscribers = 1\nmax-per-user = 1\n");
    snprintf(path, sizeof(path), "%s.d", f->path);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s.d/20-b.conf", f->path);
    write_text(path, "max-subscribers = 3\n");
    snprintf(path, sizeof(path), "%s.d/10-a.conf", f->path);
    write_text(path, "max-subscribers = 2\n");
    snprintf(path, sizeof(path), "%s.d/ignored", f->path);
    write_text(path, "max-subscribers = 4\n");
    assert_int_equal(load(f, true), 0);
    assert_int_equal(f->settings.subscribers_max, 3);
    assert_int_equal(f->settings.subscribers_max_per_user, 1);
}

static void test_missing(void **state)
{
    fixture_t *f = *state;

    assert_int_equal(load(f, false), 0);
    assert_string_equal(f->said, "");
    assert_int_equal(load(f, true), 1);
    assert_non_null(strstr(f->said, f->path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(test_settings, begin, end),
            cmocka_unit_test_setup_teardown(test_mistakes, begin, end),
            cmocka_unit_test_setup_teardown(test_in_order, begin, end),
            cmocka_unit_test_setup_teardown(test_long_lines, begin, end),
            cmocka_unit_test_setup_teardown(test_no_file, begin, end),
            cmocka_unit_test_setup_teardown(test_hostile_text, begin, end),
            cmocka_unit_test_setup_teardown(test_parts, begin, end),
            cmocka_unit_test_setup_teardown(test_missing, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
