// Who filled tmpfs, as far as it was noted.

#include "common/cleanup.h"
#include "daemon/forensics/writers.h"
#include "protocol/cursor.h"
#include "tests/support/captured.h"

#include <string.h>

#define MB     1024 // KiB
#define WRITES 64   // MB in a step
#define STEPS  400  // more than there are notes

enum { ANN = 1001, BOB = 1002 };

typedef struct {
    captured_t host;
    writers_t *writers;
    uint64_t now_ms;
    int64_t shmem_kb;
} fixture_t;

static void start(fixture_t *f)
{
    *f = (fixture_t){.now_ms = 1000};
    captured_init(&f->host, true);
    assert_int_equal(writers_new(&f->writers, f->host.capture, 64), 0);
}

static void stop(fixture_t *f)
{
    writers_free(f->writers);
    captured_done(&f->host);
}

// Of the time after `from_ms`, up to `to_ms`.
static void assert_writer(
        const fixture_t *f, uint64_t from_ms, uint64_t to_ms, uint64_t pid, uint64_t mb)
{
    writer_t who;

    assert_true(writers_find(f->writers, from_ms, to_ms, &who));
    assert_int_equal(who.pid, pid);
    assert_int_equal(who.kb, mb * MB);
}

static void assert_nobody(const fixture_t *f, uint64_t from_ms)
{
    writer_t who;

    assert_false(writers_find(f->writers, from_ms, UINT64_MAX, &who));
}

// The user's process, whose PID is the same number, writes to tmpfs.
static void step(fixture_t *f, uint32_t uid, uint64_t written)
{
    proctree_process_t x = captured_postgres;

    x.pid = x.uid = x.euid = x.gid = x.egid = uid;
    x.wchar = written * WRITES * MB * 1024;
    x.run_ns += written;
    proctree_process(&f->host.tree, &x);
    captured_tick(&f->host);
    f->now_ms += 1000;
    if (written > 0)
        f->shmem_kb += WRITES * MB;
    writers_tick(f->writers, f->now_ms, f->shmem_kb);
}

// Bob began Ann's process; what they have written by now, in MB, and how much more is in tmpfs.
static void family(fixture_t *f, uint64_t anns, uint64_t bobs, int64_t more)
{
    const uint64_t written[] = {anns, bobs};
    size_t died = f->host.died;

    for (uint32_t uid = ANN; uid <= BOB; uid++) {
        proctree_process_t x = captured_postgres;

        x.pid = x.uid = x.euid = x.gid = x.egid = uid;
        x.ppid = uid == ANN ? BOB : 1;
        x.wchar = written[uid - ANN] * MB * 1024;
        x.run_ns += f->now_ms;
        if (written[uid - ANN] > 0)
            proctree_process(&f->host.tree, &x);
        else if (captured_find(&f->host, uid))
            proctree_end(&f->host.tree, uid);
    }
    captured_tick(&f->host);
    if (f->host.died > died)
        writers_died(f->writers, &f->host.last_exit);
    f->now_ms += 1000;
    f->shmem_kb += more * MB;
    writers_tick(f->writers, f->now_ms, f->shmem_kb);
}

// What a process wrote is its parent's as well once it is reaped.
static void test_one_that_has_ended(void **state)
{
    static const struct {
        uint64_t late; // captures until the parent has it
        uint64_t bobs; // that Bob wrote himself before
    } cases[] = {{0, 1}, {1, 1}, {0, 5000}};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t bobs = cases[i].bobs;
        fixture_t f;

        start(&f);
        family(&f, 1, bobs, 0);
        family(&f, 101, bobs, 100);
        // 300 more before its end.
        for (uint64_t k = 0; k < cases[i].late; k++)
            family(&f, 0, bobs, 0);
        family(&f, 0, bobs + 401, 300);
        assert_writer(&f, 0, UINT64_MAX, ANN, 400);
        // And what Bob writes then is his.
        family(&f, 0, bobs + 1001, 600);
        assert_writer(&f, 0, UINT64_MAX, BOB, 600);
        stop(&f);
    }
}

// One that wrote elsewhere was not it.
static void test_another_that_has_ended(void **state)
{
    fixture_t f;

    (void) state;
    start(&f);
    family(&f, 1, 1, 0);
    family(&f, 501, 1, 0);
    family(&f, 0, 602, 100);
    assert_writer(&f, 0, UINT64_MAX, BOB, 100);
    stop(&f);
}

static void test_who_wrote(void **state)
{
    writer_t who;
    fixture_t f;

    (void) state;
    start(&f);
    step(&f, ANN, 0);
    assert_nobody(&f, 0);
    step(&f, ANN, 1);
    assert_writer(&f, 0, UINT64_MAX, ANN, WRITES);
    assert_true(writers_find(f.writers, 0, UINT64_MAX, &who));
    assert_true(who.name_len == 8 && memcmp(who.name, "postgres", 8) == 0);
    assert_nobody(&f, f.now_ms);
    step(&f, ANN, 2);
    assert_writer(&f, 0, UINT64_MAX, ANN, 2 * WRITES);
    stop(&f);
}

// What one call writes is counted when it returns, three captures later.
static void test_one_long_call(void **state)
{
    fixture_t f;

    (void) state;
    start(&f);
    family(&f, 1, 1, 0);
    family(&f, 1, 1, 100);
    family(&f, 1, 1, 99);
    assert_nobody(&f, 0);
    family(&f, 1, 201, 1);
    assert_writer(&f, 0, UINT64_MAX, BOB, 200);
    family(&f, 1, 201, 100);
    family(&f, 1, 301, 0); // when nothing rises any more: it is told of when it did
    assert_writer(&f, f.now_ms - 2000, f.now_ms - 1000, BOB, 100);
    // Nobody's for long: whoever writes then wrote something else.
    family(&f, 1, 301, 100);
    for (int i = 0; i < 6; i++)
        family(&f, 1, 301, 0);
    family(&f, 1, 401, 0);
    assert_nobody(&f, f.now_ms - 8000);
    // What was given back before anybody had claimed it is nobody's either.
    family(&f, 1, 401, 100);
    family(&f, 1, 401, -100);
    family(&f, 1, 501, 0);
    assert_nobody(&f, f.now_ms - 3000);
    stop(&f);
}

// Ann wrote what tmpfs grew by; Bob wrote ten times that, and most of it elsewhere for sure.
static void test_one_that_writes_elsewhere(void **state)
{
    uint64_t ann = 1, bob = 1;
    fixture_t f;

    (void) state;
    start(&f);
    family(&f, ann, bob, 0);
    for (int i = 0; i < 4; i++)
        family(&f, ann += 95, bob += 1000, 100);
    assert_writer(&f, 0, UINT64_MAX, ANN, 4 * 95);
    // Where nobody else did, it was him.
    family(&f, ann, bob += 1000, 100);
    assert_writer(&f, f.now_ms - 1, UINT64_MAX, BOB, 100);
    stop(&f);
}

// Bob fills a file and deletes it, again and again; what stays is Ann's.
static void test_one_that_fills_and_frees(void **state)
{
    uint64_t ann = 1, bob = 1;
    writer_t who;
    fixture_t f;

    (void) state;
    start(&f);
    family(&f, ann, bob, 0);
    for (int i = 0; i < 8; i++) {
        family(&f, ann += 80, bob += 200, 80 + 200);
        family(&f, ann += 80, bob, 80 - 200);
        family(&f, ann += 80, bob, 80);
    }
    assert_true(writers_find(f.writers, 0, UINT64_MAX, &who));
    assert_int_equal(who.pid, ANN);
    assert_in_range(who.kb, 8 * 160 * MB, 8 * 240 * MB);
    // Before he deleted it, he had most.
    assert_writer(&f, f.now_ms - 3000, f.now_ms - 2000, BOB, 200);
    family(&f, ann, bob, -(8 * 3 * 80));
    assert_nobody(&f, 0);
    stop(&f);
}

// However much the one writes, what the other did is still known; after a restart, too.
static void test_another_users_stay(void **state)
{
    buffer_t saved = {0};
    fixture_t f, again;
    uint64_t anns_ms;
    writer_t who;

    (void) state;
    start(&f);
    step(&f, ANN, 0);
    step(&f, BOB, 0);
    step(&f, ANN, 1);
    anns_ms = f.now_ms;
    for (uint64_t i = 1; i <= STEPS; i++)
        step(&f, BOB, i);
    assert_true(writers_find(f.writers, 0, anns_ms, &who));
    assert_int_equal(who.pid, ANN);
    assert_false(writers_find(f.writers, anns_ms, anns_ms + 1000, &who)); // Bob's first
    assert_true(writers_find(f.writers, 0, UINT64_MAX, &who));
    assert_int_equal(who.pid, BOB);

    writers_save(f.writers, &saved);
    start(&again);
    assert_int_equal(writers_load(again.writers, saved.data, saved.len), 0);
    assert_true(writers_find(again.writers, 0, anns_ms, &who));
    assert_int_equal(who.pid, ANN);
    assert_int_not_equal(writers_load(again.writers, saved.data, saved.len - 1), 0);
    buffer_done(&saved);
    stop(&again);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_who_wrote),
            cmocka_unit_test(test_one_long_call),
            cmocka_unit_test(test_one_that_writes_elsewhere),
            cmocka_unit_test(test_one_that_fills_and_frees),
            cmocka_unit_test(test_one_that_has_ended),
            cmocka_unit_test(test_another_that_has_ended),
            cmocka_unit_test(test_another_users_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
