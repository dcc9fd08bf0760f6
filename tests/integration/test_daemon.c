// memscoped by hand: a socket, several clients, and how it starts and ends.

#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"
#include "tests/support/temporary.h"
#include "tests/support/watcher.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#define WAIT_MS 60000

typedef struct {
    temporary_t dir;
    char socket[128];
    process_t daemon;
} fixture_t;

static void start_daemon(fixture_t *f)
{
    f->daemon = process_start((const char *const[]){MEMSCOPED_PATH, "--socket", f->socket, NULL});
}

static int setup(void **state)
{
    static fixture_t f;

    f = (fixture_t){.dir = temporary_new()};
    snprintf(f.socket, sizeof(f.socket), "%s", temporary_path(&f.dir, "socket"));
    start_daemon(&f);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture_t *f = *state;

    process_stop(&f->daemon);
    temporary_remove(&f->dir);
    return 0;
}

static void test_two_clients_see_the_same(void **state)
{
    fixture_t *f = *state;
    watcher_t a, b;

    watcher_start(&a, f->socket);
    watcher_start(&b, f->socket);
    assert_true(watcher_wait_ticks(&a, 2, WAIT_MS));
    assert_true(watcher_wait_ticks(&b, 2, WAIT_MS));
    for (size_t i = 0; i < 2; i++) {
        const watcher_t *w = i == 0 ? &a : &b;
        const process_snapshot_t *p = watcher_find(w, getpid());

        assert_non_null(p);
        assert_true(PROCESS_KNOWN(p, anon_kb));
        assert_int_equal(p->ppid, getppid());
        assert_null(watcher_find(w, 0));
        assert_int_equal(w->keyframes, 1);
    }
    assert_int_equal(session_hello(a.session)->instance, session_hello(b.session)->instance);

    uint64_t tick = replica_snapshot(session_replica(a.session))->system.tick;
    assert_true(watcher_wait_ticks(&a, 1, WAIT_MS));
    assert_true(replica_snapshot(session_replica(a.session))->system.tick > tick);
    watcher_stop(&a);
    assert_true(watcher_wait_ticks(&b, 2, WAIT_MS));
    watcher_stop(&b);
}

static bool has_details(const watcher_t *w, void *user)
{
    return w->details.pid == (uint64_t) * (const pid_t *) user;
}

static void test_details_are_the_kernels(void **state)
{
    fixture_t *f = *state;
    process_t actor = actor_start();
    watcher_t w;

    actor_do(&actor, "anon 60");
    watcher_start(&w, f->socket);
    assert_true(watcher_wait_ticks(&w, 1, WAIT_MS));
    assert_non_null(watcher_find(&w, actor.pid));
    session_inspect(w.session, (uint64_t) actor.pid, watcher_find(&w, actor.pid)->start_time);
    assert_true(watcher_wait(&w, has_details, &actor.pid, WAIT_MS));

    const details_message_t *d = &w.details;
    assert_true(d->has.rss_kb && d->has.anon_kb && d->has.pss_kb && d->has.private_dirty_kb);
    assert_in_range(d->rss_kb, 60 * 1024, 80 * 1024);
    // Nothing changes in a sleeping process but what others map of the same libraries.
    assert_int_equal(d->rss_kb, proc_kb(actor.pid, "smaps_rollup", "Rss"));
    assert_int_equal(d->anon_kb, proc_kb(actor.pid, "smaps_rollup", "Anonymous"));
    assert_int_equal(d->private_dirty_kb, proc_kb(actor.pid, "smaps_rollup", "Private_Dirty"));
    assert_in_range(d->pss_kb, proc_kb(actor.pid, "smaps_rollup", "Pss") - 500,
            proc_kb(actor.pid, "smaps_rollup", "Pss") + 500);
    watcher_stop(&w);
    process_stop(&actor);
}

static void test_a_bad_client_harms_nobody(void **state)
{
    fixture_t *f = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    watcher_t w;
    char buf[4096];
    ssize_t n;

    watcher_start(&w, f->socket);
    assert_true(watcher_wait_ticks(&w, 1, WAIT_MS));

    strcpy(address.sun_path, f->socket);
    assert_int_equal(connect(fd, (struct sockaddr *) &address, sizeof(address)), 0);
    memset(buf, 0xff, sizeof(buf));
    assert_true(send(fd, buf, sizeof(buf), MSG_NOSIGNAL) > 0);
    while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
        ;

    assert_true(watcher_wait_ticks(&w, 2, WAIT_MS));
    assert_int_equal(w.keyframes, 1);
    watcher_stop(&w);
}

static bool is_live(const watcher_t *w, void *user)
{
    (void) user;
    return session_state(w->session) == SESSION_LIVE && w->ticks > 0;
}

static bool is_reconnecting(const watcher_t *w, void *user)
{
    (void) user;
    return session_state(w->session) == SESSION_RECONNECTING;
}

static bool has_second_instance(const watcher_t *w, void *user)
{
    return session_state(w->session) == SESSION_LIVE && w->instances > *(const uint64_t *) user;
}

static void leave_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, path);
    assert_int_equal(bind(fd, (const void *) &address, sizeof(address)), 0);
}

static void test_clients_survive_the_daemon(void **state)
{
    fixture_t *f = *state;
    watcher_t w;

    watcher_start(&w, f->socket);
    assert_true(watcher_wait(&w, is_live, NULL, WAIT_MS));

    uint64_t instances = w.instances;
    process_stop(&f->daemon); // SIGKILL
    assert_true(watcher_wait(&w, is_reconnecting, NULL, WAIT_MS));
    assert_non_null(watcher_find(&w, getpid()));
    for (int i = 0; i < WAIT_MS / 10 && access(f->socket, F_OK) == 0; i++)
        usleep(10000);
    assert_int_equal(access(f->socket, F_OK), -1); // removed all the same
    leave_socket(f->socket);                       // by another program
    start_daemon(f);
    assert_true(watcher_wait(&w, has_second_instance, &instances, WAIT_MS));
    watcher_stop(&w);
}

static void test_sigterm_ends_it_cleanly(void **state)
{
    fixture_t *f = *state;
    watcher_t w;

    watcher_start(&w, f->socket);
    assert_true(watcher_wait(&w, is_live, NULL, WAIT_MS));
    kill(f->daemon.pid, SIGTERM);

    int status = process_end(&f->daemon);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(access(f->socket, F_OK), -1);
    watcher_stop(&w);
}

static bool is_one_line(const char *text)
{
    size_t len = strlen(text);

    return len > 1 && strchr(text, '\n') == text + len - 1;
}

static void test_address_in_use(void **state)
{
    fixture_t *f = *state;
    char output[1024];
    watcher_t w;

    watcher_start(&w, f->socket);
    assert_true(watcher_wait(&w, is_live, NULL, WAIT_MS));

    int status = process_run((const char *const[]){MEMSCOPED_PATH, "--socket", f->socket, NULL},
            output, sizeof(output));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_true(is_one_line(output));
    assert_non_null(strstr(output, f->socket));
    assert_non_null(strstr(output, "another memscoped"));

    assert_true(watcher_wait_ticks(&w, 1, WAIT_MS));
    watcher_stop(&w);
}

static void test_does_not_remove_a_file(void **state)
{
    fixture_t *f = *state;
    const char *path = temporary_path(&f->dir, "precious");
    _cleanup_close_ int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    char output[1024];

    assert_true(fd >= 0);

    int status = process_run(
            (const char *const[]){MEMSCOPED_PATH, "--socket", path, NULL}, output, sizeof(output));
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_true(is_one_line(output));
    assert_int_equal(access(path, F_OK), 0);
}

static void test_nothing_to_watch(void **state)
{
    static const char *const wrong[] = {"/etc", "/proc/self", "/proc/version", "/nowhere"};
    temporary_t dir = temporary_new();
    const char *path = temporary_path(&dir, "socket");
    char output[4096];

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        int status = process_run(
                (const char *const[]){MEMSCOPED_PATH, "--socket", path, "--proc", wrong[i], NULL},
                output, sizeof(output));

        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 1);
        assert_true(is_one_line(output));
        assert_non_null(strstr(output, wrong[i]));
        assert_int_not_equal(access(path, F_OK), 0);
    }
    temporary_remove(&dir);
}

static void test_usage(void **state)
{
    static const char *const wrong[][3] = {
            {"--nonsense"},
            {"argument"},
            {"--socket"},
            {"--socket", ""},
            {"--private", "0"},
            {"--private", "1000"},
            {"--private", "x"},
            {"--memory-max", "1"},
            {"--pss-budget", "101"},
            {"--max-subscribers", "0"},
            {"-x"},
    };
    char output[4096];

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        int status =
                process_run((const char *const[]){MEMSCOPED_PATH, wrong[i][0], wrong[i][1], NULL},
                        output, sizeof(output));

        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 2);
        assert_true(is_one_line(output));
    }
    assert_int_equal(process_run((const char *const[]){MEMSCOPED_PATH, "--help", NULL}, output,
                             sizeof(output)),
            0);
    assert_non_null(strstr(output, "--socket PATH"));
    assert_int_equal(process_run((const char *const[]){MEMSCOPED_PATH, "--version", NULL}, output,
                             sizeof(output)),
            0);
    assert_non_null(strstr(output, "memscoped "));
    assert_int_equal(process_run((const char *const[]){"/bin/sh", "-c",
                                         MEMSCOPED_PATH " --help >/dev/full", NULL},
                             output, sizeof(output)),
            1 << 8);
    assert_string_equal(output, "memscoped: cannot write the output: No space left on device\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(test_two_clients_see_the_same, setup, teardown),
            cmocka_unit_test_setup_teardown(test_details_are_the_kernels, setup, teardown),
            cmocka_unit_test_setup_teardown(test_a_bad_client_harms_nobody, setup, teardown),
            cmocka_unit_test_setup_teardown(test_clients_survive_the_daemon, setup, teardown),
            cmocka_unit_test_setup_teardown(test_sigterm_ends_it_cleanly, setup, teardown),
            cmocka_unit_test_setup_teardown(test_address_in_use, setup, teardown),
            cmocka_unit_test_setup_teardown(test_does_not_remove_a_file, setup, teardown),
            cmocka_unit_test(test_nothing_to_watch),
            cmocka_unit_test(test_usage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
