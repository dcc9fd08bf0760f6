// memscope --replay: a recorded trace on the screen, with its own time and its own end.

#include "common/cleanup.h"
#include "tests/support/temporary.h"
#include "tests/support/viewer.h"

#include <stdio.h>

#define HEAD "# mem_total_kb=8000000\ntime_s,pid,start_time,comm,state,rss_kb,anon_kb,swap_kb\n"

static terminal_t *replay(const char *file, const char *speed)
{
    const char *argv[] = {MEMSCOPE_PATH, "--replay", file, "--speed", speed, NULL};

    return viewer_start_with(argv, NULL, 30, 100);
}

static const char *write_trace(const temporary_t *dir, const char *text)
{
    const char *path = temporary_path(dir, "trace.csv");
    _cleanup_fclose_ FILE *f = fopen(path, "we");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    return path;
}

static void test_leak(void **state)
{
    terminal_t *t = replay(TRACES "/redis-leak-from-300.csv", "max");

    (void) state;
    assert_text(t, "replay ended 4:18:29");
    assert_text(t, "redis-server");
    viewer_await_field(t, 98339, "TAGS", "LEAK");
    viewer_await_kb(t, 98339, "RSS", 209000, 211000);
    // Nobody recorded it, so that nobody knows it.
    assert_string_equal(viewer_field(t, viewer_row(t, 98339), "CPU%"), "-");
    viewer_inspect(t, 98339);
    assert_text(t, "replay ended 4:18:29");
    assert_text(t, "Range: 191.4 - 205.0 MB");
    assert_text(t, "Source: the recording");
    assert_text(t, "age 20 min");
    assert_text(t, "4:13:31 LEAK: +126.55 MB");
    terminal_send(t, "\033e");
    assert_text(t, "EVENTS since 3:58:30");
    assert_text(t, "4:09:31");
    terminal_send(t, "\033w");
    assert_text(t, "private memory rose 124 MiB: 100% redis-server (PID 98339)");
    assert_text(t, "processes                68.8 MiB   193 MiB  +124 MiB");
    assert_text(t, "100%  redis-server");
    assert_screen(t, !terminal_find(t, "page cache", NULL, NULL));
    terminal_send(t, "\033");
    viewer_await_list(t);
    viewer_quit(t);
}

// At its own pace the second sample is a minute away.
static void test_pace(void **state)
{
    temporary_t dir = temporary_new();
    const char *path = write_trace(&dir, HEAD "0,7,1,early,S,5000,4000,0\n"
                                              "60,7,1,early,S,6000,5000,0\n"
                                              "60,8,5900,late,S,,,\n");
    terminal_t *t = replay(path, "1");

    (void) state;
    assert_text(t, "replay 0:00:00");
    assert_text(t, "early");
    assert_screen(t, !terminal_find(t, "late", NULL, NULL));
    viewer_quit(t);

    t = replay(path, "1000");
    assert_text(t, "replay ended 0:01:00");
    viewer_await_field(t, 8, "NAME", "late");
    assert_string_equal(viewer_field(t, viewer_row(t, 8), "RSS"), "-");
    viewer_quit(t);
    temporary_remove(&dir);
}

// The exit status, and on the screen that is the shell's again nothing but what was said.
static void assert_refused(const char *file, const char *speed, const char *text)
{
    terminal_t *t = replay(file, speed);

    assert_exit(t, 1);
    assert_text(t, text);
    assert_screen(t, !terminal_is_alternate(t));
    assert_screen(t, !terminal_find(t, "MEMSCOPE", NULL, NULL));
    terminal_free(t);
}

static void test_malformed(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
            {"", ":1:1: expected '# mem_total_kb=N'"},
            {HEAD, ":3:1: expected a row"},
            {HEAD "0,7,1,a,S,x,4000,0\n", ":3:11: expected"},
            {HEAD "0,0,1,a,S,1,1,0\n", ":3:1: no process has the number 0"},
            // After it was on screen for a while.
            {HEAD "0,7,1,a,S,5000,4000,0\n2,7,1,a,S,5000,4000,0\n1,7,1,a,S,5000,4000,0\n",
                    ":5:1: time goes back"},
    };
    temporary_t dir = temporary_new();
    char text[256];

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *path = write_trace(&dir, cases[i].text);

        snprintf(text, sizeof(text), "memscope: %s%s", path, cases[i].error);
        assert_refused(path, "2", text);
    }
    temporary_remove(&dir);
    assert_refused("/nowhere/at/all.csv", "1",
            "memscope: cannot read /nowhere/at/all.csv: No such file or directory");
    assert_refused("/tmp", "1", "memscope: cannot read /tmp: Is a directory");
    assert_refused("/dev/null", "1", "memscope: cannot read /dev/null: not a regular file");
}

static void test_usage(void **state)
{
    static const struct {
        const char *argv[6];
        const char *error;
    } cases[] = {
            {{MEMSCOPE_PATH, "--replay", "x", "--socket", "y"}, "leave --socket and --private out"},
            {{MEMSCOPE_PATH, "--private", "--replay", "x"}, "leave --socket and --private out"},
            {{MEMSCOPE_PATH, "--speed", "2"}, "--speed is that of --replay: give both"},
            {{MEMSCOPE_PATH, "--speed", "fast"},
                    "--speed 'fast': expected 0.01 to 1000000, or max"},
            {{MEMSCOPE_PATH, "--replay"}, "--replay needs a value: FILE"},
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        terminal_t *t = viewer_start_with(cases[i].argv, NULL, 24, 100);

        assert_exit(t, 2);
        assert_text(t, cases[i].error);
        terminal_free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_leak),
            cmocka_unit_test(test_pace),
            cmocka_unit_test(test_malformed),
            cmocka_unit_test(test_usage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
