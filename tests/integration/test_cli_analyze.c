// memscope analyze, and the subcommands with --replay: what a recorded trace is found to hold.

#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/scripted.h"

#include <stdio.h>
#include <string.h>

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
    char *rest = scripted.out;

    (void) state;
    assert_int_equal(bash(TRACE " >$D/trace; $M analyze --json $D/trace"), 0);
    while (rest && *rest) {
        char *line = strsep(&rest, "\n");
        json_object *o = json_parse(line, strlen(line));
        const char *tag = json_object_get_string(json_get(o, "tag"));
        const char *tag_state = json_object_get_string(json_get(o, "state"));
        bool set = strcmp(tag_state, "set") == 0;
        int64_t pid = json_object_get_int64(json_get(o, "pid"));

        json_assert_no_null(o);
        assert_in_range(json_object_get_int64(json_get(o, "time")), 1000, 2200);
        assert_int_equal(json_object_get_int64(json_get(o, "start_time")), pid == 13 ? 150000 : 1);
        assert_int_not_equal(pid, 11);
        if (strcmp(tag, "LEAK") == 0 && set) {
            assert_int_equal(pid, 10);
            assert_string_equal(json_object_get_string(json_get(o, "comm")), "leaky");
            assert_in_range(
                    json_object_get_int64(json_get(o, "rate_bytes_per_second")), 1000000, 1100000);
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

// Recorded under a collector whose teeth grow, and under load in waves: what leaks on keeps its
// tag.
static void test_what_leaks_on_stays_tagged(void **state)
{
    static const char *const traces[] = {"node-listeners", "node-waves", "jvm-parallel"};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(traces); i++)
        assert_int_equal(
                bash("$M analyze --json " TRACES "/%s-leak-from-10.csv |"
                     " awk '/\"tag\":\"LEAK\",\"state\":\"set\"/ { set++ }"
                     " set && /\"state\":\"cleared\"/ { lost++ } END { exit set != 1 || lost }'",
                        traces[i]),
                0);
}

static void test_analyze_for_people(void **state)
{
    (void) state;
    assert_int_equal(bash(TRACE " | $M analyze -"), 0);
    assert_non_null(strstr(scripted.out, "LEAK    set"));
    assert_non_null(strstr(scripted.out, "3,609 rows, 1,200 samples, 4 processes"));
    assert_null(strchr(scripted.out, '\x1b'));
    assert_null(strchr(scripted.out, '\r'));
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
            {"1,2,3,a,S,-1,1,0\\n", ":3:11: expected a number of at most 15 digits in rss_kb"},
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
        if (cases[i].said &&
                (!strstr(scripted.out, cases[i].said) || !strstr(scripted.out, "/bad:")))
            fail_msg("%s: %s", cases[i].rows, scripted.out);
        if (!cases[i].said)
            assert_string_equal(scripted.out, "");
    }
    assert_int_equal(bash("printf 'time_s\\n' | $M analyze -"), 1);
    assert_non_null(strstr(scripted.out, "standard input:1:1: expected '# mem_total_kb=N'"));
    assert_int_equal(bash("printf '# mem_total_kb=5\\ntime,pid\\n' | $M analyze -"), 1);
    assert_non_null(strstr(scripted.out, "standard input:2:5: expected the columns"));
    assert_int_equal(bash("$M analyze /nonexistent/trace"), 1);
    assert_non_null(strstr(scripted.out, "/nonexistent/trace: No such file"));
    assert_int_equal(bash("$M analyze /"), 1);
    assert_non_null(strstr(scripted.out, "directory"));
}

static json_object *first_row(json_object *why)
{
    return json_object_array_get_idx(json_get(why, "rows"), 0);
}

// What is asked is the end of the trace, by its own clock, whatever the zone.
static void test_a_replay_answers(void **state)
{
    json_object *o, *p;

    (void) state;
    assert_int_equal(bash(TRACE " >$D/trace; TZ=Asia/Tokyo $M why --replay $D/trace --since "
                                "-15m --json"),
            0);
    o = json_parse_line();
    assert_string_equal(json_object_get_string(json_get(first_row(o), "name")), "spiky");
    assert_int_equal(json_object_get_int64(json_get(json_get(o, "asked"), "to")), 2199);
    assert_null(strstr(scripted.out, "page_tables"));
    json_object_put(o);
    assert_int_equal(bash("TZ=Asia/Tokyo $M why --replay $D/trace --since 00:20 --until 00:30"), 0);
    assert_non_null(strstr(scripted.out, "From 00:19:59 to 00:29:59 private memory went from "));
    assert_int_equal(bash("$M why --replay $D/trace --since 00:01 >/dev/null"), 0);
    assert_non_null(strstr(scripted.out, "/trace tells nothing of the time before 00:16:49"));
    assert_int_equal(bash("$M snapshot --replay $D/trace --json"), 0);
    o = json_parse_line();
    assert_int_equal(json_object_get_int64(json_get(o, "time")), 2199);
    assert_int_equal(json_object_array_length(json_get(o, "processes")), 3);
    p = json_find_process(o, 10);
    assert_int_equal(json_object_get_int64(json_get(p, "rss_bytes")), (50000 + 1199 * 1024) * 1024);
    assert_null(json_get(p, "cpu_percent"));
    assert_null(json_get(p, "ppid"));
    json_object_put(o);
    assert_int_equal(
            bash("$M snapshot --replay $D/trace --filter tag:leak --csv --columns pid"), 0);
    assert_string_equal(scripted.out, "time,pid\n2199.000,10\n");
    assert_int_equal(bash("$M inspect 12 --replay $D/trace | grep -c '^Leak '"), 0);
    assert_int_equal(bash("$M events --replay $D/trace --json | grep -c '\"pid\":12,'"), 0);
    assert_int_equal(bash("$M inspect 10 --replay $D/trace | grep -c '^Started '"), 0);
    // What began after the sample that it is in began by another clock.
    assert_int_equal(bash("printf \"" HEAD "5,2,900,a,S,1,1,0\\n6,2,900,a,S,1,1,0\\n\" >$D/late; "
                          "$M inspect 2 --replay $D/late"),
            0);
    assert_non_null(strstr(scripted.out, "Process       2 a\n"));
    assert_null(strstr(scripted.out, "Started"));
    assert_int_equal(bash("$M inspect %d --replay $D/trace", (int) getpid()), 3);
}

static void test_a_replay_that_cannot_be(void **state)
{
    static const char *const wrong[] = {"why --private", "why --socket x", "snapshot --interval 5",
            "snapshot --count 2", "inspect 1 --follow", "events --follow"};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        assert_int_equal(bash("$M %s --replay $D/trace", wrong[i]), 2);
        assert_int_equal(count_lines(scripted.out), 1);
    }
    assert_int_equal(bash("printf \"" HEAD "1,2,3,a,S,1,1,0\\n\" >$D/one; $M snapshot --replay "
                          "$D/one --csv --columns pid,name"),
            0);
    assert_string_equal(scripted.out, "time,pid,name\n1.000,2,a\n");
    assert_int_equal(bash("printf \"" HEAD "1,2,3,a,S,1,1,0\\n2,b\\n\" >$D/bad; $M why --replay "
                          "$D/bad"),
            1);
    assert_non_null(strstr(scripted.out, "/bad:4:3: expected a number"));
    assert_int_equal(count_lines(scripted.out), 1);
    assert_int_equal(bash("$M snapshot --replay /nonexistent"), 1);
    assert_non_null(strstr(scripted.out, "cannot read /nonexistent: No such file"));
    assert_int_equal(bash("$M snapshot --replay /dev/null"), 1);
    assert_non_null(strstr(scripted.out, "/dev/null: not a regular file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_analyze),
            cmocka_unit_test(test_what_leaks_on_stays_tagged),
            cmocka_unit_test(test_analyze_for_people),
            cmocka_unit_test(test_analyze_says_what_is_malformed),
            cmocka_unit_test(test_a_replay_answers),
            cmocka_unit_test(test_a_replay_that_cannot_be),
    };

    setvbuf(stdout, NULL, _IONBF, 0);
    return cmocka_run_group_tests(tests, scripted_setup, scripted_teardown);
}
