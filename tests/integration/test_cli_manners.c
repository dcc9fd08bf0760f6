// The manners of all subcommands: exit statuses, one line for each mistake, closed pipes, rights.

#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/scripted.h"

#include <stdio.h>
#include <string.h>

static void test_wrong_usage(void **state)
{
    static const char *const lines[] = {"nonsense", "snapshot --nonsense", "snapshot word",
            "snapshot --sort weather", "snapshot --columns pid,weather", "snapshot --group weather",
            "snapshot --top 0", "snapshot --top", "snapshot --count -1", "snapshot --interval 0",
            "snapshot --filter /[/", "snapshot --json=yes", "inspect", "inspect x", "inspect 0",
            "inspect 1 2", "analyze", "analyze --socket x y", "help nonsense"};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        if (bash("$M %s", lines[i]) != 2)
            fail_msg("%s: %s", lines[i], scripted.out);
        assert_int_equal(count_lines(scripted.out), 1);
        assert_memory_equal(scripted.out, "memscope: ", 10);
    }
    assert_int_equal(bash("$M snapshot --socket $D/nobody"), 1);
    assert_int_equal(count_lines(scripted.out), 1);
}

// What is allowed, or what may have been meant, is said at once.
static void test_a_slip_is_met_with_a_remedy(void **state)
{
    static const struct {
        const char *line, *said;
    } cases[] = {
            {"snapsoht", "did you mean 'memscope snapshot'?"},
            {"snap", "did you mean 'memscope snapshot'?"},
            {"help evnets", "did you mean 'memscope help events'?"},
            {"weather", "unknown subcommand 'weather': try 'memscope help'"},
            {"--verison", "did you mean '--version'?"},
            {"$'\\e[2J'", "unknown subcommand '?[2J'"},
            {"--weather", "unknown option '--weather': try 'memscope --help'"},
            {"snapshot --josn", "did you mean '--json'?"},
            {"snapshot --intreval=3", "did you mean '--interval'?"},
            {"analyze --sokcet=x -", "try 'memscope analyze --help'"},
            {"snapshot --sort weather", "expected pid, user, name, state, rss_bytes,"},
            {"snapshot --columns rss,,pid", "--columns '': expected pid,"},
            {"snapshot --columns pid,", "--columns '': expected pid,"},
            {"snapshot --group unit --columns ppid", "expected process_count, unit,"},
            {"snapshot --filter pid:x", "--filter 'pid:x': expected a number"},
            {"snapshot --filter tag:x",
                    "'tag:x': expected leak, spike, zombie, unreaped, blocked or any"},
            {"snapshot --filter '>x'", "with K, M, G or T"},
            {"snapshot --filter '/(a*)\\1/'",
                    "too long or too costly: see FILTER LINES in memscope(1)"},
            {"snapshot --filter user:", "expected the name of a user"},
            {"snapshot --interval 0.5", "--interval '0.5': expected seconds, 1 to 86400"},
            {"--sort weather", "expected pid, user, name, state, mem, "},
            {"events --since 2099-01-01 $S", "--since '2099-01-01' lies in the future"},
            {"events --since now --until -5m $S", "--since 'now' lies after --until '-5m'"},
            {"why --top 65 $S", "--top '65': expected a whole number, 1 to 64"},
            {"why --since 2099-01-01 $S", "--since '2099-01-01' lies in the future"},
            {"export --top 1001", "--top '1001': expected a whole number, 1 to 1000"},
            {"snapshot --group host", "--group 'host': expected name, user or unit"},
            {"snapshot --top", "--top needs a value: N"},
            {"snapshot --top ''", "--top needs a value: N"},
            {"snapshot --json=yes", "--json takes no value"},
            {"snapshot --csv --top 2 --json", "--csv and --json exclude each other"},
            {"snapshot --json --table", "--json and --table exclude each other"},
            {"snapshot --private $S", "--socket and --private exclude each other"},
            {"--private $S", "--socket and --private exclude each other"},
            {"snapshot --socket $(printf %0108d 0)", "expected a path of 107 bytes at most"},
            {"--socket $(printf %0108d 0)", "expected a path of 107 bytes at most"},
            {"--json snapshot", "'--json': a subcommand comes before its options"},
            {"events --follow --until now $S", "--follow goes on after now: leave --until out"},
            {"analyze ''", "FILE is missing: try 'memscope analyze --help'"},
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(bash("$M %s", cases[i].line), 2);
        assert_int_equal(count_lines(scripted.out), 1);
        if (!strstr(scripted.out, cases[i].said))
            fail_msg("%s: %s", cases[i].line, scripted.out);
    }
}

// As a socket of systemd whose service does not start: it answered once.
static void test_a_socket_without_a_daemon(void **state)
{
    (void) state;
    assert_int_equal(bash("python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); "
                          "s.bind(\"%s/dead\"); s.listen(); print(1, flush=True); s.accept()' "
                          "| (read; timeout 60 $M snapshot --socket $D/dead)",
                             scripted.dir.path),
            1);
    assert_int_equal(count_lines(scripted.out), 1);
    assert_non_null(strstr(scripted.out, "; 'journalctl -u memscoped' may say why"));
}

static void test_status_says_whose_daemon_it_is(void **state)
{
    (void) state;
    assert_int_equal(bash("$M status $S | head -n 1; $M status $S --json"), 0);
    assert_null(strstr(scripted.out, ", private\n"));
    assert_non_null(strstr(scripted.out, "\"private_daemon\":false"));
    assert_int_equal(bash("$M status --private | head -n 1; $M status --private --json"), 0);
    assert_non_null(strstr(scripted.out, ", private\n"));
    assert_non_null(strstr(scripted.out, "\"private_daemon\":true"));
}

// As one who is not root, whoever runs the tests.
static void test_what_is_not_permitted(void **state)
{
    static const char nobody[] =
            "as() { if [ $(id -u) = 0 ]; then setpriv --reuid=65534 --clear-groups \"$@\"; else "
            "\"$@\"; fi; }; chmod 755 $D";

    (void) state;
    assert_int_equal(bash("%s; chmod 000 $D/socket; as $M snapshot $S; s=$?; chmod 666 $D/socket; "
                          "exit $s",
                             nobody),
            4);
    assert_non_null(strstr(scripted.out, "Permission denied"));
    assert_int_equal(count_lines(scripted.out), 1);
    assert_int_equal(bash("%s; as $M snapshot --json --top 1 --columns pid $S", nobody), 0);
    assert_int_equal(bash("%s; : >$D/trace; chmod 000 $D/trace; as $M analyze $D/trace; s=$?; "
                          "rm -f $D/trace; exit $s",
                             nobody),
            4);
    assert_non_null(strstr(scripted.out, "/trace: Permission denied"));
    assert_int_equal(bash("%s; chmod 555 $D; as $M export --once --textfile $D/x $S; s=$?; "
                          "chmod 700 $D; exit $s",
                             nobody),
            4);
}

static void test_help_of_every_subcommand(void **state)
{
    (void) state;
    assert_int_equal(bash("for c in $($M help | awk '/^  [a-z]/ { print $1 }'); do "
                          "$M $c --help | grep -q \"^Usage: memscope $c \" || exit 9; "
                          "[ \"$($M help $c)\" = \"$($M $c --help)\" ] || exit 8; echo $c; done"),
            0);
    assert_true(count_lines(scripted.out) >= 4);
    assert_non_null(strstr(scripted.out, "snapshot\n"));
    assert_int_equal(bash("for c in '' $($M help | awk '/^  [a-z]/ { print $1 }'); do "
                          "$M $c --help; done | grep -E '.{81}'"),
            1); // none
    assert_string_equal(scripted.out, "");
    assert_int_equal(bash("[ \"$($M -h)\" = \"$($M --help)\" ] && "
                          "[ \"$($M why -h)\" = \"$($M why --help)\" ]"),
            0);
}

static void test_a_closed_pipe_ends_quietly(void **state)
{
    static const char *const followers[] = {"snapshot", "snapshot --csv", "inspect --follow 1",
            "inspect --follow --json 1", "why 2>/dev/null", "status", "export --once"};
    static const char *const writers[] = {"--help", "--version", "help", "events --help"};

    (void) state;
    assert_int_equal(bash("$M snapshot --json --interval 1 $S | head -n 1 >/dev/null; echo "
                          "${PIPESTATUS[0]}"),
            0);
    assert_string_equal(scripted.out, "0\n");
    // Its reader goes while it waits.
    assert_int_equal(bash("$M snapshot --json --interval 3600 $S | head -n 1 >/dev/null; echo "
                          "${PIPESTATUS[0]}"),
            0);
    assert_string_equal(scripted.out, "0\n");
    assert_int_equal(
            bash("timeout 60 $M events --follow $S 2>/dev/null | sleep 0.2; echo ${PIPESTATUS[0]}"),
            0);
    assert_string_equal(scripted.out, "0\n");
    for (size_t i = 0; i < ARRAY_SIZE(followers); i++) {
        assert_int_equal(bash("timeout 60 $M %s $S | head -n 1 >/dev/null; echo ${PIPESTATUS[0]}",
                                 followers[i]),
                0);
        assert_string_equal(scripted.out, "0\n");
    }
    assert_int_equal(bash("$M snapshot $S >/dev/full"), 1);
    assert_non_null(strstr(scripted.out, "No space"));
    assert_int_equal(count_lines(scripted.out), 1);
    for (size_t i = 0; i < ARRAY_SIZE(writers); i++) {
        assert_int_equal(bash("$M %s >/dev/full", writers[i]), 1);
        assert_non_null(strstr(scripted.out, "memscope: cannot write the output"));
    }
    // Not to the daemon, whose socket would be standard output then.
    assert_int_equal(bash("$M inspect $$ $S >&-"), 1);
    assert_non_null(strstr(scripted.out, "memscope: cannot write the output"));
}

static void test_a_private_daemon_does(void **state)
{
    json_object *sample;

    (void) state;
    assert_int_equal(bash("$M snapshot --private --json --columns pid,cpu,command"), 0);
    sample = json_parse_line();
    assert_non_null(json_find_process(sample, getpid()));
    assert_non_null(json_get(json_find_process(sample, getpid()), "cpu_percent"));
    assert_true(json_object_get_boolean(json_get(json_get(sample, "system"), "private_daemon")));
    json_object_put(sample);
    assert_int_equal(bash("MEMSCOPED=/nonexistent/d $M snapshot --private"), 1);
    assert_non_null(strstr(scripted.out, "/nonexistent/d"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_wrong_usage),
            cmocka_unit_test(test_a_slip_is_met_with_a_remedy),
            cmocka_unit_test(test_a_socket_without_a_daemon),
            cmocka_unit_test(test_status_says_whose_daemon_it_is),
            cmocka_unit_test(test_what_is_not_permitted),
            cmocka_unit_test(test_help_of_every_subcommand),
            cmocka_unit_test(test_a_closed_pipe_ends_quietly),
            cmocka_unit_test(test_a_private_daemon_does),
    };

    setvbuf(stdout, NULL, _IONBF, 0);
    return cmocka_run_group_tests(tests, scripted_setup, scripted_teardown);
}
