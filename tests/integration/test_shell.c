// memscope as a job of a shell, and what the environment says of the terminal.

#include "common/cleanup.h"
#include "tests/support/viewer.h"

#include <stdio.h>
#include <string.h>

static terminal_t *start_in_shell(void)
{
    const char *argv[] = {"sh", "-i", NULL}, *env[] = {"PS1=ready> ", "ENV=", NULL};
    terminal_t *t = viewer_start_with(argv, env, 24, 80);

    assert_text(t, "ready>");
    terminal_send(t, MEMSCOPE_PATH " --private\n");
    viewer_await_list(t);
    return t;
}

static bool is_shell(const terminal_t *t, void *user)
{
    (void) user;
    return !terminal_is_alternate(t) && terminal_find(t, "ready>", NULL, NULL);
}

static bool is_list(const terminal_t *t, void *user)
{
    int titles = viewer_titles(t);

    (void) user;
    return terminal_is_alternate(t) && titles > 0 &&
           strncmp(terminal_line(t, 0), "MEMSCOPE", 8) == 0 &&
           strcmp(terminal_cell(t, terminal_rows(t) - 1, terminal_cols(t) - 1).text, "p") == 0;
}

// ^Z gives the shell its screen, fg gives it back, whatever the size is by then.
static void test_suspend_and_resume(void **state)
{
    terminal_t *t = start_in_shell();

    (void) state;
    for (int i = 0; i < 5; i++) {
        terminal_send(t, "\032");
        assert_waited(t, is_shell, NULL);
        assert_text(t, "topped");
        terminal_resize(t, 20 + i, 90 + i);
        terminal_send(t, "fg\n");
        assert_waited(t, is_list, NULL);
    }
    // A key after that is one.
    terminal_send(t, "?");
    assert_text(t, "MEMSCOPE help");
    terminal_send(t, "\033q");
    assert_waited(t, is_shell, NULL);
    terminal_send(t, "exit\n");
    assert_true(terminal_wait_exit(t, EXPECT_MS) != -1);
    terminal_free(t);
}

static bool has_colours(const terminal_t *t)
{
    for (int row = 0; row < terminal_rows(t); row++)
        for (int col = 0; col < terminal_cols(t); col++)
            if (terminal_cell(t, row, col).fg != -1 || terminal_cell(t, row, col).bg != -1)
                return true;
    return false;
}

static bool is_plain(const terminal_t *t, void *user)
{
    (void) user;
    return !has_colours(t);
}

static bool is_colourful(const terminal_t *t, void *user)
{
    return !is_plain(t, user);
}

static void test_colours(void **state)
{
    const char *argv[] = {MEMSCOPE_PATH, "--private", NULL};
    const char *no_color[] = {"NO_COLOR=1", NULL}, *vt100[] = {"TERM=vt100", NULL};
    terminal_t *t = viewer_start(24, 80);

    (void) state;
    assert_waited(t, is_colourful, NULL);
    terminal_send(t, "CC");
    assert_waited(t, is_plain, NULL);
    terminal_send(t, "C");
    assert_waited(t, is_colourful, NULL);
    viewer_quit(t);
    t = viewer_start_with(argv, no_color, 24, 80);
    viewer_await_list(t);
    assert_waited(t, is_plain, NULL);
    viewer_quit(t);
    t = viewer_start_with(argv, vt100, 24, 80);
    assert_waited(t, is_plain, NULL);
    assert_text(t, "MEMSCOPE [SORT: MEM]");
    terminal_send(t, "q");
    assert_exit(t, 0);
    terminal_free(t);
}

static void test_dumb_terminal(void **state)
{
    const char *argv[] = {MEMSCOPE_PATH, "--private", NULL}, *env[] = {"TERM=dumb", NULL};
    terminal_t *t = viewer_start_with(argv, env, 24, 120);

    (void) state;
    assert_exit(t, 2);
    assert_screen(
            t, strstr(terminal_line(t, 0), "'dumb': no such terminal is known, or it cannot move"));
    terminal_free(t);
}

// As over ssh, from a terminal that is newer than the host: no reason to refuse.
static void test_relative_of_xterm(void **state)
{
    const char *argv[] = {MEMSCOPE_PATH, "--private", NULL};
    const char *env[] = {"TERM=xterm-unheard-of", NULL};
    terminal_t *t = viewer_start_with(argv, env, 24, 80);

    (void) state;
    viewer_await_list(t);
    assert_waited(t, is_colourful, NULL);
    viewer_quit(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_suspend_and_resume),
            cmocka_unit_test(test_colours),
            cmocka_unit_test(test_dumb_terminal),
            cmocka_unit_test(test_relative_of_xterm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
