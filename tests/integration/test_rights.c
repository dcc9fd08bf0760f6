// Who may see what, with the real daemon: root starts it, and nobody asks. Needs root, to be two
// users.

#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"
#include "tests/support/temporary.h"
#include "tests/support/watcher.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define WAIT_MS 60000
#define NOBODY  65534

typedef struct {
    const char *socket;
    pid_t roots, nobodys;
} question_t;

static bool has_details(const watcher_t *w, void *user)
{
    return w->details.pid == (uint64_t) * (const pid_t *) user;
}

static const details_message_t *inspect(watcher_t *w, pid_t pid)
{
    const process_snapshot_t *p = watcher_find(w, pid);

    if (!p || session_inspect(w->session, p->pid, p->start_time) < 0)
        return NULL;
    return watcher_wait(w, has_details, &pid, WAIT_MS) ? &w->details : NULL;
}

// What is wrong with what this user is shown, 0: nothing.
static int check_as_root(const question_t *q)
{
    const details_message_t *d;
    watcher_t w;

    watcher_start(&w, q->socket);
    // The first tick may be from before these processes were.
    if (!watcher_wait_ticks(&w, 2, WAIT_MS))
        return 1;
    if (session_hello(w.session)->rights != RIGHTS_ALL)
        return 2;
    if (!(d = inspect(&w, q->nobodys)) || !d->has.pss_kb)
        return 3;
    if (!(d = inspect(&w, q->roots)) || !d->has.pss_kb || !d->has.private_dirty_kb)
        return 4;
    watcher_stop(&w);
    return 0;
}

static int check_as_nobody(const question_t *q)
{
    const process_snapshot_t *p;
    const details_message_t *d;
    watcher_t w;

    process_become(NOBODY);
    watcher_start(&w, q->socket);
    if (!watcher_wait_ticks(&w, 2, WAIT_MS))
        return 1;
    if (session_hello(w.session)->rights != RIGHTS_OWN || session_hello(w.session)->uid != NOBODY)
        return 2;
    if (!(p = watcher_find(&w, q->roots)) || !PROCESS_KNOWN(p, anon_kb))
        return 3;
    for (int field = 0; field < PROCESS_FIELD_COUNT; field++)
        if (process_fields[field].audience == FIELD_PRIVATE && p->known >> field & 1)
            return 10 + field;
    if (!(d = inspect(&w, q->roots)) || !d->has.rss_kb)
        return 4;
    if (d->has.pss_kb || d->has.pss_anon_kb || d->has.private_clean_kb || d->has.private_dirty_kb ||
            d->has.shared_dirty_kb || d->has.swap_pss_kb || d->has.read_bytes || d->has.exe)
        return 5;
    if (!(d = inspect(&w, q->nobodys)) || !d->has.pss_kb || !d->has.private_dirty_kb)
        return 6;
    watcher_stop(&w);
    return 0;
}

static int in_child(int (*check)(const question_t *q), const question_t *q)
{
    pid_t pid = process_fork();

    if (pid == 0)
        _exit(check(q));
    return process_wait(pid);
}

// Somebody of that user who sleeps.
static pid_t start_nobody(void)
{
    int ready[2];
    char c;

    assert_int_equal(pipe(ready), 0);

    pid_t parent = getpid(), pid = process_fork();
    if (pid == 0) {
        process_become(NOBODY);
        close(ready[0]);
        close(ready[1]);
        while (getppid() == parent)
            pause();
        _exit(0);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &c, 1), 0);
    close(ready[0]);
    return pid;
}

static void test_private_fields(void **state)
{
    temporary_t dir = temporary_new();
    char socket[128];

    (void) state;
    if (!process_sees_all()) {
        temporary_remove(&dir);
        skip_because("only root with CAP_SYS_PTRACE can be two people");
    }
    assert_int_equal(chmod(dir.path, 0755), 0);
    snprintf(socket, sizeof(socket), "%s", temporary_path(&dir, "socket"));

    process_t daemon =
            process_start((const char *const[]){MEMSCOPED_PATH, "--socket", socket, NULL});
    process_t roots = actor_start();
    pid_t nobodys = start_nobody();
    question_t q = {.socket = socket, .roots = roots.pid, .nobodys = nobodys};

    int as_root = in_child(check_as_root, &q), as_nobody = in_child(check_as_nobody, &q);
    kill(nobodys, SIGKILL);
    waitpid(nobodys, NULL, 0);
    process_stop(&roots);
    process_stop(&daemon);
    temporary_remove(&dir);
    assert_int_equal(as_root, 0);
    assert_int_equal(as_nobody, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_private_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
