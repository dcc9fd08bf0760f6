// Several who inspect the same process: it is read once a second for all of them, and each is told.
// Several of one user who inspect large ones: these are not all read at once.

#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"
#include "tests/support/proctree.h"
#include "tests/support/temporary.h"
#include "tests/support/watcher.h"

#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_MS    60000
#define INSPECTORS 8
#define SECONDS    6
#define PID        4711
#define PSS_KB     12345

typedef struct {
    temporary_t dir;
    proctree_t proc;
    process_t daemon;
    char socket[128];
    watcher_t inspectors[INSPECTORS];
    int opened; // inotify: each time smaps_rollup is opened and closed
} fixture_t;

static void start(fixture_t *f)
{
    const uint32_t uid = geteuid(), gid = getegid();
    char path[256];

    *f = (fixture_t){.dir = temporary_new(), .proc = proctree_new()};
    proctree_system(&f->proc, 8 << 20, true);
    proctree_process(&f->proc, &(proctree_process_t){.pid = PID,
                                       .name = "inspected",
                                       .start_time = 100,
                                       .anon_pages = 3000,
                                       .shared_pages = 500,
                                       .uid = uid,
                                       .euid = uid,
                                       .gid = gid,
                                       .egid = gid,
                                       .pss_kb = PSS_KB});
    snprintf(path, sizeof(path), "%s/%d/smaps_rollup", f->proc.path, PID);
    f->opened = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    assert_true(f->opened >= 0);
    assert_true(inotify_add_watch(f->opened, path, IN_OPEN | IN_CLOSE) >= 0);
    snprintf(f->socket, sizeof(f->socket), "%s", temporary_path(&f->dir, "socket"));
    f->daemon = process_start((const char *const[]){
            MEMSCOPED_PATH, "--socket", f->socket, "--proc", f->proc.path, NULL});
    for (size_t i = 0; i < INSPECTORS; i++)
        watcher_start(&f->inspectors[i], f->socket);
}

static void stop(fixture_t *f)
{
    for (size_t i = 0; i < INSPECTORS; i++)
        watcher_stop(&f->inspectors[i]);
    process_stop(&f->daemon);
    close(f->opened);
    proctree_free(&f->proc);
    temporary_remove(&f->dir);
}

// A second passes for everybody.
static void wait_second(fixture_t *f)
{
    for (size_t i = 0; i < INSPECTORS; i++)
        assert_true(watcher_wait_ticks(&f->inspectors[i], 1, WAIT_MS));
}

// With the closing in between, since the same event twice in a row is told once.
static size_t count_opened(const fixture_t *f)
{
    struct inotify_event e; // of a file it has no name
    size_t n = 0;

    while (read(f->opened, &e, sizeof(e)) == sizeof(e))
        n += (e.mask & IN_OPEN) != 0;
    return n;
}

// Of the daemon, by now: whoever comes is told at once.
static uint64_t current_tick(const fixture_t *f)
{
    uint64_t tick;
    watcher_t w;

    watcher_start(&w, f->socket);
    assert_true(watcher_wait_ticks(&w, 1, WAIT_MS));
    tick = replica_snapshot(session_replica(w.session))->system.tick;
    watcher_stop(&w);
    return tick;
}

static bool is_told(const watcher_t *w, void *user)
{
    (void) user;
    return w->details.pid == PID && w->details.has.pss_kb;
}

static bool is_told_anew(const watcher_t *w, void *user)
{
    return w->details.breakdown_ms > *(const uint64_t *) user;
}

static void test_read_once_for_all(void **state)
{
    uint64_t before[INSPECTORS], from[2], to[2]; // just before it is counted, and just after
    size_t opened;
    fixture_t f;

    (void) state;
    start(&f);
    wait_second(&f);
    for (size_t i = 0; i < INSPECTORS; i++)
        assert_int_equal(session_inspect(f.inspectors[i].session, PID, 100), 0);
    for (size_t i = 0; i < INSPECTORS; i++) {
        assert_true(watcher_wait(&f.inspectors[i], is_told, NULL, WAIT_MS));
        assert_int_equal(f.inspectors[i].details.pss_kb, PSS_KB);
        before[i] = f.inspectors[i].details.breakdown_ms;
    }
    from[0] = current_tick(&f);
    count_opened(&f);
    from[1] = current_tick(&f);
    for (int s = 0; s < SECONDS; s++)
        wait_second(&f);
    to[0] = current_tick(&f);
    opened = count_opened(&f);
    to[1] = current_tick(&f);
    // A tick may be on its way at either end.
    assert_in_range(opened, (to[0] - MIN(from[1], to[0])) / 2, to[1] - from[0] + 2);
    for (size_t i = 0; i < INSPECTORS; i++)
        assert_true(watcher_wait(&f.inspectors[i], is_told_anew, &before[i], WAIT_MS));
    stop(&f);
}

// ---- Large processes ---------------------------------------------------------------------------

#define LARGE       16
#define LARGE_PAGES (3u << 20) // 12 GiB: some 126 ms of a reader, it is thought

static bool is_told_of(const watcher_t *w, void *user)
{
    return w->details.pid == *(const uint64_t *) user && w->details.has.pss_kb;
}

// Of how many processes smaps_rollup was opened so far.
static size_t count_read(int opened, bool read_before[LARGE + 1])
{
    struct inotify_event e;
    size_t n = 0;

    while (read(opened, &e, sizeof(e)) == sizeof(e))
        if (e.wd >= 1 && e.wd <= LARGE)
            read_before[e.wd] = true;
    for (int i = 1; i <= LARGE; i++)
        n += read_before[i];
    return n;
}

static void make_large(const fixture_t *f)
{
    const uint32_t uid = geteuid(), gid = getegid();
    char path[256];

    proctree_system(&f->proc, 8 << 20, true);
    for (uint64_t pid = 1; pid <= LARGE; pid++) {
        proctree_process(&f->proc, &(proctree_process_t){.pid = pid,
                                           .name = "large",
                                           .start_time = 100,
                                           .anon_pages = LARGE_PAGES,
                                           .uid = uid,
                                           .euid = uid,
                                           .gid = gid,
                                           .egid = gid,
                                           .pss_kb = PSS_KB});
        snprintf(path, sizeof(path), "%s/%d/smaps_rollup", f->proc.path, (int) pid);
        assert_int_equal(inotify_add_watch(f->opened, path, IN_OPEN), (int) pid);
    }
}

static void test_large_ones_take_turns(void **state)
{
    fixture_t f = {.dir = temporary_new(), .proc = proctree_new()};
    bool read_before[LARGE + 1] = {false};
    watcher_t w[LARGE];
    char socket[128];

    (void) state;
    f.opened = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    assert_true(f.opened >= 0);
    make_large(&f);
    snprintf(socket, sizeof(socket), "%s", temporary_path(&f.dir, "socket"));
    f.daemon = process_start((const char *const[]){
            MEMSCOPED_PATH, "--socket", socket, "--proc", f.proc.path, "--pss-budget", "0", NULL});
    for (size_t i = 0; i < LARGE; i++) {
        watcher_start(&w[i], socket);
        assert_true(watcher_wait_ticks(&w[i], 1, WAIT_MS));
    }
    assert_int_equal(count_read(f.opened, read_before), 0);
    for (uint64_t i = 0; i < LARGE; i++) {
        assert_int_equal(session_inspect(w[i].session, i + 1, 100), 0);
        session_dispatch(w[i].session, 0);
    }
    do
        assert_true(watcher_wait_ticks(&w[LARGE - 1], 1, WAIT_MS));
    while (count_read(f.opened, read_before) == 0);
    assert_true(count_read(f.opened, read_before) < LARGE);
    for (uint64_t i = 0, pid = 1; i < LARGE; i++, pid++) {
        assert_true(watcher_wait(&w[i], is_told_of, &pid, WAIT_MS));
        watcher_stop(&w[i]);
    }
    process_stop(&f.daemon);
    close(f.opened);
    proctree_free(&f.proc);
    temporary_remove(&f.dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_read_once_for_all),
            cmocka_unit_test(test_large_ones_take_turns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
