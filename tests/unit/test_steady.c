// A steady host costs no allocation and no page fault: capture, tags, history, and publishing to a
// viewer of each kind, tick after tick; and what the arenas hold stays where it is.

#include "common/cleanup.h"
#include "common/clock.h"
#include "daemon/confine/filter.h"
#include "daemon/engine/engine.h"
#include "daemon/publish/subscriber.h"
#include "protocol/frame.h"
#include "tests/support/cmocka.h"
#include "tests/support/counted_malloc.h"
#include "tests/support/fake_clock.h"
#include "tests/support/proctree.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROCESSES 60
#define VIEWERS   3
#define TICKS     10

#define ROUNDS      5
#define ROUND_TICKS 12

typedef struct {
    proctree_t tree;
    engine_t *engine;
    audiences_t *audiences;
    subscriber_t *viewers[VIEWERS];
    int peers[VIEWERS];
} fixture_t;

static void on_request(void *user, subscriber_t *s, message_type_t type, const message_t *m)
{
    (void) user;
    (void) s;
    (void) type;
    (void) m;
}

static bool on_greeted(void *user, subscriber_t *s, const hello_message_t *hello)
{
    hello_message_t m = {0};

    (void) user;
    (void) hello;
    MESSAGE_SET(&m, magic, PROTOCOL_MAGIC);
    return subscriber_answer(s, MESSAGE_HELLO, &m);
}

// Half of the processes sleep, a third has one thread that works, the rest several.
static void change_host(const fixture_t *f, uint64_t step)
{
    char name[16];

    for (uint64_t i = 0; i < PROCESSES; i++) {
        // Kernel workers are named after what they do, and once there were more names than now. No
        // process changes its cgroup.
        snprintf(name, sizeof(name), "work:%" PRIu64, step == 50 ? step + i : step);
        proctree_process_t x = {.pid = 100 + i,
                .name = i % 5 ? "worker" : name,
                .cgroup = "/system.slice/workers.service",
                .ppid = 1,
                .start_time = 1000 + i,
                .threads = i % 6 == 5 ? 4 : 1,
                .run_ns = 1000 + (i % 2 ? step * 1000000 : 0),
                .slices = 5,
                .utime = i % 6 == 5 ? step * 7 : 1,
                .minflt = i % 2 ? step * 100 : 0,
                .anon_pages = 1000 + i + (i % 2 ? step * 3 % 11 : 0),
                .shared_pages = 700,
                .uid = geteuid() + (uint32_t) i % 2,
                .euid = geteuid() + (uint32_t) i % 2,
                .gid = geteuid() + (uint32_t) i % 2,
                .egid = geteuid() + (uint32_t) i % 2,
                .read_bytes = i % 2 ? step * 5000 : 0,
                .pss_kb = 3000 + step % 3};

        if (step == 0 || i % 2)
            proctree_process(&f->tree, &x);
    }
}

static void start(fixture_t *f)
{
    static const unsigned rights[VIEWERS] = {RIGHTS_ALL, RIGHTS_OWN, RIGHTS_HIDEPID};
    const subscriber_handlers_t handlers = {.request = on_request, .greeted = on_greeted};
    engine_config_t config = {.memory_max = 16 << 20, .pss_budget_ppm = 100000};

    *f = (fixture_t){.tree = proctree_new()};
    proctree_system(&f->tree, 8 << 20, true);
    config.proc_root = f->tree.path;
    change_host(f, 0);
    assert_int_equal(engine_new(&f->engine, &config, NULL, NULL), 0);
    assert_int_equal(engine_tick(f->engine), 0);
    assert_int_equal(audiences_new(&f->audiences, engine_capture(f->engine)), 0);
    for (size_t i = 0; i < VIEWERS; i++) {
        const peer_t peer = {.uid = geteuid() + 1, .gid = geteuid() + 1, .rights = rights[i]};
        int fds[2];

        assert_int_equal(
                socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
        assert_int_equal(subscriber_new(&f->viewers[i], fds[0], &peer, f->audiences, &handlers,
                                 clock_monotonic_us()),
                0);
        f->peers[i] = fds[1];
    }
    capture_watch_owners(engine_capture(f->engine), true);
}

static void stop(fixture_t *f)
{
    for (size_t i = 0; i < VIEWERS; i++) {
        subscriber_free(f->viewers[i]);
        close(f->peers[i]);
    }
    audiences_free(f->audiences);
    engine_free(f->engine);
    proctree_free(&f->tree);
}

static size_t hear(int fd)
{
    static char buf[1 << 16];
    size_t total = 0;

    for (ssize_t n; (n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0;)
        total += (size_t) n;
    return total;
}

static void greet(fixture_t *f)
{
    hello_message_t hello = {0};
    buffer_t out = {0};

    MESSAGE_SET(&hello, magic, PROTOCOL_MAGIC);
    assert_int_equal(message_append(&out, MESSAGE_HELLO, &hello), 0);
    for (size_t i = 0; i < VIEWERS; i++) {
        assert_int_equal(send(f->peers[i], out.data, out.len, 0), out.len);
        assert_int_equal(subscriber_dispatch(f->viewers[i], EPOLLIN), 0);
        assert_true(hear(f->peers[i]) > 20);
    }
    buffer_done(&out);
}

// All that the daemon does in a second.
static void tick(fixture_t *f)
{
    assert_int_equal(engine_tick(f->engine), 0);
    assert_int_equal(audiences_advance(f->audiences), 0);
    for (size_t i = 0; i < VIEWERS; i++) {
        assert_int_equal(subscriber_publish(f->viewers[i], clock_monotonic_us()), 0);
    }
}

// Command lines and first readings of PSS come, and buffers find their size. Returns the next step.
static uint64_t warm_up(fixture_t *f, uint64_t steps)
{
    uint64_t step;

    for (step = 1; step < steps; step++) {
        change_host(f, step);
        fake_clock_ahead_us += USEC_PER_SEC;
        tick(f);
        engine_prepare(f->engine);
        for (size_t i = 0; i < VIEWERS; i++)
            hear(f->peers[i]);
        poll(NULL, 0, 1);
        capture_collect(engine_capture(f->engine));
    }
    return step;
}

static void test_no_allocation(void **state)
{
    const process_snapshot_t *processes[2];
    uint64_t step;
    size_t before;
    fixture_t f;

    (void) state;
    start(&f);
    greet(&f);
    step = warm_up(&f, 150);
    processes[0] = capture_current(engine_capture(f.engine))->processes;
    processes[1] = capture_previous(engine_capture(f.engine))->processes;
    for (int i = 0; i < TICKS; i++, step++) {
        change_host(&f, step);
        fake_clock_ahead_us += USEC_PER_SEC;
        before = counted_mallocs;
        tick(&f);
        assert_int_equal(counted_mallocs, before);
        for (size_t v = 0; v < VIEWERS; v++)
            assert_true(hear(f.peers[v]) > 5);
    }
    assert_ptr_equal(capture_current(engine_capture(f.engine))->processes, processes[TICKS % 2]);
    assert_int_equal(capture_current(engine_capture(f.engine))->system.processes, PROCESSES);
    stop(&f);
}

static uint64_t own_faults(void)
{
    struct rusage u;

    assert_int_equal(getrusage(RUSAGE_THREAD, &u), 0);
    return (uint64_t) (u.ru_minflt + u.ru_majflt);
}

// In its first two minutes history grows: its pages are there before they are needed. A host that
// is short of memory may take away what a tick uses, so that not each round has to be without.
static void test_no_page_fault(void **state)
{
    uint64_t step, faults = 1;
    fixture_t f;

    (void) state;
    if (FILTER_SANITIZED)
        skip_because("a sanitizer has pages of its own");
    start(&f);
    greet(&f);
    step = warm_up(&f, 60);
    for (int round = 0; round < ROUNDS && faults > 0; round++) {
        faults = 0;
        for (int i = 0; i < ROUND_TICKS; i++, step++) {
            uint64_t before;

            change_host(&f, step);
            fake_clock_ahead_us += USEC_PER_SEC;
            before = own_faults();
            tick(&f);
            faults += own_faults() - before;
            engine_prepare(f.engine);
            for (size_t v = 0; v < VIEWERS; v++)
                hear(f.peers[v]);
        }
    }
    assert_int_equal(faults, 0);
    stop(&f);
}

// Processes come: the samples grow where they are.
static void test_arenas_grow_without_moving(void **state)
{
    const process_snapshot_t *a, *b;
    fixture_t f;

    (void) state;
    start(&f);
    greet(&f);
    fake_clock_ahead_us += USEC_PER_SEC;
    tick(&f);
    a = capture_current(engine_capture(f.engine))->processes;
    b = capture_previous(engine_capture(f.engine))->processes;
    for (uint64_t i = 0; i < 600; i++) {
        proctree_process(&f.tree, &(proctree_process_t){.pid = 5000 + i,
                                          .name = "new",
                                          .start_time = 9000 + i,
                                          .run_ns = 1,
                                          .slices = 1});
        if (i % 100 != 99)
            continue;
        fake_clock_ahead_us += USEC_PER_SEC;
        tick(&f);
        assert_ptr_equal(capture_current(engine_capture(f.engine))->processes, i / 100 % 2 ? a : b);
    }
    assert_int_equal(capture_current(engine_capture(f.engine))->system.processes, PROCESSES + 600);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_no_allocation),
            cmocka_unit_test(test_no_page_fault),
            cmocka_unit_test(test_arenas_grow_without_moving),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
