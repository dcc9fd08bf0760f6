// What subcommands say where a daemon cannot, or will not, tell them what they ask for.

#include "protocol/messages.h"
#include "tests/support/cmocka.h"
#include "tests/support/scripted.h"

#include <stdio.h>
#include <string.h>

static process_t fake;
static char fake_socket[128];

static void tell(const char *command, unsigned number)
{
    char line[64];

    snprintf(line, sizeof(line), "%s %u", command, number);
    process_write_line(&fake, line);
    assert_true(process_read_line(&fake, line, sizeof(line)));
    assert_string_equal(line, "ok");
}

static int setup(void **state)
{
    char line[64];

    if (scripted_setup(state) < 0)
        return -1;
    snprintf(fake_socket, sizeof(fake_socket), "%s", temporary_path(&scripted.dir, "fake"));
    fake = process_start((const char *const[]){FAKE_DAEMON_PATH, fake_socket, NULL});
    return process_read_line(&fake, line, sizeof(line)) ? 0 : -1; // it listens
}

static int teardown(void **state)
{
    process_stop(&fake);
    return scripted_teardown(state);
}

// Runs a subcommand against it.
static int ask(const char *words)
{
    return bash("$M %s --socket='%s'", words, fake_socket);
}

static void assert_said(const char *text)
{
    if (!strstr(scripted.out, text))
        fail_msg("'%s' is not in '%s'", text, scripted.out);
    assert_int_equal(count_lines(scripted.out), 1);
}

static void test_one_that_is_too_old(void **state)
{
    (void) state;
    tell("able", 0);
    assert_int_equal(ask("events"), 1);
    assert_said("memscope: this daemon is too old to keep events: update memscoped");
    assert_int_equal(ask("why"), 1);
    assert_said("memscope: this daemon is too old to say who took memory: update memscoped");
    assert_int_equal(ask("status"), 1);
    assert_said("memscope: this daemon is too old to say how it is doing: update memscoped");
}

static void test_one_that_refuses(void **state)
{
    (void) state;
    tell("able", FEATURE_WHY);
    tell("deny", ERROR_NOT_PERMITTED);
    assert_int_equal(ask("inspect 100"), 4);
    assert_said("memscope: not by this daemon");
    assert_int_equal(ask("why"), 4);
    assert_said("memscope: not by this daemon");
    tell("deny", ERROR_NO_PROCESS);
    assert_int_equal(ask("inspect 100"), 3);
    assert_said("memscope: there is no process 100");
    tell("deny", ERROR_UNKNOWN_REQUEST);
    assert_int_equal(ask("why --since=-5m"), 1);
    assert_said("memscope: not by this daemon");
    assert_int_equal(ask("inspect 100"), 1);
    assert_said("memscope: not by this daemon");
    tell("deny", 0);
}

// It is asked again, for others may have asked just before; but not for ever.
static void test_one_that_has_too_much_to_do(void **state)
{
    (void) state;
    tell("able", FEATURE_WHY);
    tell("deny", ERROR_LIMIT);
    assert_int_equal(ask("why"), 1);
    assert_said("memscope: not by this daemon");
    tell("deny", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_one_that_is_too_old),
            cmocka_unit_test(test_one_that_refuses),
            cmocka_unit_test(test_one_that_has_too_much_to_do),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
