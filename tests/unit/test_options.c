// The command line, option by option.

#include "common/cleanup.h"
#include "daemon/settings/options.h"
#include "tests/support/cmocka.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static settings_t settings;

// Parses one option with one value (or none), with what it writes to stderr in `said`.
static char said[512];

static bool parse(const char *option, const char *value, int *ret_status)
{
    static char first[64], second[64]; // the configuration points into them
    char program[] = "memscoped";
    char *argv[] = {program, first, second, NULL};
    int argc = 1 + (option != NULL) + (value != NULL);
    options_t options = {.status = -1};
    int pipe_fds[2], saved = dup(STDERR_FILENO);

    snprintf(first, sizeof(first), "%s", option ? option : "");
    snprintf(second, sizeof(second), "%s", value ? value : "");
    argv[argc] = NULL;
    settings_default(&settings);
    assert_true(saved >= 0 && pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) == 0);
    fflush(stderr);
    dup2(pipe_fds[1], STDERR_FILENO);
    optind = 0;

    bool run = options_parse(argc, argv, &settings, &options);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    ssize_t n = read(pipe_fds[0], said, sizeof(said) - 1);
    said[n > 0 ? n : 0] = '\0';
    close(saved);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    *ret_status = options.status;
    return run;
}

static void assert_taken(const char *option, const char *value)
{
    int status;

    if (!parse(option, value, &status))
        fail_msg("%s %s: %s", option, value, said);
    assert_string_equal(said, "");
}

static void assert_refused(const char *option, const char *value)
{
    int status;

    if (parse(option, value, &status))
        fail_msg("%s %s was taken", option, value);
    assert_int_equal(status, 2);
    // One line that names the option and, if it was the value, the value as it was given.
    assert_non_null(strstr(said, option));
    assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
    if (value)
        assert_non_null(strstr(said, value));
}

static void test_defaults(void **state)
{
    (void) state;
    assert_taken(NULL, NULL);
    assert_string_equal(settings.proc_root, "/proc");
    assert_string_equal(settings.group, "memscope");
    assert_int_equal(settings.listen_fd, -1);
    assert_int_equal(settings.private_fd, -1);
    assert_int_equal(settings.memory_max, 0);
    assert_int_equal(settings.pss_budget_ppm, 5000);
    assert_int_equal(settings.subscribers_max, 256);
    assert_int_equal(settings.subscribers_max_per_user, 32);
}

static void test_texts(void **state)
{
    (void) state;
    assert_taken("--socket", "/run/x.sock");
    assert_string_equal(settings.socket_path, "/run/x.sock");
    assert_taken("--proc", "/somewhere");
    assert_string_equal(settings.proc_root, "/somewhere");
    assert_taken("--group", "wheel");
    assert_string_equal(settings.group, "wheel");
    assert_refused("--socket", "");
    assert_refused("--proc", "");
    assert_refused("--group", "");
    assert_refused("--socket", NULL);
}

static void test_memory(void **state)
{
    static const struct {
        const char *text;
        size_t bytes;
    } good[] = {{"8M", (size_t) 8 << 20}, {"8388608", (size_t) 8 << 20},
            {"8192K", (size_t) 8 << 20}, {"1G", (size_t) 1 << 30}, {"64G", (size_t) 64 << 30}};
    static const char *const wrong[] = {"7M", "65G", "0", "-1", "M", "", "8m", "8MB", "8 M", " 8M",
            "1e9", "18446744073709551616", "99999999999999999999999G", "0x800000"};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        assert_taken("--memory-max", good[i].text);
        assert_int_equal(settings.memory_max, good[i].bytes);
    }
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_refused("--memory-max", wrong[i]);
}

static void test_numbers(void **state)
{
    static const char *const wrong[] = {"0", "4097", "-1", "", "1.5", "many", "1 "};
    static const char *const no_share[] = {"-0.1", "100.1", "nan", "inf", "", "1%", "x"};

    (void) state;
    assert_taken("--max-subscribers", "4096");
    assert_int_equal(settings.subscribers_max, 4096);
    assert_taken("--max-per-user", "1");
    assert_int_equal(settings.subscribers_max_per_user, 1);
    assert_taken("--pss-budget", "0");
    assert_int_equal(settings.pss_budget_ppm, 0);
    assert_taken("--pss-budget", "0.25");
    assert_int_equal(settings.pss_budget_ppm, 2500);
    assert_taken("--pss-budget", "100");
    assert_int_equal(settings.pss_budget_ppm, 1000000);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        assert_refused("--max-subscribers", wrong[i]);
        assert_refused("--max-per-user", wrong[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(no_share); i++)
        assert_refused("--pss-budget", no_share[i]);
}

static void test_private_descriptor(void **state)
{
    _cleanup_close_ int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int fd = fcntl(null, F_DUPFD, 100); // not one that parse() would open again
    char text[16];

    (void) state;
    assert_true(fd >= 100);
    snprintf(text, sizeof(text), "%d", fd);
    assert_taken("--private", text);
    assert_int_equal(settings.private_fd, fd);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    close(fd);
    assert_refused("--private", text);
    assert_refused("--private", "2");
    assert_refused("--private", "-1");
    assert_refused("--private", "99999999999");
}

static void test_unknown(void **state)
{
    int status;

    (void) state;
    assert_refused("--nothing", NULL);
    assert_refused("-v", NULL);
    assert_refused("word", NULL);
    assert_false(parse("--help=x", NULL, &status));
    assert_int_equal(status, 2);
    assert_string_equal(said, "memscope: --help takes no value\n");
    assert_false(parse("--socket", NULL, &status));
    assert_string_equal(said, "memscope: --socket needs a value: PATH\n");
    assert_false(parse("--speed", "2", &status));
    assert_string_equal(said, "memscope: --speed is that of --replay: give both\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_defaults),
            cmocka_unit_test(test_texts),
            cmocka_unit_test(test_memory),
            cmocka_unit_test(test_numbers),
            cmocka_unit_test(test_private_descriptor),
            cmocka_unit_test(test_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
