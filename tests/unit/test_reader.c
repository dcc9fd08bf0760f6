// Reading beside the tick: what comes back, in which order, and what a read costs that does not
// return. Such a read is one of a FIFO that nobody writes to.

#include "common/cleanup.h"
#include "common/clock.h"
#include "daemon/capture/reader.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"
#include "tests/support/proctree.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define WAIT_MS  60000
#define RESULTS  2048
#define STUCK_US 1000 // enough to be taken for stuck here

typedef struct {
    uint64_t pids[RESULTS]; // in the order of arrival
    size_t count;
    reader_result_t last;
} log_t;

static void on_result(void *user, const reader_result_t *result)
{
    log_t *log = user;

    assert_true(log->count < RESULTS);
    log->pids[log->count++] = result->request.pid;
    log->last = *result;
}

static size_t position(const log_t *log, uint64_t pid)
{
    size_t at = 0;

    while (at < log->count && log->pids[at] != pid)
        at++;
    return at;
}

static void count_stuck(void *user, const reader_request_t *request, uint64_t since_us)
{
    assert_true(request->pid > 0);
    assert_true(since_us >= STUCK_US);
    ++*(size_t *) user;
}

static size_t check(reader_t *r)
{
    size_t stuck = 0;

    reader_check(r, STUCK_US, count_stuck, &stuck);
    return stuck;
}

// Drains until there are `count` results; only where it is checked will other threads begin.
static void drain(reader_t *r, log_t *log, size_t count, bool checked)
{
    uint64_t deadline = clock_monotonic_us() + WAIT_MS * USEC_PER_MSEC;

    while (log->count < count) {
        struct pollfd p = {.fd = reader_fd(r), .events = POLLIN};

        assert_true(clock_monotonic_us() < deadline);
        poll(&p, 1, 5);
        reader_drain(r, on_result, log);
        if (checked)
            check(r);
    }
}

// As the daemon does: with the event and once a tick.
static void wait_results(reader_t *r, log_t *log, size_t count)
{
    drain(r, log, count, true);
}

static void wait_stuck(reader_t *r, size_t count)
{
    uint64_t deadline = clock_monotonic_us() + WAIT_MS * USEC_PER_MSEC;

    while (check(r) < count) {
        assert_true(clock_monotonic_us() < deadline);
        poll(NULL, 0, 2);
    }
}

static void submit(reader_t *r, uint64_t pid, unsigned what, bool urgent)
{
    const reader_request_t q = {
            .pid = pid, .start_time = 5, .user = pid, .what = what, .urgent = urgent};

    assert_int_equal(reader_submit(r, &q), 0);
}

// ---- A made-up host ----------------------------------------------------------------------------

typedef struct {
    proctree_t tree;
    procfs_t fs;
    reader_t *reader;
} host_t;

static void host_init(host_t *h)
{
    h->tree = proctree_new();
    assert_int_equal(procfs_init(&h->fs, h->tree.path), 0);
    assert_int_equal(reader_new(&h->reader, &h->fs), 0);
}

static void host_done(host_t *h)
{
    reader_free(h->reader);
    procfs_done(&h->fs);
    proctree_free(&h->tree);
}

static void add_process(host_t *h, uint64_t pid)
{
    proctree_process(&h->tree, &(proctree_process_t){.pid = pid, .name = "x", .start_time = 5});
}

static void fifo_path(const host_t *h, uint64_t pid, char path[128])
{
    snprintf(path, 128, "%s/%d/cmdline", h->tree.path, (int) pid);
}

static void add_stuck_process(host_t *h, uint64_t pid)
{
    char path[128];

    add_process(h, pid);
    fifo_path(h, pid, path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
}

// The read returns, though with an error: a FIFO has no positions.
static void release(const host_t *h, uint64_t pid)
{
    char path[128];

    fifo_path(h, pid, path);

    _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
}

static void test_a_real_process(void **state)
{
    process_t actor = actor_start();
    log_t log = {0};
    procfs_t fs;
    reader_t *r;

    (void) state;
    actor_do(&actor, "anon 20");
    assert_int_equal(procfs_init(&fs, "/proc"), 0);
    assert_int_equal(reader_new(&r, &fs), 0);

    reader_request_t q = {.pid = (uint64_t) actor.pid,
            .start_time = proc_start_time(actor.pid),
            .slot = 77,
            .what = READER_CMDLINE | READER_SMAPS | READER_EXE};
    uint64_t before_ms = clock_boottime_us() / USEC_PER_MSEC;
    assert_int_equal(reader_submit(r, &q), 0);
    wait_results(r, &log, 1);
    assert_int_equal(log.last.request.slot, 77);
    assert_int_equal(log.last.cmdline_error, 0);
    assert_int_equal(log.last.cmdline[log.last.cmdline_len - 1], '\0');
    assert_non_null(strstr(log.last.cmdline, "actor"));
    assert_int_equal(log.last.exe_error, 0);
    assert_memory_equal(log.last.exe + log.last.exe_len - 5, "actor", 5);
    assert_int_equal(log.last.smaps_error, 0);
    assert_int_equal(log.last.smaps.rss_kb, proc_kb(actor.pid, "smaps_rollup", "Rss"));
    assert_in_range(log.last.time_ms, before_ms, clock_boottime_us() / USEC_PER_MSEC);
    assert_true(log.last.smaps_us > 0);

    // Only what was asked for.
    q.what = READER_CMDLINE;
    assert_int_equal(reader_submit(r, &q), 0);
    wait_results(r, &log, 2);
    assert_int_equal(log.last.exe_len, 0);
    assert_int_equal(log.last.smaps_us, 0);

    // Another one's number, or nobody's.
    q.start_time++;
    assert_int_equal(reader_submit(r, &q), 0);
    wait_results(r, &log, 3);
    assert_int_equal(log.last.cmdline_error, -ESRCH);
    assert_int_equal(log.last.cmdline_len, 0);
    q.start_time--;
    process_stop(&actor);
    assert_int_equal(reader_submit(r, &q), 0);
    wait_results(r, &log, 4);
    assert_int_equal(log.last.cmdline_error, -ESRCH);
    reader_free(r);
    procfs_done(&fs);
}

// The program that was read is gone by the end, and with it who may see what it had.
static void test_whose_it_was(void **state)
{
    proctree_process_t x = {.pid = 1, .name = "x", .start_time = 5, .start_stack = 4096};
    uint32_t ann = geteuid() == 0 ? 61001 : geteuid();
    log_t log = {0};
    host_t h;

    (void) state;
    x.uid = x.euid = x.gid = x.egid = ann;
    host_init(&h);
    proctree_process(&h.tree, &x);
    submit(h.reader, 1, READER_CMDLINE | READER_EXE | READER_SMAPS, true);
    wait_results(h.reader, &log, 1);
    assert_int_equal(log.last.owner.uid, ann);
    assert_int_equal(log.last.owner.gid, ann);
    for (int i = 0; i < 2; i++) {
        char path[128], kept[144];

        fifo_path(&h, 1, path);
        snprintf(kept, sizeof(kept), "%s-%d", path, i);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkfifo(path, 0600), 0);
        assert_int_equal(link(path, kept), 0);
        submit(h.reader, 1, READER_CMDLINE | READER_EXE | READER_SMAPS, true);
        wait_stuck(h.reader, 1);
        // Now another program of the same user, now the same one of another user.
        if (i == 0)
            x.start_stack += 4096;
        else
            x.euid++;
        proctree_process(&h.tree, &x);

        _cleanup_close_ int fd = open(kept, O_WRONLY | O_CLOEXEC); // the read returns
        assert_true(fd >= 0);
        wait_results(h.reader, &log, 2 + (size_t) i);
        assert_int_equal(log.last.owner.uid, OWNER_ROOT_ONLY);
    }
    host_done(&h);
}

static void test_cmdline_is_cut(void **state)
{
    char *text = calloc(1, 1 << 20);
    log_t log = {0};
    host_t h;

    (void) state;
    assert_non_null(text);
    memset(text, 'x', (1 << 20) - 1);
    host_init(&h);
    proctree_process(&h.tree,
            &(proctree_process_t){.pid = 1, .name = "x", .start_time = 5, .cmdline = text});
    submit(h.reader, 1, READER_CMDLINE, false);
    wait_results(h.reader, &log, 1);
    assert_int_equal(log.last.cmdline_error, 0);
    assert_in_range(log.last.cmdline_len, READER_CMDLINE_MAX - 1, READER_CMDLINE_MAX);
    host_done(&h);
    free(text);
}

static void test_a_stuck_read_costs_its_own_process_only(void **state)
{
    log_t log = {0};
    host_t h;

    (void) state;
    host_init(&h);
    add_stuck_process(&h, 1);
    for (uint64_t pid = 2; pid < 40; pid++)
        add_process(&h, pid);
    submit(h.reader, 1, READER_CMDLINE, false);
    wait_stuck(h.reader, 1);
    for (uint64_t pid = 2; pid < 40; pid++)
        submit(h.reader, pid, READER_CMDLINE | READER_SMAPS, false);
    wait_results(h.reader, &log, 38);
    assert_int_equal(position(&log, 1), log.count);
    assert_int_equal(check(h.reader), 1);
    // What comes late comes.
    release(&h, 1);
    wait_results(h.reader, &log, 39);
    assert_int_equal(log.last.request.pid, 1);
    assert_int_equal(log.last.cmdline_error, -ESPIPE);
    assert_int_equal(check(h.reader), 0);
    host_done(&h);
}

static unsigned count_threads(void)
{
    unsigned n = 0;
    char line[256];
    _cleanup_fclose_ FILE *f = fopen("/proc/self/status", "re");

    assert_non_null(f);
    while (fgets(line, sizeof(line), f))
        sscanf(line, "Threads: %u", &n);
    return n;
}

static void test_threads_are_bounded_and_leave(void **state)
{
    enum { STUCK = READER_THREADS_MAX + 8 };
    unsigned threads = count_threads();
    log_t log = {0};
    host_t h;

    (void) state;
    host_init(&h);
    for (uint64_t pid = 1; pid <= STUCK; pid++) {
        add_stuck_process(&h, pid);
        submit(h.reader, pid, READER_CMDLINE, false);
    }
    wait_stuck(h.reader, READER_THREADS_MAX);
    for (int i = 0; i < 5; i++)
        assert_int_equal(check(h.reader), READER_THREADS_MAX);
    assert_in_range(count_threads(), threads, threads + READER_THREADS_MAX);
    for (uint64_t pid = 1; pid <= STUCK; pid++)
        release(&h, pid);
    wait_results(h.reader, &log, STUCK);
    // One that waits for work is enough.
    for (int i = 0; count_threads() > threads + 1; i++) {
        assert_true(i < 10000);
        check(h.reader);
        poll(NULL, 0, 5);
    }
    host_done(&h);
}

// One user's processes cannot hold all threads; the rest of that user's comes back unread.
static void test_no_user_takes_all(void **state)
{
    log_t log = {0};
    host_t h;

    (void) state;
    host_init(&h);
    for (uint64_t pid = 1; pid <= READER_THREADS_MAX; pid++) {
        const reader_request_t q = {
                .pid = pid, .start_time = 5, .user = 1000, .what = READER_CMDLINE};

        add_stuck_process(&h, pid);
        assert_int_equal(reader_submit(h.reader, &q), 0);
    }
    add_process(&h, 77);
    submit(h.reader, 77, READER_CMDLINE, false);
    wait_results(h.reader, &log, READER_THREADS_MAX - READER_PER_USER + 1);
    assert_int_equal(log.last.request.pid, 77);
    assert_int_equal(log.last.cmdline_error, 0);
    assert_int_equal(check(h.reader), READER_PER_USER);
    for (uint64_t pid = 1; pid <= READER_PER_USER; pid++)
        release(&h, pid);
    wait_results(h.reader, &log, READER_THREADS_MAX + 1);
    host_done(&h);
}

static void test_urgent_ones_come_first(void **state)
{
    log_t log = {0};
    host_t h;

    (void) state;
    host_init(&h);
    add_stuck_process(&h, 1);
    for (uint64_t pid = 2; pid < 200; pid++)
        add_process(&h, pid);
    // While its only thread waits, requests pile up.
    submit(h.reader, 1, READER_CMDLINE, false);
    for (uint64_t pid = 2; pid < 198; pid++)
        submit(h.reader, pid, READER_CMDLINE, false);
    submit(h.reader, 198, READER_CMDLINE, true);
    submit(h.reader, 199, READER_CMDLINE, true);
    release(&h, 1);
    drain(h.reader, &log, 199, false);
    assert_in_range(position(&log, 198), 0, 2);
    assert_in_range(position(&log, 199), 1, 2);
    assert_true(position(&log, 198) < position(&log, 199));
    assert_int_equal(log.last.request.pid, 197);
    host_done(&h);
}

static void test_a_full_queue_says_so(void **state)
{
    const reader_request_t q = {.pid = 2, .start_time = 5, .what = READER_CMDLINE};
    reader_request_t urgent = q;
    log_t log = {0};
    host_t h;

    (void) state;
    host_init(&h);
    add_stuck_process(&h, 1);
    add_process(&h, 2);
    submit(h.reader, 1, READER_CMDLINE, false);
    while (check(h.reader) < 1)
        poll(NULL, 0, 1);
    // A second thread takes some of them, at most as many as there is room for their results.
    size_t taken = 0;
    while (taken < READER_REQUESTS_MAX + 64 && reader_submit(h.reader, &q) == 0)
        taken++;
    assert_in_range(taken, READER_REQUESTS_MAX, READER_REQUESTS_MAX + 32);
    assert_int_equal(reader_submit(h.reader, &q), -EAGAIN);
    // Those that somebody waits for have a queue of their own.
    urgent.urgent = true;
    assert_int_equal(reader_submit(h.reader, &urgent), 0);
    release(&h, 1);
    wait_results(h.reader, &log, taken + 2);
    assert_int_equal(reader_submit(h.reader, &q), 0);
    host_done(&h);
}

// It ends although a read never returns, and what that read holds stays whole until it does.
static void test_ends_with_a_stuck_read(void **state)
{
    unsigned threads = count_threads();
    host_t h;

    (void) state;
    host_init(&h);
    add_stuck_process(&h, 1);
    submit(h.reader, 1, READER_CMDLINE, false);
    wait_stuck(h.reader, 1);
    reader_free(h.reader);
    procfs_done(&h.fs);
    release(&h, 1);
    for (int i = 0; count_threads() > threads; i++) {
        assert_true(i < 10000);
        poll(NULL, 0, 5);
    }
    proctree_free(&h.tree);
    reader_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_a_real_process),
            cmocka_unit_test(test_whose_it_was),
            cmocka_unit_test(test_cmdline_is_cut),
            cmocka_unit_test(test_a_stuck_read_costs_its_own_process_only),
            cmocka_unit_test(test_threads_are_bounded_and_leave),
            cmocka_unit_test(test_no_user_takes_all),
            cmocka_unit_test(test_urgent_ones_come_first),
            cmocka_unit_test(test_a_full_queue_says_so),
            cmocka_unit_test(test_ends_with_a_stuck_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
