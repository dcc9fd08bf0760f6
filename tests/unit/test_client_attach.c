// Options, and finding somebody to talk to.

#include "client/link/attach.h"
#include "client/options.h"
#include "client/remember.h"
#include "client/settings.h"
#include "config.h"
#include "tests/support/cmocka.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int parse(options_t *o, char *error, const char *const *args)
{
    char *argv[8] = {strdup("memscope")};
    int argc = 1, r;

    for (; args[argc - 1]; argc++)
        argv[argc] = strdup(args[argc - 1]);
    options_init(o);
    error[0] = '\0';
    r = options_parse(o, argc, argv, error, 256);
    for (int i = 0; i < argc; i++)
        free(argv[i]);
    return r;
}

#define PARSE(o, error, ...) parse(o, error, (const char *const[]){__VA_ARGS__, NULL})

static void options_that_are_right(void **state)
{
    char error[256];
    options_t o;

    (void) state;
    assert_int_equal(parse(&o, error, (const char *const[]){NULL}), 0);
    assert_false(o.target.private_daemon || o.help || o.version || o.target.socket[0] ||
                 o.no_mouse || o.theme);
    assert_int_equal(o.sort, COLUMN_RSS);
    assert_int_equal(PARSE(&o, error, "--private"), 0);
    assert_true(o.target.private_daemon);
    assert_int_equal(PARSE(&o, error, "--help", "--version"), 0);
    assert_true(o.help && o.version);
    assert_int_equal(PARSE(&o, error, "--socket", "/a"), 0);
    assert_string_equal(o.target.socket, "/a");
    assert_int_equal(PARSE(&o, error, "--socket=/a=b"), 0);
    assert_string_equal(o.target.socket, "/a=b");
    assert_int_equal(PARSE(&o, error, "--theme", "mono", "--sort=cpu", "--mouse", "no"), 0);
    assert_ptr_equal(o.theme, theme_get("mono"));
    assert_int_equal(o.sort, COLUMN_CPU);
    assert_true(o.no_mouse);
}

static void options_that_are_wrong(void **state)
{
    char error[256];
    options_t o;

    (void) state;
    assert_int_equal(PARSE(&o, error, "--nonsense"), -EINVAL);
    assert_non_null(strstr(error, "--nonsense"));
    assert_int_equal(PARSE(&o, error, "-x"), -EINVAL);
    assert_int_equal(PARSE(&o, error, "word"), -EINVAL);
    assert_non_null(strstr(error, "word"));
    assert_int_equal(PARSE(&o, error, "--socket"), -EINVAL);
    assert_int_equal(PARSE(&o, error, "--socket="), -EINVAL);
    assert_int_equal(PARSE(&o, error, "--help=yes"), -EINVAL);
    assert_int_equal(PARSE(&o, error, "--"), -EINVAL);
    assert_int_equal(PARSE(&o, error, "--theme", "pink"), -EINVAL);
    assert_string_equal(error, "--theme 'pink': expected default, high-contrast or mono");
    assert_int_equal(PARSE(&o, error, "--sort", "weather"), -EINVAL);
    assert_non_null(strstr(error, "--sort 'weather': expected pid, user, name, state, mem, "));
    assert_int_equal(PARSE(&o, error, "--mouse", "maybe"), -EINVAL);
    assert_string_equal(error, "--mouse 'maybe': expected yes or no");
    assert_int_equal(PARSE(&o, error, "--private", "status"), -EINVAL);
    assert_string_equal(
            error, "'status': a subcommand comes before its options: try 'memscope status'");
}

static int load(options_t *o, const char *text, char *error)
{
    char path[] = "/tmp/memscope-settings-XXXXXX";
    int fd = mkstemp(path), r;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t) strlen(text));
    close(fd);
    options_init(o);
    r = settings_load(o, path, error, 256);
    unlink(path);
    return r;
}

static void settings_are_options(void **state)
{
    char error[256] = "";
    options_t o;

    (void) state;
    assert_int_equal(
            load(&o, "# mine\ntheme = high-contrast\n\nsort = delta\nmouse = off\n", error), 0);
    assert_ptr_equal(o.theme, theme_get("high-contrast"));
    assert_int_equal(o.sort, COLUMN_DELTA);
    assert_true(o.no_mouse);
    assert_int_equal(load(&o, "theme = mono\nnonsense = 1\ncommand = yes\n", error), -EINVAL);
    assert_non_null(strstr(error, ":2: unknown setting 'nonsense': expected socket, theme, "));
    assert_ptr_equal(o.theme, theme_get("mono"));
    assert_true(o.command);
    assert_int_equal(load(&o, "theme = pink\nmouse = maybe\n", error), -EINVAL);
    assert_non_null(strstr(error, ":1: theme 'pink': expected default, high-contrast or mono"));
    assert_int_equal(load(&o, "\nwhat is this\n", error), -EINVAL);
    assert_non_null(strstr(error, ":2: expected name = value"));
    assert_int_equal(load(&o, "what is this\n\ntheme = pink\n", error), -EINVAL);
    assert_non_null(strstr(error, ":1: expected name = value"));
    // What makes sense only once is no setting.
    assert_int_equal(load(&o, "help = yes\n", error), -EINVAL);
    assert_false(o.help);
    options_init(&o);
    assert_int_equal(settings_load(&o, "/nonexistent/config", error, sizeof(error)), 0);
    assert_int_equal(settings_load(&o, "/", error, sizeof(error)), -EISDIR);
    assert_string_equal(error, "cannot read /: Is a directory");
}

static void settings_are_looked_for_at_home(void **state)
{
    char path[256];

    (void) state;
    setenv("HOME", "/home/x", 1);
    unsetenv("XDG_CONFIG_HOME");
    assert_true(settings_path(path, sizeof(path)));
    assert_string_equal(path, "/home/x/.config/memscope/config");
    setenv("XDG_CONFIG_HOME", "/etc/x", 1);
    assert_true(settings_path(path, sizeof(path)));
    assert_string_equal(path, "/etc/x/memscope/config");
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("HOME");
    assert_false(settings_path(path, sizeof(path)));
}

static void file_is(const char *path, const char *wanted)
{
    char text[512] = "";
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, wanted);
}

static void what_is_changed_is_remembered(void **state)
{
    char dir[] = "/tmp/memscope-test-XXXXXX", path[128], inner[64];
    FILE *file;

    (void) state;
    assert_non_null(mkdtemp(dir));
    snprintf(inner, sizeof(inner), "%s/new", dir);
    snprintf(path, sizeof(path), "%s/config", inner);
    assert_int_equal(remember(path, "sort", "CPU"), 0);
    file_is(path, "sort = CPU\n");
    file = fopen(path, "w");
    fputs("# mine\n sort=PID\ntheme = mono\nsort = DELTA\nsorted = no", file);
    fclose(file);
    assert_int_equal(remember(path, "sort", "CPU"), 0);
    assert_int_equal(remember(path, "command", "yes"), 0);
    file_is(path, "# mine\nsort = CPU\ntheme = mono\nsorted = no\ncommand = yes\n");
    unlink(path);
    mkdir(path, 0700); // something else is in the way
    assert_true(remember(path, "sort", "CPU") < 0);
    rmdir(path);
    // Nothing is left lying about.
    assert_int_equal(rmdir(inner), 0);
    assert_int_equal(rmdir(dir), 0);
}

static void help_names_every_option(void **state)
{
    char text[4096] = "";
    FILE *out = fmemopen(text, sizeof(text), "w");

    (void) state;
    options_print_help(out);
    fclose(out);
    assert_non_null(strstr(text, "--socket PATH"));
    assert_non_null(strstr(text, "--private"));
    assert_non_null(strstr(text, "--version"));
    assert_non_null(strstr(text, "--help"));
    assert_non_null(strstr(text, MEMSCOPE_SOCKET_PATH));
}

static void nobody_on_a_given_socket(void **state)
{
    const session_handlers_t handlers = {0};
    const attach_target_t o = {.socket = "/nonexistent/memscope.sock"};
    char error[ATTACH_ERROR_MAX];
    attach_t a;

    (void) state;
    assert_int_equal(attach(&a, &o, &handlers, error), -ENOENT);
    assert_non_null(strstr(error, "/nonexistent/memscope.sock"));
    assert_non_null(strstr(error, "--socket"));
    assert_null(strchr(error, '\n'));
    assert_int_equal(a.daemon, 0);
    attach_done(&a);
}

static void no_private_daemon_to_start(void **state)
{
    const session_handlers_t handlers = {0};
    const attach_target_t o = {.private_daemon = true};
    char error[ATTACH_ERROR_MAX];
    attach_t a;

    (void) state;
    setenv("MEMSCOPED", "/nonexistent/memscoped", 1);
    assert_int_equal(attach(&a, &o, &handlers, error), -ENOENT);
    assert_non_null(strstr(error, "/nonexistent/memscoped"));
    attach_done(&a);
}

// What it says on stderr is all that is known of one that ends at once.
static void a_private_daemon_that_ends_leaves_its_reason(void **state)
{
    const session_handlers_t handlers = {0};
    const attach_target_t o = {.private_daemon = true};
    char error[ATTACH_ERROR_MAX];
    attach_t a;

    (void) state;
    setenv("MEMSCOPED", "/bin/ls", 1); // does not know --private
    assert_int_equal(attach(&a, &o, &handlers, error), 0);
    assert_true(a.daemon > 0);
    while (!attach_reap(&a))
        attach_read_errors(&a);
    assert_int_equal(a.daemon, 0);
    assert_true(a.errors[0] != '\0');
    assert_null(strchr(a.errors, '\n'));
    attach_done(&a);
    setenv("MEMSCOPED", "/bin/true", 1);
    assert_int_equal(attach(&a, &o, &handlers, error), 0);
    while (!attach_reap(&a))
        attach_read_errors(&a);
    assert_non_null(strstr(a.errors, "status 0"));
    attach_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(options_that_are_right),
            cmocka_unit_test(options_that_are_wrong),
            cmocka_unit_test(settings_are_options),
            cmocka_unit_test(settings_are_looked_for_at_home),
            cmocka_unit_test(what_is_changed_is_remembered),
            cmocka_unit_test(help_names_every_option),
            cmocka_unit_test(nobody_on_a_given_socket),
            cmocka_unit_test(no_private_daemon_to_start),
            cmocka_unit_test(a_private_daemon_that_ends_leaves_its_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
