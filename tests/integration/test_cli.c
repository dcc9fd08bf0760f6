// The subcommands against a daemon of the test's own: what scripts get to read.

#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"
#include "tests/support/temporary.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define OUTPUT_MAX (8u << 20)
#define HOSTILE    "a\\xffb\\x0a\\x1b[1m\",c"

typedef struct {
    temporary_t dir;
    char socket[128];
    process_t daemon;
    char *out;
} fixture_t;

static fixture_t f;

static int setup(void **state)
{
    (void) state;
    f = (fixture_t){.dir = temporary_new(), .out = malloc(OUTPUT_MAX)};
    assert_non_null(f.out);
    setenv("XDG_CONFIG_HOME", f.dir.path, 1); // nobody's own settings
    snprintf(f.socket, sizeof(f.socket), "%s", temporary_path(&f.dir, "socket"));
    f.daemon = process_start((const char *const[]){MEMSCOPED_PATH, "--socket", f.socket, NULL});
    while (access(f.socket, F_OK) < 0)
        usleep(1000);
    return 0;
}

static int teardown(void **state)
{
    (void) state;
    process_stop(&f.daemon);
    temporary_remove(&f.dir);
    free(f.out);
    return 0;
}

// Runs a line of bash with $M for the program and $S for its --socket option; the exit status.
__attribute__((format(printf, 1, 2))) static int bash(const char *format, ...)
{
    char line[1024], script[2048];
    va_list args;
    int status;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    snprintf(script, sizeof(script), "M='%s' S='--socket=%s' D='%s'\n%s", MEMSCOPE_PATH, f.socket,
            f.dir.path, line);
    status = process_run((const char *const[]){"/bin/bash", "-c", script, NULL}, f.out, OUTPUT_MAX);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 1)
        print_message("# %s: %.*s\n", line, (int) strcspn(f.out, "\n"), f.out);
    return WEXITSTATUS(status);
}

// One line of output: strict JSON in UTF-8, or the test fails.
static json_object *parse(const char *line, size_t len)
{
    json_tokener *t = json_tokener_new();
    json_object *o;

    json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    o = json_tokener_parse_ex(t, line, (int) len);
    if (json_tokener_get_error(t) != json_tokener_success)
        fail_msg("%s: %.300s", json_tokener_error_desc(json_tokener_get_error(t)), line);
    json_tokener_free(t);
    assert_non_null(o);
    return o;
}

static json_object *parse_line(void)
{
    char *end = strchr(f.out, '\n');

    assert_non_null(end);
    assert_string_equal(end, "\n");
    return parse(f.out, (size_t) (end - f.out));
}

static json_object *get(json_object *o, const char *key)
{
    return json_object_object_get(o, key);
}

static json_object *find_process(json_object *sample, int64_t pid)
{
    json_object *all = get(sample, "processes");

    for (size_t i = 0; i < json_object_array_length(all); i++) {
        json_object *p = json_object_array_get_idx(all, i);

        if (json_object_get_int64(get(p, "pid")) == pid)
            return p;
    }
    return NULL;
}

static void assert_no_null(json_object *o)
{
    json_object_object_foreach(o, key, value)
    {
        if (!value)
            fail_msg("%s is null", key);
    }
}

static size_t count_lines(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

// ---- snapshot ----------------------------------------------------------------------------------

static void test_snapshot_as_json(void **state)
{
    process_t actor = actor_start();
    json_object *sample, *p;

    (void) state;
    actor_do(&actor, "anon 60");
    actor_do(&actor, "name " HOSTILE);
    sleep(2);
    assert_int_equal(bash("$M snapshot --json $S"), 0);
    sample = parse_line();
    assert_int_equal(json_object_get_type(get(sample, "schema")), json_type_int);
    assert_true(json_object_get_double(get(sample, "time")) > 1e9);
    assert_true(json_object_get_int64(get(get(sample, "system"), "mem_total_bytes")) > 1 << 20);
    assert_no_null(get(sample, "system"));
    for (size_t i = 0; i < json_object_array_length(get(sample, "processes")); i++)
        assert_no_null(json_object_array_get_idx(get(sample, "processes"), i));
    p = find_process(sample, actor.pid);
    assert_non_null(p);
    assert_true(json_object_get_int64(get(p, "rss_bytes")) >= 60 << 20);
    assert_int_equal(json_object_get_int64(get(p, "anon_bytes")),
            proc_kb(actor.pid, "status", "RssAnon") * 1024);
    assert_string_equal(json_object_get_string(get(p, "name")), "a\xef\xbf\xbd"
                                                                "b\n\x1b[1m\",c");
    assert_true(json_object_get_type(get(p, "cpu_percent")) == json_type_double ||
                json_object_get_type(get(p, "cpu_percent")) == json_type_int);
    json_object_put(sample);
    process_stop(&actor);
}

static void test_snapshot_as_csv(void **state)
{
    process_t actor = actor_start();
    char *line, *rest = f.out, wanted[64];
    size_t commas = 0, n;
    bool found = false;

    (void) state;
    actor_do(&actor, "name " HOSTILE);
    sleep(2);
    assert_int_equal(bash("$M snapshot --csv --columns name,pid,pss_bytes,tags,state $S"), 0);
    line = strsep(&rest, "\n");
    assert_string_equal(line, "time,name,pid,pss_bytes,tags,state");
    snprintf(wanted, sizeof(wanted),
            ",\"a\xef\xbf\xbd"
            "b??[1m\"\",c\",%d,",
            (int) actor.pid);
    for (n = 0; rest && *rest; n++) {
        line = strsep(&rest, "\n");
        found |= strstr(line, wanted) != NULL;
        assert_null(strchr(line, '\x1b'));
        for (const char *at = line; *at; at++)
            commas += *at == ',';
    }
    assert_true(found);
    assert_true(commas >= n * 5 && n > 1);
    process_stop(&actor);
}

static void test_snapshot_choices(void **state)
{
    json_object *sample;
    double last = 1e18;

    (void) state;
    assert_int_equal(bash("$M snapshot --json --top 3 --sort rss --columns pid,rss $S"), 0);
    sample = parse_line();
    assert_int_equal(json_object_array_length(get(sample, "processes")), 3);
    for (size_t i = 0; i < 3; i++) {
        json_object *p = json_object_array_get_idx(get(sample, "processes"), i);

        assert_int_equal(json_object_object_length(p), 2);
        assert_true(json_object_get_double(get(p, "rss_bytes")) <= last);
        last = json_object_get_double(get(p, "rss_bytes"));
    }
    json_object_put(sample);
    assert_int_equal(bash("$M snapshot --json --filter pid:%d $S", (int) f.daemon.pid), 0);
    sample = parse_line();
    assert_int_equal(json_object_array_length(get(sample, "processes")), 1);
    assert_non_null(find_process(sample, f.daemon.pid));
    json_object_put(sample);
    assert_int_equal(bash("$M snapshot --json --group user --sort -memory $S"), 0);
    sample = parse_line();
    assert_string_equal(json_object_get_string(get(sample, "group")), "user");
    assert_non_null(get(json_object_array_get_idx(get(sample, "processes"), 0), "process_count"));
    assert_non_null(get(json_object_array_get_idx(get(sample, "processes"), 0), "user"));
    json_object_put(sample);
    assert_int_equal(bash("$M snapshot --sort -pid --columns pid,name $S | awk 'NR > 2 { "
                          "if (seen && $1 > last) exit 1; last = $1; seen = 1 }'"),
            0);
}

static void test_snapshot_repeats(void **state)
{
    (void) state;
    assert_int_equal(bash("$M snapshot --json --count 3 --interval 1 --columns pid $S"), 0);
    assert_int_equal(count_lines(f.out), 3);
    assert_int_equal(bash("$M snapshot --csv --count 2 --filter pid:%d --columns pid $S",
                             (int) f.daemon.pid),
            0);
    assert_int_equal(count_lines(f.out), 3);
}

static void test_a_table_is_plain(void **state)
{
    (void) state;
    assert_int_equal(bash("$M snapshot --top 4 $S"), 0);
    assert_int_equal(count_lines(f.out), 6);
    assert_null(strchr(f.out, '\x1b'));
    assert_non_null(strstr(f.out, "PID  USER"));
    assert_int_equal(bash("LC_ALL=C $M snapshot --top 4 --filter pid:%d --columns pid,name,uss $S",
                             (int) f.daemon.pid),
            0);
    assert_non_null(strstr(f.out, "USS"));
}

// ---- inspect -----------------------------------------------------------------------------------

static void test_inspect(void **state)
{
    process_t actor = actor_start();
    json_object *o;

    (void) state;
    actor_do(&actor, "anon 40");
    sleep(2);
    assert_int_equal(bash("$M inspect %d $S", (int) actor.pid), 0);
    assert_non_null(strstr(f.out, "\nRSS "));
    assert_non_null(strstr(f.out, "\nPSS "));
    assert_non_null(strstr(f.out, "\nLeak "));
    assert_int_equal(bash("$M inspect --json %d $S", (int) actor.pid), 0);
    o = parse_line();
    assert_no_null(o);
    assert_int_equal(json_object_get_int64(get(o, "pid")), actor.pid);
    assert_int_equal(json_object_get_int64(get(o, "anon_bytes")),
            proc_kb(actor.pid, "smaps_rollup", "Anonymous") * 1024);
    assert_string_equal(json_object_get_string(get(o, "breakdown_source")), "smaps_rollup");
    json_object_put(o);
    process_stop(&actor);
}

static void test_inspect_follows_to_the_end(void **state)
{
    (void) state;
    assert_int_equal(bash("sleep 3 & sleep 1.5; $M inspect --follow --json $! $S"), 0);
    assert_true(count_lines(f.out) >= 1); // a host short of memory is sampled more often
    assert_int_equal(bash("sleep 5 & $M inspect $! $S | grep -c '^RSS '"), 0); // it has just begun
    assert_int_equal(bash("$M inspect 4194300 $S"), 3);
    assert_non_null(strstr(f.out, "4194300"));
}

// ---- Manners -----------------------------------------------------------------------------------

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
            fail_msg("%s: %s", lines[i], f.out);
        assert_int_equal(count_lines(f.out), 1);
        assert_memory_equal(f.out, "memscope: ", 10);
    }
    assert_int_equal(bash("$M snapshot --socket $D/nobody"), 1);
    assert_int_equal(count_lines(f.out), 1);
}

// What is allowed, or what may have been meant, is said at once.
static void test_a_slip_is_met_with_a_remedy(void **state)
{
    static const struct {
        const char *line, *said;
    } cases[] = {
            {"snapsoht", "did you mean 'memscope snapshot'?"},
            {"snap", "did you mean 'memscope snapshot'?"},
            {"help evnets", "did you mean 'memscope events'?"},
            {"weather", "unknown subcommand 'weather': try 'memscope help'"},
            {"--verison", "did you mean '--version'?"},
            {"$'\\e[2J'", "unknown subcommand '?[2J'"},
            {"--weather", "unknown option '--weather': try 'memscope --help'"},
            {"snapshot --josn", "did you mean '--json'?"},
            {"snapshot --intreval=3", "did you mean '--interval'?"},
            {"analyze --sokcet=x -", "try 'memscope analyze --help'"},
            {"snapshot --sort weather", "expected one of pid, user, name, state, rss_bytes,"},
            {"snapshot --columns rss,,pid", "--columns '': expected one of pid,"},
            {"snapshot --columns pid,", "--columns '': expected one of pid,"},
            {"snapshot --group unit --columns ppid", "expected one of process_count, unit,"},
            {"snapshot --filter pid:x", "not understood: pid:x: a number belongs there"},
            {"snapshot --filter tag:x", "tags are leak, spike, zombie, unreaped, blocked, any"},
            {"snapshot --filter '>x'", "with K, M, G or T"},
            {"snapshot --filter user:", "a user's name belongs there"},
            {"snapshot --interval 0.5", "expected 1 to 86400"},
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(bash("$M %s", cases[i].line), 2);
        assert_int_equal(count_lines(f.out), 1);
        if (!strstr(f.out, cases[i].said))
            fail_msg("%s: %s", cases[i].line, f.out);
    }
}

// As a socket of systemd whose service does not start: it answered once.
static void test_a_socket_without_a_daemon(void **state)
{
    (void) state;
    assert_int_equal(bash("python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); "
                          "s.bind(\"%s/dead\"); s.listen(); print(1, flush=True); s.accept()' "
                          "| (read; timeout 60 $M snapshot --socket $D/dead)",
                             f.dir.path),
            1);
    assert_int_equal(count_lines(f.out), 1);
    assert_non_null(strstr(f.out, "; 'journalctl -u memscoped' may say why"));
}

static void test_status_says_whose_daemon_it_is(void **state)
{
    (void) state;
    assert_int_equal(bash("$M status $S | head -n 1; $M status $S --json"), 0);
    assert_null(strstr(f.out, ", private\n"));
    assert_non_null(strstr(f.out, "\"private_daemon\":false"));
    assert_int_equal(bash("$M status --private | head -n 1; $M status --private --json"), 0);
    assert_non_null(strstr(f.out, ", private\n"));
    assert_non_null(strstr(f.out, "\"private_daemon\":true"));
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
    assert_non_null(strstr(f.out, "Permission denied"));
    assert_int_equal(count_lines(f.out), 1);
    assert_int_equal(bash("%s; as $M snapshot --json --top 1 --columns pid $S", nobody), 0);
    assert_int_equal(bash("%s; : >$D/trace; chmod 000 $D/trace; as $M analyze $D/trace; s=$?; "
                          "rm -f $D/trace; exit $s",
                             nobody),
            4);
    assert_non_null(strstr(f.out, "/trace: Permission denied"));
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
    assert_true(count_lines(f.out) >= 4);
    assert_non_null(strstr(f.out, "snapshot\n"));
}

static void test_a_closed_pipe_ends_quietly(void **state)
{
    static const char *const followers[] = {"snapshot", "snapshot --csv", "inspect --follow 1",
            "inspect --follow --json 1", "events --follow --json", "why 2>/dev/null", "status",
            "export --once"};
    static const char *const writers[] = {"--help", "--version", "help", "events --help"};

    (void) state;
    assert_int_equal(bash("$M snapshot --json --interval 1 $S | head -n 1 >/dev/null; echo "
                          "${PIPESTATUS[0]}"),
            0);
    assert_string_equal(f.out, "0\n");
    // Its reader goes while it waits.
    assert_int_equal(bash("$M snapshot --json --interval 3600 $S | head -n 1 >/dev/null; echo "
                          "${PIPESTATUS[0]}"),
            0);
    assert_string_equal(f.out, "0\n");
    for (size_t i = 0; i < ARRAY_SIZE(followers); i++) {
        assert_int_equal(bash("timeout 20 $M %s $S | head -n 1 >/dev/null; echo ${PIPESTATUS[0]}",
                                 followers[i]),
                0);
        assert_string_equal(f.out, "0\n");
    }
    assert_int_equal(bash("$M snapshot $S >/dev/full"), 1);
    assert_non_null(strstr(f.out, "No space"));
    for (size_t i = 0; i < ARRAY_SIZE(writers); i++) {
        assert_int_equal(bash("$M %s >/dev/full", writers[i]), 1);
        assert_non_null(strstr(f.out, "memscope: cannot write the output"));
    }
}

static void test_a_private_daemon_does(void **state)
{
    json_object *sample;

    (void) state;
    assert_int_equal(bash("$M snapshot --private --json --columns pid,cpu,command"), 0);
    sample = parse_line();
    assert_non_null(find_process(sample, getpid()));
    assert_non_null(get(find_process(sample, getpid()), "cpu_percent"));
    assert_true(json_object_get_boolean(get(get(sample, "system"), "private_daemon")));
    json_object_put(sample);
    assert_int_equal(bash("MEMSCOPED=/nonexistent/d $M snapshot --private"), 1);
    assert_non_null(strstr(f.out, "/nonexistent/d"));
}

// ---- analyze -----------------------------------------------------------------------------------

#define HEAD "# mem_total_kb=16000000\\ntime_s,pid,start_time,comm,state,rss_kb,anon_kb,swap_kb\\n"
// Twenty minutes: a leak of 1 MB/s, a steady one, a spike, and a zombie for a while.
#define TRACE                                                                                      \
    "awk 'BEGIN { printf \"" HEAD "\"; for (t = 1000; t < 2200; t++) {"                            \
    "print t \",10,1,leaky,S,\" 50000 + (t - 1000) * 1024 \",\" 40000 + (t - 1000) * 1024 \",0\";" \
    "print t \",11,1,\\\"a \\\"\\\"b\\\"\\\", c\\\",S,9000,8000,0\";"                              \
    "print t \",12,1,spiky,S,\" (t > 1600 ? 900000 : 9000) \",\" (t > 1600 ? 899000 : 8000) "      \
    "\",0\";"                                                                                      \
    "if (t > 1500 && t < 1510) print t \",13,150000,dead,Z,0,,\" } }'"

static void test_analyze(void **state)
{
    unsigned leak_set = 0, spike_set = 0, zombie_set = 0, zombie_cleared = 0;
    char *rest = f.out;

    (void) state;
    assert_int_equal(bash(TRACE " >$D/trace; $M analyze --json $D/trace"), 0);
    while (rest && *rest) {
        char *line = strsep(&rest, "\n");
        json_object *o = parse(line, strlen(line));
        const char *tag = json_object_get_string(get(o, "tag"));
        const char *tag_state = json_object_get_string(get(o, "state"));
        bool set = strcmp(tag_state, "set") == 0;
        int64_t pid = json_object_get_int64(get(o, "pid"));

        assert_no_null(o);
        assert_in_range(json_object_get_int64(get(o, "time")), 1000, 2200);
        assert_int_equal(json_object_get_int64(get(o, "start_time")), pid == 13 ? 150000 : 1);
        assert_int_not_equal(pid, 11);
        if (strcmp(tag, "LEAK") == 0 && set) {
            assert_int_equal(pid, 10);
            assert_string_equal(json_object_get_string(get(o, "comm")), "leaky");
            assert_in_range(
                    json_object_get_int64(get(o, "rate_bytes_per_second")), 1000000, 1100000);
        }
        leak_set += strcmp(tag, "LEAK") == 0 && set;
        spike_set += strcmp(tag, "SPIKE") == 0 && set && pid == 12;
        zombie_set += strcmp(tag, "ZOMBIE") == 0 && set;
        zombie_cleared += strcmp(tag, "ZOMBIE") == 0 && !set;
        json_object_put(o);
    }
    assert_int_equal(leak_set, 1);
    assert_int_equal(spike_set, 1);
    assert_int_equal(zombie_set, 1);
    assert_int_equal(zombie_cleared, 1);
}

static void test_analyze_for_people(void **state)
{
    (void) state;
    assert_int_equal(bash(TRACE " | $M analyze -"), 0);
    assert_non_null(strstr(f.out, "LEAK    set"));
    assert_non_null(strstr(f.out, "3,609 rows, 1,200 samples, 4 processes"));
    assert_null(strchr(f.out, '\x1b'));
    assert_null(strchr(f.out, '\r'));
}

static void test_analyze_says_what_is_malformed(void **state)
{
    static const struct {
        const char *rows, *said;
    } cases[] = {
            {"", NULL},
            {"1,2,3,a,S,1,1,0\\n", NULL},
            {"1,2,3,a,S,1,1,0", NULL},
            {"1.25,2,3,a,,,,\\r\\n2,2,3,a,,,,\\n", NULL},
            {"x,2,3,a,S,1,1,0\\n", ":3:1: expected seconds"},
            {"1,2,3,a,S,1,1,0\\n1,b,3,a,S,1,1,0\\n",
                    ":4:3: expected a number of at most 19 digits in pid"},
            {"1,2,3,a,SS,1,1,0\\n", ":3:10: expected a comma"},
            {"1,2,3,a,S,1,1\\n", ":3:14: expected a comma"},
            {"1,2,3,a,S,1,1,0,7\\n", ":3:16: expected the end of the row"},
            {"1,2,3,a,S,-1,1,0\\n", ":3:11: expected a comma"},
            {"1,2,3,\\\"a,S,1,1,0\\n", ":3:7: expected a closing quote"},
            {"1,2,3,\\\"a\\nb\\\",S,1,1,0\\n1,?\\n",
                    ":5:3: expected a number of at most 19 digits in pid"},
            {"5,2,3,a,S,1,1,0\\n4,2,3,a,S,1,1,0\\n", ":4:1: time goes back"},
            {"1,2,99999999999999999999,a,S,1,1,0\\n",
                    ":3:5: expected a number of at most 19 digits in start_time"},
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int status = bash("printf \"" HEAD "%s\" >$D/bad; $M analyze --json $D/bad", cases[i].rows);

        assert_int_equal(status, cases[i].said ? 1 : 0);
        if (cases[i].said && (!strstr(f.out, cases[i].said) || !strstr(f.out, "/bad:")))
            fail_msg("%s: %s", cases[i].rows, f.out);
        if (!cases[i].said)
            assert_string_equal(f.out, "");
    }
    assert_int_equal(bash("printf 'time_s\\n' | $M analyze -"), 1);
    assert_non_null(strstr(f.out, "standard input:1:1: expected '# mem_total_kb=N'"));
    assert_int_equal(bash("printf '# mem_total_kb=5\\ntime,pid\\n' | $M analyze -"), 1);
    assert_non_null(strstr(f.out, "standard input:2:5: expected the columns"));
    assert_int_equal(bash("$M analyze /nonexistent/trace"), 1);
    assert_non_null(strstr(f.out, "/nonexistent/trace: No such file"));
    assert_int_equal(bash("$M analyze /"), 1);
    assert_non_null(strstr(f.out, "directory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_snapshot_as_json),
            cmocka_unit_test(test_snapshot_as_csv),
            cmocka_unit_test(test_snapshot_choices),
            cmocka_unit_test(test_snapshot_repeats),
            cmocka_unit_test(test_a_table_is_plain),
            cmocka_unit_test(test_inspect),
            cmocka_unit_test(test_inspect_follows_to_the_end),
            cmocka_unit_test(test_wrong_usage),
            cmocka_unit_test(test_a_slip_is_met_with_a_remedy),
            cmocka_unit_test(test_a_socket_without_a_daemon),
            cmocka_unit_test(test_status_says_whose_daemon_it_is),
            cmocka_unit_test(test_what_is_not_permitted),
            cmocka_unit_test(test_help_of_every_subcommand),
            cmocka_unit_test(test_a_closed_pipe_ends_quietly),
            cmocka_unit_test(test_a_private_daemon_does),
            cmocka_unit_test(test_analyze),
            cmocka_unit_test(test_analyze_for_people),
            cmocka_unit_test(test_analyze_says_what_is_malformed),
    };

    setvbuf(stdout, NULL, _IONBF, 0);
    return cmocka_run_group_tests(tests, setup, teardown);
}
