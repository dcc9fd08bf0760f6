// How memscope treats the terminal, the shell that it was started from, and its private daemon.

#include "common/cleanup.h"
#include "tests/support/temporary.h"
#include "tests/support/viewer.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static void assert_same_modes(terminal_t *t)
{
    const char *argv[] = {"true", NULL};
    terminal_t *fresh = terminal_start(&(terminal_options_t){.argv = argv, .rows = 24, .cols = 80});
    struct termios expected = terminal_modes(fresh), modes = terminal_modes(t);

    assert_int_equal(modes.c_iflag, expected.c_iflag);
    assert_int_equal(modes.c_oflag, expected.c_oflag);
    assert_int_equal(modes.c_cflag, expected.c_cflag);
    assert_int_equal(modes.c_lflag, expected.c_lflag);
    assert_memory_equal(modes.c_cc, expected.c_cc, sizeof(modes.c_cc));
    terminal_free(fresh);
}

static void assert_clean_end(terminal_t *t, int exit_status)
{
    int row, col;
    bool visible;

    assert_exit(t, exit_status);
    assert_screen(t, !terminal_is_alternate(t));
    assert_screen(t, terminal_is_blank(t));
    assert_int_equal(terminal_stray(t), 0);
    assert_same_modes(t);
    terminal_cursor(t, &row, &col, &visible);
    assert_true(visible);
}

static pid_t private_daemon(const terminal_t *t)
{
    pid_t pid = proc_find_child(terminal_pid(t), "memscoped");

    assert_true(pid > 0);
    return pid;
}

static void test_quit_restores_everything(void **state)
{
    static const struct {
        const char *keys;
        int signo;
    } ends[] = {
            {"q", 0}, {"\033", 0}, {"\003", 0}, {NULL, SIGTERM}, {NULL, SIGINT}, {NULL, SIGHUP}};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
        terminal_t *t = viewer_start(24, 80);
        pid_t daemon = private_daemon(t);

        assert_screen(t, terminal_is_alternate(t));
        if (ends[i].keys)
            terminal_send(t, ends[i].keys);
        else
            kill(terminal_pid(t), ends[i].signo);
        assert_clean_end(t, 0);
        assert_true(proc_wait_ended(daemon, EXPECT_MS));
        terminal_free(t);
    }
}

static void test_private_daemon_dies_with_a_killed_client(void **state)
{
    terminal_t *t = viewer_start(24, 80);
    pid_t daemon = private_daemon(t);

    (void) state;
    kill(terminal_pid(t), SIGKILL);
    assert_true(proc_wait_ended(daemon, EXPECT_MS));
    terminal_free(t);
}

static void test_closed_window(void **state)
{
    terminal_t *t = viewer_start(24, 80);
    pid_t daemon = private_daemon(t);

    (void) state;
    terminal_hang_up(t);
    assert_true(terminal_wait_exit(t, EXPECT_MS) != -1);
    assert_true(proc_wait_ended(daemon, EXPECT_MS));
    terminal_free(t);
}

static void test_end_of_input(void **state)
{
    const char *argv[] = {MEMSCOPE_PATH, "--private", NULL};
    terminal_t *t = terminal_start(
            &(terminal_options_t){.argv = argv, .rows = 24, .cols = 80, .stdin_path = "/dev/null"});

    (void) state;
    assert_clean_end(t, 0);
    terminal_free(t);
}

static void test_daemon_that_dies(void **state)
{
    terminal_t *t = viewer_start(24, 80);

    (void) state;
    kill(private_daemon(t), SIGKILL);
    assert_text(t, "MEMSCOPE [SORT: MEM] lost");
    // How it died is what the viewer is left with, not that its connection closed.
    assert_text(t, "the private daemon ended: it was ended by signal 9 (Killed)");
    assert_screen(t, viewer_titles(t) > 0);
    terminal_send(t, "q");
    assert_clean_end(t, 0);
    terminal_free(t);
}

static bool is_at(const terminal_t *t, void *user)
{
    long at, of;

    return viewer_position(t, &at, &of) && at == *(const long *) user;
}

static void test_every_key_counts(void **state)
{
    process_t actor = actor_start();
    terminal_t *t;

    (void) state;
    actor_do(&actor, "name ms-keys");
    actor_do(&actor, "children 60");
    t = viewer_start(24, 80);
    // Of others, rows come and go, and the selection keeps to its process.
    terminal_send(t, "fms-keys\rp");
    assert_text(t, "1/61");
    terminal_send(t, "jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj");
    assert_waited(t, is_at, &(long){41});
    for (int i = 0; i < 15; i++)
        terminal_send(t, i % 2 ? "k" : "\033OA");
    assert_waited(t, is_at, &(long){26});
    terminal_send(t, "\033[6~\033[6~\033[5~\033OH\033OB\033OB");
    assert_waited(t, is_at, &(long){3});
    process_stop(&actor);
    viewer_quit(t);
}

// A whole picture of this size: title, rules as wide as the screen, and the foot's end.
static bool is_whole(const terminal_t *t, void *user)
{
    int last = terminal_rows(t) - 1, end = terminal_cols(t) - 1, titles = viewer_titles(t);
    terminal_cell_t rule;

    (void) user;
    if (titles < 2)
        return false;
    rule = terminal_cell(t, titles - 1, 0);
    return strncmp(terminal_line(t, 0), "MEMSCOPE", 8) == 0 && strcmp(rule.text, " ") != 0 &&
           strcmp(terminal_cell(t, titles - 1, end).text, rule.text) == 0 &&
           strcmp(terminal_cell(t, titles + 1, end).text, rule.text) == 0 &&
           strcmp(terminal_cell(t, last, end).text, "p") == 0;
}

static void test_sizes(void **state)
{
    static const struct {
        int rows, cols;
    } sizes[] = {{24, 80}, {50, 160}, {15, 60}, {8, 40}, {100, 400}, {24, 80}};
    terminal_t *t = viewer_start(24, 80);

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        terminal_resize(t, sizes[i].rows, sizes[i].cols);
        assert_waited(t, is_whole, NULL);
    }
    terminal_resize(t, 5, 20);
    assert_text(t, "too small");
    terminal_resize(t, 1, 1);
    terminal_resize(t, 24, 80);
    assert_waited(t, is_whole, NULL);

    for (int i = 0; i < 300; i++)
        terminal_resize(t, 1 + i * 7 % 60, 1 + i * 13 % 200);
    terminal_resize(t, 30, 100);
    assert_waited(t, is_whole, NULL);
    viewer_quit(t);
}

// Of a window that was small for a moment the program sees only that it is as large as before.
static void test_a_size_that_came_and_went(void **state)
{
    terminal_t *t = viewer_start(24, 80);

    (void) state;
    assert_waited(t, is_whole, NULL);
    kill(terminal_pid(t), SIGSTOP);
    terminal_resize(t, 6, 30);
    terminal_resize(t, 24, 80);
    assert_screen(t, !is_whole(t, NULL));
    kill(terminal_pid(t), SIGCONT);
    assert_waited(t, is_whole, NULL);
    viewer_quit(t);
}

static void test_plain_ascii(void **state)
{
    const char *argv[] = {MEMSCOPE_PATH, "--private", NULL}, *env[] = {"LC_ALL=C", NULL};
    terminal_t *t = viewer_start_with(argv, env, 24, 80);
    process_t actor = actor_start();
    const char *bytes;
    size_t size;

    (void) state;
    viewer_await_list(t);
    actor_do(&actor, "name \\xc3\\xa9\\xe2\\x96\\x88\\xff");
    actor_do(&actor, "anon 150");
    viewer_await_kb(t, actor.pid, "RSS", 149 * 1024, 155 * 1024);
    terminal_send(t, "?");
    assert_text(t, "reset the baseline");
    terminal_send(t, "\033");
    viewer_await_list(t);
    viewer_inspect(t, actor.pid);
    assert_text(t, "MEMORY TREND");
    terminal_send(t, "\033");
    viewer_await_list(t);

    bytes = terminal_received(t, &size);
    for (size_t i = 0; i < size; i++)
        assert_in_range(bytes[i], 0, 0x7f);
    process_stop(&actor);
    viewer_quit(t);
}

static void test_errors_of_use(void **state)
{
    static const struct {
        const char *argv[4];
        int status;
        const char *says;
    } uses[] = {
            {{MEMSCOPE_PATH, "--nonsense"}, 2, "--nonsense"},
            {{MEMSCOPE_PATH, "--socket"}, 2, "--socket"},
            {{MEMSCOPE_PATH, "--private"}, 1, "not a terminal"},
            {{"env", "TERM=no-such-terminal", MEMSCOPE_PATH}, 1, "terminal"},
    };
    char output[2048];

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(uses); i++) {
        int status = process_run(uses[i].argv, output, sizeof(output));

        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), uses[i].status);
        assert_non_null(strstr(output, uses[i].says));
        assert_ptr_equal(strchr(output, '\n'), output + strlen(output) - 1);
    }
    assert_int_equal(process_run((const char *const[]){MEMSCOPE_PATH, "--help", NULL}, output,
                             sizeof(output)),
            0);
    assert_non_null(strstr(output, "--socket PATH"));
    assert_int_equal(process_run((const char *const[]){MEMSCOPE_PATH, "--version", NULL}, output,
                             sizeof(output)),
            0);
    assert_non_null(strstr(output, "memscope "));
}

static void test_errors_on_a_terminal(void **state)
{
    static const struct {
        const char *argument, *value, *env, *says;
        int status;
    } uses[] = {
            {"--private", NULL, "MEMSCOPED=/nonexistent/memscoped",
                    "/nonexistent/memscoped: No such file or directory; install memscoped", 1},
            {"--private", NULL, "MEMSCOPED=/bin/false", "private daemon", 1},
            {"--socket", "/nonexistent/socket", NULL, "/nonexistent/socket", 1},
            {"--private", NULL, "TERM=no-such-terminal", "no-such-terminal", 2},
            {"--private", NULL, "TERM=", "TERM", 2},
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(uses); i++) {
        const char *argv[] = {MEMSCOPE_PATH, uses[i].argument, uses[i].value, NULL};
        const char *env[] = {uses[i].env, NULL};
        terminal_t *t = viewer_start_with(argv, env, 24, 200);

        assert_exit(t, uses[i].status);
        assert_screen(t, !terminal_is_alternate(t));
        assert_screen(t, strncmp(terminal_line(t, 0), "memscope: ", 10) == 0);
        assert_screen(t, strstr(terminal_line(t, 0), uses[i].says));
        assert_screen(t, terminal_line(t, 1)[0] == '\0');
        assert_same_modes(t);
        terminal_free(t);
    }
}

static process_t start_daemon(const char *socket)
{
    return process_start_listening(
            (const char *const[]){MEMSCOPED_PATH, "--socket", socket, NULL}, socket);
}

// A daemon that is gone and comes back knows nothing of what this viewer had chosen and set.
static void test_the_view_outlives_the_daemon(void **state)
{
    temporary_t dir = temporary_new();
    char socket[128];
    const char *argv[] = {MEMSCOPE_PATH, "--socket", socket, NULL};
    process_t actor = actor_start(), daemon;
    terminal_t *t;
    double rss;

    (void) state;
    snprintf(socket, sizeof(socket), "%s", temporary_path(&dir, "socket"));
    daemon = start_daemon(socket);
    t = viewer_start_with(argv, NULL, 24, 120);
    viewer_await_list(t);
    actor_do(&actor, "anon 40");
    // All of it: a sample may have been taken on the way.
    rss = (double) proc_kb(actor.pid, "status", "VmRSS");
    viewer_await_kb(t, actor.pid, "RSS", 0.995 * rss, 1.005 * rss);
    terminal_send(t, " ");
    viewer_await_kb(t, actor.pid, "DELTA", -1024, 1024);
    actor_do(&actor, "anon 30");
    viewer_await_kb(t, actor.pid, "DELTA", 29 * 1024, 31 * 1024);
    terminal_send(t, "p");
    assert_text(t, "[SORT: PID");
    viewer_select(t, actor.pid);

    process_stop(&daemon);
    assert_text(t, "reconnecting");
    viewer_await_selected(t, actor.pid);
    daemon = start_daemon(socket);
    assert_text(t, "[SORT: PID");
    assert_text(t, "live");
    viewer_await_selected(t, actor.pid);
    viewer_await_kb(t, actor.pid, "DELTA", 29 * 1024, 31 * 1024);
    viewer_quit(t);
    process_stop(&daemon);
    process_stop(&actor);
    temporary_remove(&dir);
}

static void test_a_daemon_of_the_systems_kind(void **state)
{
    temporary_t dir = temporary_new();
    char socket[128];
    const char *argv[] = {MEMSCOPE_PATH, "--socket", socket, NULL};

    (void) state;
    snprintf(socket, sizeof(socket), "%s", temporary_path(&dir, "socket"));

    process_t daemon = start_daemon(socket);
    terminal_t *t = viewer_start_with(argv, NULL, 24, 80);
    viewer_await_list(t);
    assert_text(t, "[SORT: MEM] live");
    process_stop(&daemon);
    assert_text(t, "reconnecting");
    assert_screen(t, viewer_titles(t) > 0);
    daemon = start_daemon(socket);
    assert_text(t, "[SORT: MEM] live");
    viewer_quit(t);
    assert_true(proc_is_running(daemon.pid));
    process_stop(&daemon);
    temporary_remove(&dir);
}

// As a socket of systemd whose service does not start: it answered once.
static void test_a_socket_without_a_daemon(void **state)
{
    temporary_t dir = temporary_new();
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *argv[] = {MEMSCOPE_PATH, "--socket", address.sun_path, NULL};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), first;
    terminal_t *t;

    (void) state;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", temporary_path(&dir, "socket"));
    assert_int_equal(bind(fd, (const struct sockaddr *) &address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 5), 0);
    t = viewer_start_with(argv, NULL, 24, 160);
    first = accept(fd, NULL, NULL);
    assert_true(first >= 0);
    close(first);
    close(fd);
    assert_text(t, "connecting");
    assert_text(t, "Connection refused");
    viewer_quit(t);
    temporary_remove(&dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_quit_restores_everything),
            cmocka_unit_test(test_private_daemon_dies_with_a_killed_client),
            cmocka_unit_test(test_closed_window),
            cmocka_unit_test(test_end_of_input),
            cmocka_unit_test(test_daemon_that_dies),
            cmocka_unit_test(test_every_key_counts),
            cmocka_unit_test(test_sizes),
            cmocka_unit_test(test_plain_ascii),
            cmocka_unit_test(test_errors_of_use),
            cmocka_unit_test(test_errors_on_a_terminal),
            cmocka_unit_test(test_a_daemon_of_the_systems_kind),
            cmocka_unit_test(test_the_view_outlives_the_daemon),
            cmocka_unit_test(test_a_socket_without_a_daemon),
            cmocka_unit_test(test_a_size_that_came_and_went),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
