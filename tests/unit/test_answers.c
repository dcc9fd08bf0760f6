// What the past tells to whom: a made-up host on which two were killed for want of memory,
// somebody had grown before and somebody else had filled tmpfs; and the bytes that each kind of
// viewer is sent who asks for all of it.

#include "common/cleanup.h"
#include "common/clock.h"
#include "daemon/publish/answers_events.h"
#include "daemon/publish/answers_why.h"
#include "tests/support/cmocka.h"
#include "tests/support/judged.h"
#include "tests/support/raw.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECONDS 30

enum { VICTIM = 100, GROWER, WRITER, ENDED };

// Root makes files of anybody; an ordinary user only plays themselves.
static uint32_t ann(void)
{
    return geteuid() == 0 ? 30001 : geteuid();
}

#define BOB (ann() + 1)

typedef struct {
    judged_t host;
    audiences_t *audiences;
} fixture_t;

static void process(fixture_t *f, uint64_t pid, uint32_t uid, const char *name, uint64_t mb,
        uint64_t written_mb)
{
    static uint64_t time;

    proctree_process(&f->host.tree, &(proctree_process_t){.pid = pid,
                                            .name = name,
                                            .start_time = pid,
                                            .utime = ++time,
                                            .uid = uid,
                                            .euid = uid,
                                            .gid = uid,
                                            .egid = uid,
                                            .anon_pages = mb * MB_PAGES,
                                            .hwm_kb = mb << 10,
                                            .wchar = written_mb << 20});
}

static void tick(fixture_t *f, uint64_t anon_mb, uint64_t shmem_mb)
{
    unsigned long long free_kb = (HOST_MB - anon_mb - shmem_mb) << 10;

    proctree_write(&f->host.tree, "meminfo",
            "MemTotal: %d kB\nMemFree: %llu kB\nMemAvailable: %llu kB\nCached: %llu kB\n"
            "AnonPages: %llu kB\nShmem: %llu kB\n",
            HOST_MB << 10, free_kb, free_kb, (unsigned long long) shmem_mb << 10,
            (unsigned long long) anon_mb << 10, (unsigned long long) shmem_mb << 10);
    judged_tick(&f->host);
}

static int setup(void **state)
{
    static fixture_t f;

    judged_init(&f.host);
    assert_int_equal(audiences_new(&f.audiences, engine_capture(f.host.engine)), 0);
    for (uint64_t s = 0; s < SECONDS; s++) {
        process(&f, VICTIM, ann(), "anns-victim", 2000, 0);
        process(&f, GROWER, BOB, "bobs-grower", 100 + 10 * s, 0);
        process(&f, WRITER, BOB, "bobs-writer", 10, 40 * s);
        process(&f, ENDED, BOB, "bobs-ended", 300, 0);
        tick(&f, 2410 + 10 * s, 40 * s);
    }
    judged_kill(&f.host, 3); // nobody saw the third
    proctree_end(&f.host.tree, ENDED);
    proctree_end(&f.host.tree, VICTIM);
    for (int s = 0; s < 8; s++)
        tick(&f, 400, 40 * SECONDS);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture_t *f = *state;

    audiences_free(f->audiences);
    judged_done(&f->host);
    return 0;
}

// Everything that this viewer is sent about the past.
static raw_t ask(fixture_t *f, uint32_t uid, unsigned rights)
{
    const subscriber_handlers_t handlers = {.user = f};
    const peer_t peer = {.uid = uid, .gid = uid, .rights = rights};
    uint64_t now_ms = capture_current(engine_capture(f->host.engine))->system.mono_ms;
    events_request_message_t events = {0};
    why_request_message_t why = {0};
    subscriber_t *s;
    raw_t r = {0};
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
    r.fd = fds[1];
    assert_int_equal(
            subscriber_new(&s, fds[0], &peer, f->audiences, &handlers, clock_monotonic_us()), 0);
    MESSAGE_SET(&events, request, 1);
    answers_events(s, engine_events(f->host.engine), &events);
    for (uint64_t by = WHY_BY_PROCESS; by <= WHY_BY_NAME; by++) {
        MESSAGE_SET(&why, request, 2 + by);
        MESSAGE_SET(&why, by, by);
        MESSAGE_SET(&why, from_ms, now_ms - (SECONDS + 6) * 1000);
        MESSAGE_SET(&why, to_ms, now_ms - 9 * 1000);
        answers_why(s, engine_why(f->host.engine), now_ms, &why);
    }
    do {
        assert_int_equal(subscriber_dispatch(s, 0), 0);
        raw_receive(&r, 0);
    } while (subscriber_events(s) & EPOLLOUT);
    subscriber_free(s);
    return r;
}

static bool tells(const raw_t *r, message_type_t type, const char *name)
{
    return raw_carries_in(r, type, name, strlen(name));
}

static bool mentions(const raw_t *r, const char *name)
{
    return raw_carries(r, name, strlen(name));
}

static void test_who_sees_everything(void **state)
{
    raw_t r = ask(*state, 0, RIGHTS_ALL);

    assert_true(tells(&r, MESSAGE_EVENT, "anns-victim"));
    assert_true(tells(&r, MESSAGE_EVENT, "bobs-ended"));
    // Beside the rows also in the text.
    assert_true(tells(&r, MESSAGE_EVENT, "before: bobs-grower["));
    assert_true(tells(&r, MESSAGE_WHY, "bobs-grower"));
    assert_true(tells(&r, MESSAGE_WHY, "bobs-writer"));
    raw_close(&r);
}

// Names and sizes are for everybody; what somebody wrote is not.
static void test_a_user(void **state)
{
    raw_t anns = ask(*state, ann(), RIGHTS_OWN), bobs = ask(*state, BOB, RIGHTS_OWN);

    assert_true(tells(&anns, MESSAGE_EVENT, "before: bobs-grower["));
    assert_true(tells(&anns, MESSAGE_EVENT, "bobs-ended"));
    assert_true(tells(&anns, MESSAGE_WHY, "bobs-grower"));
    assert_false(mentions(&anns, "bobs-writer"));
    // An ordinary user cannot make files that are Bob's.
    assert_int_equal(tells(&bobs, MESSAGE_WHY, "bobs-writer"), geteuid() == 0);
    raw_close(&anns);
    raw_close(&bobs);
}

static void test_with_hidepid(void **state)
{
    raw_t anns = ask(*state, ann(), RIGHTS_HIDEPID), bobs = ask(*state, BOB, RIGHTS_HIDEPID);

    assert_true(tells(&anns, MESSAGE_EVENT, "anns-victim"));
    assert_true(tells(&anns, MESSAGE_EVENT, "killed for want of memory, holding"));
    assert_true(tells(&anns, MESSAGE_EVENT, "was killed for want of memory, and"));
    assert_true(tells(&anns, MESSAGE_EVENT, "could not be seen"));
    assert_false(mentions(&anns, "bobs-"));
    assert_false(mentions(&bobs, "anns-"));
    assert_int_equal(tells(&bobs, MESSAGE_EVENT, "bobs-ended"), geteuid() == 0);
    assert_int_equal(tells(&bobs, MESSAGE_WHY, "bobs-grower"), geteuid() == 0);
    raw_close(&anns);
    raw_close(&bobs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_who_sees_everything),
            cmocka_unit_test(test_a_user),
            cmocka_unit_test(test_with_hidepid),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
