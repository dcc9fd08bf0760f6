// OOM kills: who died, whose limit it was, and who had grown before.

#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/fake_clock.h"
#include "tests/support/judged.h"

#include <string.h>

static void run(judged_t *j, proctree_process_t *p, uint64_t mb)
{
    p->utime++;
    p->anon_pages = mb * MB_PAGES;
    p->hwm_kb = mb << 10;
    proctree_process(&j->tree, p);
}

static proctree_process_t process(uint64_t pid, const char *name)
{
    return (proctree_process_t){.pid = pid, .name = name, .start_time = pid, .uid = 1000};
}

static void test_who_held_most(void **state)
{
    judged_t *j = *state;
    proctree_process_t hog = process(70, "hog"), small = process(71, "small"),
                       grower = process(72, "grower");
    const event_before_t *before;
    why_row_t row;

    for (uint64_t i = 0; i < 30; i++) {
        run(j, &hog, 2000);
        run(j, &small, 20);
        run(j, &grower, 100 + 10 * i);
        judged_tick(j);
    }
    judged_kill(j, 7);
    proctree_end(&j->tree, 70);
    proctree_end(&j->tree, 71); // somebody else ends in the same tick
    const event_t *e = judged_next_kill(j);
    assert_non_null(e);
    assert_int_equal(e->pid, 70);
    assert_int_equal(e->size_kb, 2000 << 10);
    assert_int_equal(e->count, 1);
    assert_non_null(strstr(e->text, "grower[72] +290.00 MB"));
    assert_null(strstr(e->text, "hog[70] +"));

    before = events_before(engine_events(j->engine), e->number);
    assert_non_null(before);
    cursor_t c = cursor_of(before->grown, before->grown_len);
    assert_true(why_row_next(&c, &row));
    assert_int_equal(row.pid, 72);
    assert_int_equal(row.start_kb, 100 << 10);
    assert_int_equal(row.end_kb, 390 << 10);
    assert_true(before->used_len > 3);

    // Of the seven that the kernel counted two could be named.
    e = judged_next_kill(j);
    assert_int_equal(e->pid, 71);
    e = judged_next_kill(j);
    assert_int_equal(e->has & EVENT_HAS_PROCESS, 0);
    assert_int_equal(e->count, 5);
    assert_null(judged_next_kill(j));
}

// It has given back its address space, and is not gone.
static void kill_it(judged_t *j, proctree_process_t *p, char state)
{
    char path[32];

    p->state = state;
    p->anon_pages = 0;
    proctree_process(&j->tree, p);
    snprintf(path, sizeof(path), "%d/stat", (int) p->pid);
    proctree_write(&j->tree, path,
            "%d (%s) %c 1 80 80 0 -1 4228 0 0 0 0 9 9 0 0 20 0 1 0 %d 0 0 0 0 0 0 0 0 0 0 0 0 0 "
            "0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 9\n",
            (int) p->pid, p->name, state, (int) p->start_time);
}

// A zombie that signal 9 ended is the one, though another one held more.
static void test_a_zombie_says_so(void **state)
{
    judged_t *j = *state;
    proctree_process_t victim = process(80, "victim"), big = process(81, "big");

    for (int i = 0; i < 5; i++) {
        run(j, &victim, 300);
        run(j, &big, 900);
        judged_tick(j);
    }
    kill_it(j, &victim, 'Z');
    proctree_end(&j->tree, 81);
    judged_kill(j, 1);

    const event_t *e = judged_next_kill(j);
    assert_non_null(e);
    assert_int_equal(e->pid, 80);
    assert_int_equal(e->size_kb, 300 << 10);
    assert_null(judged_next_kill(j));
}

// What is large takes seconds to give back, and others end meanwhile: one that held much, and one
// that somebody else killed.
static void test_a_slow_end(void **state)
{
    judged_t *j = *state;
    proctree_process_t victim = process(82, "victim"), big = process(83, "big"),
                       small = process(84, "small");
    const event_t *e;

    for (int i = 0; i < 5; i++) {
        run(j, &victim, 17000);
        run(j, &big, 900);
        run(j, &small, 2);
        judged_tick(j);
    }
    kill_it(j, &victim, 'R');
    kill_it(j, &small, 'Z');
    proctree_end(&j->tree, 83);
    judged_kill(j, 1);
    judged_tick(j);
    e = judged_next_kill(j);
    assert_non_null(e);
    assert_int_equal(e->pid, 82);
    assert_int_equal(e->size_kb, 17000 << 10);
    assert_null(judged_next_kill(j));

    // The end comes when all has been told.
    proctree_end(&j->tree, 82);
    assert_null(judged_next_kill(j));
    judged_kill(j, 1);
    e = judged_next_kill(j);
    assert_non_null(e);
    assert_int_equal(e->has & EVENT_HAS_PROCESS, 0);
}

// Born, grown and killed since the look before, it was still there at the one that counted it.
static void test_who_was_seen_once(void **state)
{
    judged_t *j = *state;
    proctree_process_t victim = process(85, "victim"), other = process(86, "other");
    const event_t *e;

    for (int i = 0; i < 5; i++) {
        run(j, &other, 200);
        judged_tick(j);
    }
    victim.start_time = capture_current(engine_capture(j->engine))->system.mono_ms / 10 + 10;
    run(j, &victim, 700);
    judged_kill(j, 1);
    judged_tick(j);
    proctree_end(&j->tree, 85);
    e = judged_next_kill(j);
    assert_non_null(e);
    assert_int_equal(e->pid, 85);
    assert_int_equal(e->size_kb, 700 << 10);
    assert_non_null(strstr(e->text, "victim[85] +700.00 MB"));
}

// Without memory a look may take its time, too, and the count is what it was at its beginning.
static void test_long_between_looks(void **state)
{
    judged_t *j = *state;
    proctree_process_t victim = process(85, "victim"), killed = process(86, "killed");

    for (int i = 0; i < 5; i++) {
        run(j, &victim, 700);
        run(j, &killed, 1);
        judged_tick(j);
    }
    proctree_end(&j->tree, 85);
    judged_tick(j);
    __atomic_add_fetch(&fake_clock_ahead_us, 20000000, __ATOMIC_RELAXED);
    kill_it(j, &killed, 'Z');
    judged_kill(j, 1);

    const event_t *e = judged_next_kill(j);
    assert_non_null(e);
    assert_int_equal(e->pid, 85);
    assert_int_equal(e->size_kb, 700 << 10);
    assert_null(judged_next_kill(j));
}

static void test_what_was_counted_before_is_old(void **state)
{
    judged_t *j = *state;
    proctree_process_t p = process(90, "early");

    judged_kill(j, 3); // when it began
    run(j, &p, 500);
    judged_tick(j);
    proctree_end(&j->tree, 90);
    assert_null(judged_next_kill(j));
}

// The daemon may well be among those that the kernel kills.
static void test_while_nobody_looked(void **state)
{
    judged_t *j = *state;
    proctree_process_t hog = process(70, "hog"), other = process(71, "other");

    for (uint64_t i = 0; i < 30; i++) {
        run(j, &hog, 100 + 50 * i);
        run(j, &other, 900);
        judged_tick(j);
    }
    proctree_end(&j->tree, 70);
    judged_kill(j, 2);
    judged_restart(j);
    judged_tick(j);
    proctree_end(&j->tree, 71); // of its own accord

    const event_t *e = judged_next_kill(j);
    assert_non_null(e);
    assert_int_equal(e->has & EVENT_HAS_PROCESS, 0);
    assert_int_equal(e->count, 2);
    assert_non_null(strstr(e->text, "hog[70] +1450.00 MB"));
    assert_null(judged_next_kill(j));
    // Told once.
    judged_restart(j);
    assert_null(judged_next_kill(j));
}

// The kernel (6.1) counts the one that it chose again when it ends all of the group: three that
// ended are four.
static void test_who_is_counted_twice(void **state)
{
    judged_t *j = *state;
    proctree_process_t p[] = {process(70, "web"), process(71, "worker"), process(72, "worker")};
    uint64_t seen = 0;
    const event_t *e;

    proctree_write(&j->tree, "cgroup/web.service/memory.events.local",
            "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n");
    judged_restart(j); // with the groups
    for (int i = 0; i < 5; i++) {
        for (size_t k = 0; k < ARRAY_SIZE(p); k++) {
            p[k].cgroup = "/web.service";
            run(j, &p[k], 100 + 50 * k);
        }
        judged_tick(j);
    }
    for (size_t k = 0; k < ARRAY_SIZE(p); k++)
        proctree_end(&j->tree, p[k].pid);
    judged_kill(j, 4);
    proctree_write(&j->tree, "cgroup/web.service/memory.events.local",
            "low 0\nhigh 0\nmax 21\noom 1\noom_kill 4\noom_group_kill 1\n");
    for (size_t k = 0; k < ARRAY_SIZE(p); k++) {
        e = judged_next_kill(j);
        assert_non_null(e);
        assert_true(e->pid >= 70 && e->pid <= 72);
        assert_string_equal(e->cgroup, "/web.service");
        seen |= UINT64_C(1) << (e->pid - 70);
    }
    assert_int_equal(seen, 7);
    assert_null(judged_next_kill(j));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, judged_setup, judged_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_who_held_most),
            TEST(test_a_zombie_says_so),
            TEST(test_a_slow_end),
            TEST(test_who_was_seen_once),
            TEST(test_long_between_looks),
            TEST(test_what_was_counted_before_is_old),
            TEST(test_while_nobody_looked),
            TEST(test_who_is_counted_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
