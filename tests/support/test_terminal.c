// The driver is what other tests rely on, so it is tried against programs whose behaviour nobody
// doubts.

#include "tests/support/cmocka.h"
#include "tests/support/expect.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static terminal_t *start_shell(const char *script)
{
    const char *argv[] = {"sh", "-c", script, NULL};

    return terminal_start(&(terminal_options_t){.argv = argv, .rows = 24, .cols = 80});
}

static void test_text_and_exit(void **state)
{
    terminal_t *t = start_shell("printf 'one\\n\\n  gr\\303\\274n \\342\\226\\210\\n'; exit 3");

    (void) state;
    assert_exit(t, 3);
    assert_string_equal(terminal_line(t, 0), "one");
    assert_string_equal(terminal_line(t, 1), "");
    assert_string_equal(terminal_line(t, 2), "  gr\xc3\xbcn \xe2\x96\x88");

    int row, col;
    assert_true(terminal_find(t, "\xe2\x96\x88", &row, &col));
    assert_int_equal(row, 2);
    assert_int_equal(col, 7);
    assert_false(terminal_find(t, "absent", NULL, NULL));
    assert_int_equal(terminal_stray(t), 8);
    terminal_free(t);
}

static void test_keys_come_back(void **state)
{
    const char *argv[] = {"cat", NULL};
    terminal_t *t = terminal_start(&(terminal_options_t){.argv = argv, .rows = 5, .cols = 20});

    (void) state;
    terminal_send(t, "hello\r");
    assert_text(t, "hello");
    assert_true(terminal_response_us(t, "x", EXPECT_MS) >= 0);
    assert_int_equal(terminal_wait_exit(t, 0), -1);
    terminal_send(t, "\r\004");
    assert_exit(t, 0);
    terminal_free(t);
}

static void test_attributes(void **state)
{
    terminal_t *t = start_shell("printf '\\033[1;31ma\\033[0;7mb\\033[0;4;42mc\\033[0md'");

    (void) state;
    assert_exit(t, 0);

    terminal_cell_t a = terminal_cell(t, 0, 0), b = terminal_cell(t, 0, 1);
    terminal_cell_t c = terminal_cell(t, 0, 2), d = terminal_cell(t, 0, 3);
    assert_true(a.bold && !a.reverse && a.fg == 1 && a.bg == -1);
    assert_true(!b.bold && b.reverse && b.fg == -1);
    assert_true(c.underline && c.bg == 2);
    assert_true(!d.bold && !d.reverse && !d.underline && d.fg == -1 && d.bg == -1);
    assert_string_equal(d.text, "d");
    assert_string_equal(terminal_cell(t, 9, 9).text, " ");
    terminal_free(t);
}

static void test_alternate_screen(void **state)
{
    terminal_t *t = start_shell("printf '\\033[?1049h\\033[?25linside'; read x;"
                                "printf '\\033[?1049l\\033[?25h'; read x; echo outside; read x");
    int row, col;
    bool visible;

    (void) state;
    assert_text(t, "inside");
    assert_true(terminal_is_alternate(t));
    terminal_cursor(t, &row, &col, &visible);
    assert_int_equal(col, 6);
    assert_false(visible);
    assert_int_equal(terminal_stray(t), 0);

    terminal_send(t, "\r");
    assert_gone(t, "inside");
    assert_false(terminal_is_alternate(t));
    assert_true(terminal_is_blank(t));

    terminal_send(t, "\r");
    assert_text(t, "outside");
    assert_int_equal(terminal_stray(t), 7);
    terminal_free(t);
}

static void test_resize_reaches_the_program(void **state)
{
    terminal_t *t = start_shell("trap 'stty size' WINCH; echo up; while :; do read x; done");

    (void) state;
    assert_text(t, "up");
    terminal_resize(t, 15, 60);
    assert_text(t, "15 60");
    assert_int_equal(terminal_rows(t), 15);
    assert_int_equal(terminal_cols(t), 60);
    terminal_free(t);
}

static void test_scrolling_and_regions(void **state)
{
    terminal_t *t = start_shell("printf '\\033[2;5r\\033[5;1Ha\\nb\\nc\\033[2L\\033[1M\\033[3P'");

    (void) state;
    assert_exit(t, 0);
    assert_int_equal(terminal_stray(t), 3);
    assert_string_equal(terminal_line(t, 2), "a");
    terminal_free(t);
}

// Also where the tests are run by nohup.
static void test_hang_up(void **state)
{
    terminal_t *t;

    (void) state;
    signal(SIGHUP, SIG_IGN);
    t = start_shell("echo up; while :; do sleep 100 & wait; done");
    signal(SIGHUP, SIG_DFL);
    assert_text(t, "up");
    terminal_hang_up(t);

    int status = terminal_wait_exit(t, EXPECT_MS);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGHUP);
    assert_false(terminal_pump(t, 0));
    terminal_free(t);
}

static void test_received_bytes_and_modes(void **state)
{
    terminal_t *t = start_shell("printf 'ab\\033[1mc'; read x; stty -echo; printf done; read x");
    size_t size;

    (void) state;
    assert_text(t, "abc");
    assert_memory_equal(terminal_received(t, &size), "ab\033[1mc", 7);
    assert_int_equal(size, 7);
    terminal_forget(t);

    assert_true(terminal_modes(t).c_lflag & ECHO);
    terminal_send(t, "\r");
    assert_text(t, "done");
    assert_false(terminal_modes(t).c_lflag & ECHO);
    terminal_received(t, &size);
    assert_true(size >= 4 && size < 10);
    terminal_free(t);
}

static void test_stdin_from_elsewhere(void **state)
{
    const char *argv[] = {"sh", "-c", "cat; test -t 0 || echo \"no terminal $WORD\"", NULL};
    const char *env[] = {"WORD=here", NULL};
    terminal_t *t = terminal_start(&(terminal_options_t){
            .argv = argv, .env = env, .rows = 24, .cols = 80, .stdin_path = "/dev/null"});

    (void) state;
    assert_text(t, "no terminal here");
    assert_exit(t, 0);
    terminal_free(t);
}

static void test_freeing_kills(void **state)
{
    terminal_t *t = start_shell("echo up; exec sleep 1000");
    pid_t pid = terminal_pid(t);

    (void) state;
    assert_text(t, "up");
    terminal_free(t);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

static void test_missing_program(void **state)
{
    const char *argv[] = {"memscope-no-such-program", NULL};
    terminal_t *t = terminal_start(&(terminal_options_t){.argv = argv, .rows = 24, .cols = 80});

    (void) state;
    assert_exit(t, 127);
    assert_true(terminal_find(t, "No such file", NULL, NULL));
    terminal_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_text_and_exit),
            cmocka_unit_test(test_keys_come_back),
            cmocka_unit_test(test_attributes),
            cmocka_unit_test(test_alternate_screen),
            cmocka_unit_test(test_resize_reaches_the_program),
            cmocka_unit_test(test_scrolling_and_regions),
            cmocka_unit_test(test_hang_up),
            cmocka_unit_test(test_received_bytes_and_modes),
            cmocka_unit_test(test_stdin_from_elsewhere),
            cmocka_unit_test(test_freeing_kills),
            cmocka_unit_test(test_missing_program),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
