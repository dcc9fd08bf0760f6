// Options, and finding somebody to talk to.

#include "client/attach.h"
#include "config.h"
#include "tests/support/cmocka.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int parse(options_t *o, char *error, const char *const *args)
{
    char *argv[8] = {strdup("memscope")};
    int argc = 1, r;

    for (; args[argc - 1]; argc++)
        argv[argc] = strdup(args[argc - 1]);
    *o = (options_t){0};
    error[0] = '\0';
    r = options_parse(o, argc, argv, error, 256);
    if (o->socket)
        o->socket = strdupa(o->socket);
    assert_true(!o->socket || strlen(o->socket) < 256);
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
    assert_false(o.private_daemon || o.help || o.version || o.socket);
    assert_int_equal(PARSE(&o, error, "--private"), 0);
    assert_true(o.private_daemon);
    assert_int_equal(PARSE(&o, error, "--help", "--version"), 0);
    assert_true(o.help && o.version);
    assert_int_equal(PARSE(&o, error, "--socket", "/a"), 0);
    assert_non_null(o.socket);
    assert_int_equal(PARSE(&o, error, "--socket=/a"), 0);
    assert_non_null(o.socket);
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
    assert_int_equal(PARSE(&o, error, "--socket", "/a", "--private"), -EINVAL);
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
    const options_t o = {.socket = "/nonexistent/memscope.sock"};
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
    const options_t o = {.private_daemon = true};
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
    const options_t o = {.private_daemon = true};
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
            cmocka_unit_test(help_names_every_option),
            cmocka_unit_test(nobody_on_a_given_socket),
            cmocka_unit_test(no_private_daemon_to_start),
            cmocka_unit_test(a_private_daemon_that_ends_leaves_its_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
