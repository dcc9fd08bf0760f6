// memscope snapshot, inspect and events against a daemon of the test's own: what scripts get to
// read.

#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/scripted.h"
#include "tests/support/watcher.h"

#include <stdio.h>
#include <string.h>

#define HOSTILE "a\\xffb\\x0a\\x1b[1m\",c"
#define WAIT_MS 60000

// ---- snapshot ----------------------------------------------------------------------------------

static void test_snapshot_as_json(void **state)
{
    process_t actor = actor_start();
    json_object *sample, *p;

    (void) state;
    actor_do(&actor, "anon 60");
    actor_do(&actor, "name " HOSTILE);
    assert_true(watcher_await_looks(scripted.socket, WAIT_MS));
    assert_int_equal(bash("$M snapshot --json $S"), 0);
    sample = json_parse_line();
    assert_int_equal(json_object_get_type(json_get(sample, "schema")), json_type_int);
    assert_true(json_object_get_double(json_get(sample, "time")) > 1e9);
    assert_true(json_object_get_int64(json_get(json_get(sample, "system"), "mem_total_bytes")) >
                1 << 20);
    json_assert_no_null(json_get(sample, "system"));
    for (size_t i = 0; i < json_object_array_length(json_get(sample, "processes")); i++)
        json_assert_no_null(json_object_array_get_idx(json_get(sample, "processes"), i));
    p = json_find_process(sample, actor.pid);
    assert_non_null(p);
    assert_true(json_object_get_int64(json_get(p, "rss_bytes")) >= 60 << 20);
    assert_int_equal(json_object_get_int64(json_get(p, "anon_bytes")),
            proc_kb(actor.pid, "status", "RssAnon") * 1024);
    assert_string_equal(json_object_get_string(json_get(p, "name")), "a\xef\xbf\xbd"
                                                                     "b\n\x1b[1m\",c");
    assert_true(json_object_get_type(json_get(p, "cpu_percent")) == json_type_double ||
                json_object_get_type(json_get(p, "cpu_percent")) == json_type_int);
    json_object_put(sample);
    process_stop(&actor);
}

// The name clears the screen of a terminal that knows C1, turns the line round and hides.
static void test_json_does_nothing_to_a_terminal(void **state)
{
    process_t actor = actor_start();
    json_object *o;

    (void) state;
    actor_do(&actor, "name \\xc2\\x9b2J\\xe2\\x80\\xae\\x7f\\xf3\\xa0\\x80\\x81");
    assert_int_equal(bash("$M inspect --json %d $S", (int) actor.pid), 0);
    assert_non_null(strstr(scripted.out, "\"\\u009b2J\\u202e\\u007f\\udb40\\udc01\""));
    o = json_parse_line();
    assert_string_equal(json_object_get_string(json_get(o, "name")), "\xc2\x9b"
                                                                     "2J\xe2\x80\xae\x7f\xf3"
                                                                     "\xa0\x80\x81");
    json_object_put(o);
    process_stop(&actor);
}

static void test_snapshot_as_csv(void **state)
{
    process_t actor = actor_start();
    char *line, *rest = scripted.out, wanted[64];
    size_t commas = 0, n;
    bool found = false;

    (void) state;
    actor_do(&actor, "name " HOSTILE);
    assert_true(watcher_await_looks(scripted.socket, WAIT_MS));
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
    sample = json_parse_line();
    assert_int_equal(json_object_array_length(json_get(sample, "processes")), 3);
    for (size_t i = 0; i < 3; i++) {
        json_object *p = json_object_array_get_idx(json_get(sample, "processes"), i);

        assert_int_equal(json_object_object_length(p), 2);
        assert_true(json_object_get_double(json_get(p, "rss_bytes")) <= last);
        last = json_object_get_double(json_get(p, "rss_bytes"));
    }
    json_object_put(sample);
    assert_int_equal(bash("$M snapshot --json --filter pid:%d $S", (int) scripted.daemon.pid), 0);
    sample = json_parse_line();
    assert_int_equal(json_object_array_length(json_get(sample, "processes")), 1);
    assert_non_null(json_find_process(sample, scripted.daemon.pid));
    json_object_put(sample);
    assert_int_equal(bash("$M snapshot --json --group user --sort -memory $S"), 0);
    sample = json_parse_line();
    assert_string_equal(json_object_get_string(json_get(sample, "group")), "user");
    assert_non_null(
            json_get(json_object_array_get_idx(json_get(sample, "processes"), 0), "process_count"));
    assert_non_null(json_get(json_object_array_get_idx(json_get(sample, "processes"), 0), "user"));
    json_object_put(sample);
    assert_int_equal(bash("$M snapshot --sort -pid --columns pid,name $S | awk 'NR > 2 { "
                          "if (seen && $1 > last) exit 1; last = $1; seen = 1 }'"),
            0);
}

static void test_snapshot_repeats(void **state)
{
    (void) state;
    assert_int_equal(bash("$M snapshot --json --count 3 --interval 1 --columns pid $S"), 0);
    assert_int_equal(count_lines(scripted.out), 3);
    assert_int_equal(bash("$M snapshot --csv --count 2 --filter pid:%d --columns pid $S",
                             (int) scripted.daemon.pid),
            0);
    assert_int_equal(count_lines(scripted.out), 3);
}

static void test_a_table_is_plain(void **state)
{
    (void) state;
    assert_int_equal(bash("$M snapshot --top 4 $S"), 0);
    assert_int_equal(count_lines(scripted.out), 6);
    assert_null(strchr(scripted.out, '\x1b'));
    assert_non_null(strstr(scripted.out, "PID  USER"));
    assert_int_equal(bash("LC_ALL=C $M snapshot --top 4 --filter pid:%d --columns pid,name,uss $S",
                             (int) scripted.daemon.pid),
            0);
    assert_non_null(strstr(scripted.out, "USS"));
}

// ---- inspect -----------------------------------------------------------------------------------

static void test_inspect(void **state)
{
    process_t actor = actor_start();
    json_object *o;

    (void) state;
    actor_do(&actor, "anon 40");
    assert_true(watcher_await_looks(scripted.socket, WAIT_MS));
    assert_int_equal(bash("$M inspect %d $S", (int) actor.pid), 0);
    assert_non_null(strstr(scripted.out, "\nRSS "));
    assert_non_null(strstr(scripted.out, "\nPSS "));
    assert_non_null(strstr(scripted.out, "\nLeak "));
    assert_int_equal(bash("$M inspect --json %d $S", (int) actor.pid), 0);
    o = json_parse_line();
    json_assert_no_null(o);
    assert_int_equal(json_object_get_int64(json_get(o, "pid")), actor.pid);
    assert_int_equal(json_object_get_int64(json_get(o, "anon_bytes")),
            proc_kb(actor.pid, "smaps_rollup", "Anonymous") * 1024);
    assert_string_equal(json_object_get_string(json_get(o, "breakdown_source")), "smaps_rollup");
    json_object_put(o);
    process_stop(&actor);
}

static void test_inspect_follows_to_the_end(void **state)
{
    static const char script[] =
            "sleep 300 & sleeper=$!\n"
            "$M inspect --follow --json $sleeper $S >$D/inspected & follower=$!\n"
            "for i in $(seq 1200); do [ -s $D/inspected ] && break; sleep 0.05; done\n"
            "kill $sleeper; wait $follower; status=$?\n"
            "cat $D/inspected; exit $status\n";

    (void) state;
    assert_int_equal(bash("%s", script), 0);
    assert_true(count_lines(scripted.out) >= 1);
    // It has just begun.
    assert_int_equal(bash("sleep 300 >/dev/null 2>&1 & $M inspect $! $S | grep -c '^RSS '; s=$?; "
                          "kill $!; exit $s"),
            0);
    assert_int_equal(bash("$M inspect 4194300 $S"), 3);
    assert_non_null(strstr(scripted.out, "4194300"));
}

// ---- events ------------------------------------------------------------------------------------

// One after the other takes memory, and ends when that and all of its size is known; the second one
// begins when the end of the first one is, so that it cannot be what was asked for at the begin. A
// kill of somebody else's for want of memory names those that had grown.
static void test_events_as_they_happen(void **state)
{
    static const char script[] =
            "mb=$(awk '/^MemTotal/ { m = int($2 * 7 / 1024000); print m < 128 ? 128 : m }' "
            "/proc/meminfo)\n"
            "soon() { for i in $(seq 1200); do \"$@\" && return; sleep 0.05; done; }\n"
            "$M events --follow --json $S 2>/dev/null >$D/followed & follower=$!\n"
            "for n in 1 2; do\n"
            "    $HOG $mb 0 600000 >$D/hog & hog=$!\n"
            "    soon grep -qs taken $D/hog\n"
            "    soon grep -qs \"\\\"state\\\":\\\"set\\\",\\\"pid\\\":$hog,\" $D/followed\n"
            "    $M snapshot --count 3 --interval 1 --top 1 $S >/dev/null\n"
            "    { kill $hog; wait $hog; } 2>/dev/null\n"
            "    soon grep -qs \"\\\"event\\\":\\\"exit\\\",\\\"pid\\\":$hog,\" $D/followed\n"
            "    grep \"\\\"pid\\\":$hog,\" $D/followed | grep -v oom_kill | tee -a $D/expected\n"
            "done\n"
            "kill $follower\n";
    unsigned set = 0, cleared = 0, ended = 0;
    const char *line;

    (void) state;
    setenv("HOG", HOG_PATH, 1);
    assert_int_equal(bash("%s", script), 0);
    for (line = scripted.out; *line; line += strcspn(line, "\n") + 1) {
        json_object *o = json_parse(line, strcspn(line, "\n"));
        bool tag = json_object_object_get_ex(o, "tag", NULL);
        bool begins = tag && strcmp(json_object_get_string(json_get(o, "state")), "set") == 0;

        assert_string_equal(json_object_get_string(json_get(o, "name")), "hog");
        // When it is set it may be at the begin of its rise; what it held when it ended may have
        // been nothing any more.
        assert_true(json_object_get_int64(json_get(o, tag ? "size_bytes" : "peak_rss_bytes")) >
                    (begins ? 30 << 20 : 100 << 20));
        set += begins;
        cleared += tag && !begins;
        ended += !tag;
        json_object_put(o);
    }
    assert_int_equal(ended, 2);
    assert_true(set >= 2 && cleared == set); // a slow rise may be two spikes
    // The same is told afterwards, and for a span of time.
    assert_int_equal(bash("numbers() { grep -o '\"number\":[0-9]*,' | sort; }; "
                          "numbers <$D/expected >$D/numbers; test $(wc -l <$D/numbers) -ge 6 && "
                          "$M events --json --since -5m $S 2>/dev/null | numbers | "
                          "comm -23 $D/numbers - | wc -l"),
            0);
    assert_string_equal(scripted.out, "0\n");
    assert_int_equal(bash("$M events --json --until -1h $S 2>/dev/null"), 0);
    assert_string_equal(scripted.out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_snapshot_as_json),
            cmocka_unit_test(test_json_does_nothing_to_a_terminal),
            cmocka_unit_test(test_snapshot_as_csv),
            cmocka_unit_test(test_snapshot_choices),
            cmocka_unit_test(test_snapshot_repeats),
            cmocka_unit_test(test_a_table_is_plain),
            cmocka_unit_test(test_inspect),
            cmocka_unit_test(test_inspect_follows_to_the_end),
            cmocka_unit_test(test_events_as_they_happen),
    };

    setvbuf(stdout, NULL, _IONBF, 0);
    return cmocka_run_group_tests(tests, scripted_setup, scripted_teardown);
}
