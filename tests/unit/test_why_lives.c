// Who took memory, of those that come and go: short lives, slow ends, and copies of others.

#include "common/cleanup.h"
#include "tests/support/accounted.h"
#include "tests/support/fake_clock.h"

#include <stdlib.h>
#include <string.h>

#define STACK       0x7ffe0000 // where a program's begins: a copy's is where it was
#define OTHER_STACK 0x7ffd0000

// What is said of the last seconds: that process leads, by so many MB, and all is explained.
static why_answer_t assert_first(accounted_t *f, uint64_t ago_s, uint64_t pid, int64_t mb)
{
    why_answer_t a = accounted_ask(f, WHY_BY_PROCESS, ago_s);

    assert_int_equal(a.rows[0].pid, pid);
    assert_int_equal(accounted_share_of(&a.rows[0]), mb * MB);
    assert_int_equal(a.unexplained_kb, 0);
    return a;
}

// While 2 GB of a process are given back, it has none of them, and the kernel has them all.
static void test_on_its_way_out(void **state)
{
    accounted_t *f = *state;

    accounted_start(f, 0, 0);
    f->hog_mb[0] = 10;
    accounted_tick(f, 10);
    f->hog_mb[0] = 1500;
    accounted_tick(f, 1);
    f->hog_mb[0] = 1900;
    accounted_tick(f, 1);
    f->leaving_mb = 2000;
    f->hog_mb[0] = 0;
    accounted_tick(f, 1);
    accounted_end(f, 0);
    f->leaving_mb = 1000;
    accounted_tick(f, 1);
    f->leaving_mb = 0;
    accounted_tick(f, 5);
    assert_first(f, 60, 100, 1890);
}

// Nor are the 500 MB that the kernel still has of one any use of memory when another begins to
// take.
static void test_one_goes_as_another_comes(void **state)
{
    accounted_t *f = *state;

    accounted_start(f, 0, 0);
    accounted_start(f, 1, 0);
    f->hog_mb[0] = 500;
    f->hog_mb[1] = 10;
    accounted_tick(f, 10);
    f->hog_mb[0] = 0;
    f->leaving_mb = 460;
    f->unknown_mb = 40; // of them, neither a process's nor free
    accounted_tick(f, 1);
    accounted_end(f, 0);
    f->leaving_mb = f->unknown_mb = 0;
    f->hog_mb[1] = 400;
    accounted_tick(f, 5);
    why_answer_t a = accounted_ask(f, WHY_BY_PROCESS, 60);
    accounted_adds_up(&a);
    assert_int_equal(accounted_change_of(&a), 390 * MB);
    assert_int_equal(a.steepest_kb, 390 * MB);
    assert_int_equal(a.rows[0].pid, 101);
    assert_int_equal(accounted_share_of(&a.rows[0]), 390 * MB);
    assert_int_equal(a.unexplained_kb, 0);
}

// Nor has anybody taken the 600 MB that two have had together when the last one has them alone.
static void test_what_was_shared_does_not_come_back(void **state)
{
    accounted_t *f = *state;

    accounted_start(f, 0, 0);
    accounted_start(f, 1, 0);
    f->hog_mb[0] = f->hog_mb[1] = 800;
    f->shared_mb = 600;
    accounted_tick(f, 10);
    f->hog_mb[1] = 0;
    f->shared_mb = 0;
    f->leaving_mb = 100; // for a second
    accounted_tick(f, 1);
    accounted_end(f, 1);
    f->leaving_mb = 0;
    for (unsigned wait_s = 5; wait_s <= 500; wait_s += 495) { // also where ten seconds are a step
        accounted_tick(f, wait_s);
        why_answer_t a = accounted_ask(f, WHY_BY_PROCESS, 600);
        accounted_adds_up(&a);
        assert_int_equal(accounted_change_of(&a), -200 * MB);
    }
}

static void tick_after(accounted_t *f, uint64_t ms)
{
    __atomic_sub_fetch(&fake_clock_ahead_us, (1000 - ms) * 1000, __ATOMIC_RELAXED);
    accounted_tick(f, 1);
}

// Three captures within a second: who had most before or after the host's peak did not have it
// then.
static void test_a_peak_within_a_second(void **state)
{
    accounted_t *f = *state;

    for (unsigned i = 0; i < 3; i++) {
        accounted_start(f, i, 0);
        f->hog_mb[i] = 10;
    }
    accounted_tick(f, 10);
    tick_after(f, 1000 - accounted_now_ms(f) % 1000);
    tick_after(f, 200);
    f->hog_mb[0] = 1000;
    f->hog_mb[1] = 200;
    tick_after(f, 200);
    f->hog_mb[0] = 100;
    f->hog_mb[1] = 500;
    tick_after(f, 200);
    for (unsigned wait_s = 5; wait_s <= 500; wait_s += 495) { // also where ten seconds are a step
        accounted_tick(f, wait_s);
        why_answer_t a = accounted_ask(f, WHY_BY_PROCESS, 600);
        accounted_adds_up(&a);
        assert_int_equal(accounted_change_of(&a), 1180 * MB);
        assert_int_equal(a.unexplained_kb, 0);
        assert_int_equal(a.rows[0].pid, 100);
        assert_int_equal(accounted_share_of(&a.rows[0]), 990 * MB);
        assert_int_equal(a.rows[1].pid, 101);
        assert_int_equal(accounted_share_of(&a.rows[1]), 190 * MB);
    }
}

// What the kernel says of its peak is read when a process is born, and not again within seconds.
static void test_a_short_life(void **state)
{
    accounted_t *f = *state;
    why_answer_t a;

    f->stale_peaks = true;
    accounted_tick(f, 5);
    accounted_start(f, 0, 0);
    f->hog_mb[0] = 1;
    accounted_tick(f, 1);
    f->hog_mb[0] = 700;
    accounted_tick(f, 2);
    f->hog_mb[0] = 0; // on its way out
    accounted_tick(f, 1);
    accounted_end(f, 0);
    accounted_tick(f, 3);
    a = accounted_ask(f, WHY_BY_PROCESS, 60);
    assert_int_equal(a.rows[0].pid, 100);
    assert_in_range(accounted_share_of(&a.rows[0]), 699 * MB, 700 * MB);
    assert_int_equal(a.hidden_kb, 0);

    const event_t *e = NULL;
    for (uint64_t n = 0; (e = events_next(engine_events(f->host.engine), n)); n = e->number)
        if (e->kind == EVENT_EXIT)
            break;
    assert_non_null(e);
    assert_int_equal(e->peak_kb, 700 * MB);
    assert_non_null(strstr(e->text, "having held 700.0 MB at most"));
}

static bool has_spiked(accounted_t *f, uint64_t pid)
{
    const event_t *e;

    while ((e = judged_next(&f->host)))
        if (e->tag == TAG_SPIKE && e->pid == pid)
            return true;
    return false;
}

// A child of one that has 500 MB; what it has by the next tick is the caller's to say.
static void begin_child(accounted_t *f, uint64_t start_stack)
{
    accounted_start(f, 0, 0);
    f->hogs[0].start_stack = STACK;
    f->hog_mb[0] = 500;
    accounted_tick(f, 40);
    accounted_start(f, 1, 0);
    f->hogs[1].ppid = f->hogs[0].pid;
    f->hogs[1].start_time = accounted_now_ms(f) / 10; // ticks of 1/100 s: just now
    f->hogs[1].start_stack = start_stack;
}

// It runs the same program, `same`, or has executed another one by now; of 560 MB, of which it was
// given 500 with its life if it is the same.
static void fork_one(accounted_t *f, bool same)
{
    begin_child(f, same ? STACK : OTHER_STACK);
    f->hog_mb[1] = 560;
    f->shared_mb = same ? 500 : 0;
    accounted_tick(f, 5);
}

static void test_a_copy(void **state)
{
    accounted_t *f = *state;
    why_answer_t a;

    fork_one(f, true);
    a = assert_first(f, 20, 101, 60);
    assert_int_equal(a.rows[0].peak_kb, 60 * MB);
    assert_false(has_spiked(f, 101));
    // What it takes from then on is its own.
    f->hog_mb[1] += 300;
    accounted_tick(f, 5);
    assert_first(f, 8, 101, 300);
    assert_true(has_spiked(f, 101));
    // The one that began it ends: nothing is free by that, and nothing more is taken.
    accounted_end(f, 0);
    f->shared_mb = 0;
    accounted_tick(f, 5);
    a = accounted_ask(f, WHY_BY_PROCESS, 3);
    assert_int_equal(accounted_change_of(&a), 0);
    // When the other one ends as well, all of it was its own.
    accounted_end(f, 1);
    accounted_tick(f, 5);
    a = assert_first(f, 8, 101, -860);
    assert_int_equal(accounted_change_of(&a), -860 * MB);
}

// So many MB of what the two shared are written to within a second, by one of them.
static void write_to(accounted_t *f, unsigned hog, uint64_t mb)
{
    f->hogs[hog].minflt += mb * MB_PAGES;
    f->shared_mb -= mb;
    accounted_tick(f, 1);
}

static void assert_nearly_first(accounted_t *f, uint64_t ago_s, uint64_t pid, int64_t mb)
{
    why_answer_t a = accounted_ask(f, WHY_BY_PROCESS, ago_s);

    assert_int_equal(a.rows[0].pid, pid);
    assert_in_range(accounted_share_of(&a.rows[0]), (mb - 1) * MB * 95 / 100, mb * MB);
    assert_in_range(llabs(a.unexplained_kb), 0, mb * MB * 5 / 100);
}

// No figure of theirs changes by it, but for their page faults: who wrote does not matter, it is
// the copy that keeps what it was then.
static void test_a_copy_that_is_written_to(void **state)
{
    accounted_t *f = *state;

    for (unsigned hog = 0; hog < 2; hog++) {
        fork_one(f, true);
        for (unsigned i = 0; i < 10; i++) {
            write_to(f, hog, 5 + 9 * i);
            assert_nearly_first(f, i + 2, 101, 5 * (i + 1) + 9 * i * (i + 1) / 2);
        }
        assert_nearly_first(f, 16, 101, 60 + 455);
        assert_int_equal(accounted_ask(f, WHY_BY_PROCESS, 16).estimated_kb, 455 * MB);
        accounted_end(f, 1);
        f->shared_mb = 0;
        accounted_tick(f, 200); // the seconds of all that are told in tens by now
        accounted_end(f, 0);
        accounted_tick(f, 2);
    }
}

// All of it before it is seen for the first time.
static void test_a_copy_that_is_written_to_at_once(void **state)
{
    accounted_t *f = *state;

    begin_child(f, STACK);
    f->hogs[1].minflt = 500 * MB_PAGES;
    f->hog_mb[1] = 500;
    accounted_tick(f, 5);
    assert_first(f, 20, 101, 500);
}

// What nobody has is no copy's that has hardly been written to.
static void test_a_copy_that_is_not_written_to(void **state)
{
    accounted_t *f = *state;
    why_answer_t a;

    fork_one(f, true);
    f->hogs[0].minflt += 10 * MB_PAGES;
    f->shared_mb -= 300;
    accounted_tick(f, 5);
    a = accounted_ask(f, WHY_BY_PROCESS, 6);
    assert_int_equal(accounted_change_of(&a), 300 * MB);
    assert_in_range(a.unexplained_kb, 289 * MB, 290 * MB);
    // Nor what it takes itself.
    f->hogs[1].minflt += 200 * MB_PAGES;
    f->hog_mb[1] += 200;
    f->shared_mb -= 150;
    accounted_tick(f, 5);
    a = accounted_ask(f, WHY_BY_PROCESS, 6);
    assert_int_equal(accounted_change_of(&a), 350 * MB);
    assert_in_range(accounted_share_of(&a.rows[0]), 200 * MB, 201 * MB);
}

// The original gives it back: it is the copy's alone, and as much as before.
static void test_a_copy_whose_original_shrinks(void **state)
{
    accounted_t *f = *state;
    why_answer_t a;

    fork_one(f, true);
    f->hog_mb[0] = 100;
    f->shared_mb = 100;
    accounted_tick(f, 5);
    a = assert_first(f, 6, 101, 400);
    assert_int_equal(accounted_change_of(&a), 0);
}

// It becomes another program after some seconds: what it shared until then it had not taken, and
// took nothing more by that.
static void test_a_copy_that_executes(void **state)
{
    accounted_t *f = *state;
    why_answer_t a;

    fork_one(f, true);
    f->hogs[1].start_stack = OTHER_STACK;
    f->hog_mb[1] = 5;
    f->shared_mb = 0;
    accounted_tick(f, 5);
    assert_first(f, 20, 101, 60);
    a = accounted_ask(f, WHY_BY_PROCESS, 7);
    accounted_adds_up(&a);
    assert_int_equal(a.rows[0].pid, 101);
    assert_in_range(-accounted_share_of(&a.rows[0]), 55 * MB, 60 * MB);
}

// Another program is no copy.
static void test_a_copy_that_is_none(void **state)
{
    accounted_t *f = *state;

    fork_one(f, false);
    assert_first(f, 20, 101, 560);
    assert_true(has_spiked(f, 101));
}

static void test_a_copy_over_a_restart(void **state)
{
    accounted_t *f = *state;

    fork_one(f, true);
    judged_restart(&f->host);
    accounted_tick(f, 5);
    assert_first(f, 20, 101, 60);
    assert_false(has_spiked(f, 101));
}

static void test_a_copy_on_its_way_out(void **state)
{
    accounted_t *f = *state;

    fork_one(f, true);
    f->hog_mb[1] = f->shared_mb = 0;
    f->leaving_mb = 60;
    accounted_tick(f, 1);
    accounted_end(f, 1);
    f->leaving_mb = 0;
    accounted_tick(f, 3);
    assert_first(f, 15, 101, 60);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, accounted_setup, accounted_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_on_its_way_out),
            TEST(test_one_goes_as_another_comes),
            TEST(test_what_was_shared_does_not_come_back),
            TEST(test_a_peak_within_a_second),
            TEST(test_a_short_life),
            TEST(test_a_copy),
            TEST(test_a_copy_that_is_written_to),
            TEST(test_a_copy_that_is_written_to_at_once),
            TEST(test_a_copy_that_is_not_written_to),
            TEST(test_a_copy_whose_original_shrinks),
            TEST(test_a_copy_that_executes),
            TEST(test_a_copy_that_is_none),
            TEST(test_a_copy_on_its_way_out),
            TEST(test_a_copy_over_a_restart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
