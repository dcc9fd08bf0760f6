// What becomes an event: a tree that looks like /proc, and an engine that watches it.

#include "common/cleanup.h"
#include "daemon/forensics/lineage.h"
#include "daemon/forensics/receipts.h"
#include "protocol/cursor.h"
#include "tests/support/cmocka.h"
#include "tests/support/judged.h"

#include <errno.h>
#include <string.h>

static void run(judged_t *j, proctree_process_t *p)
{
    p->utime++;
    proctree_process(&j->tree, p);
    judged_tick(j);
}

static void test_a_spike_and_its_end(void **state)
{
    judged_t *j = *state;
    proctree_process_t p = {.pid = 77,
            .name = "hog",
            .start_time = 5,
            .uid = 1000,
            .cgroup = "/system.slice/hog.service",
            .anon_pages = 10 * MB_PAGES};
    const event_t *e;

    for (int i = 0; i < 40; i++)
        run(j, &p);
    assert_null(judged_next(j));
    p.anon_pages = 900 * MB_PAGES;
    p.hwm_kb = 900 << 10;
    run(j, &p);
    run(j, &p);
    e = judged_next(j);
    assert_non_null(e);
    assert_int_equal(e->kind, EVENT_SET);
    assert_int_equal(e->tag, TAG_SPIKE);
    assert_int_equal(e->pid, 77);
    assert_int_equal(e->start_time, 5);
    assert_int_equal(e->uid, 1000);
    assert_int_equal(e->size_kb, 890 << 10);
    assert_memory_equal(e->name, "hog", 3);
    assert_memory_equal(e->unit, "hog.service", 11);
    assert_true(strlen(e->text) > 10);

    // It dies with its tag, and was big.
    proctree_end(&j->tree, 77);
    judged_tick(j);
    e = judged_next(j);
    assert_int_equal(e->kind, EVENT_CLEARED);
    assert_int_equal(e->tag, TAG_SPIKE);
    assert_int_equal(e->size_kb, 890 << 10);
    assert_true(e->has & EVENT_HAS_SINCE && e->has & EVENT_HAS_DURATION);
    assert_int_equal(e->duration_ms / 1000, 3);
    assert_int_equal(e->has & EVENT_HAS_OUTCOME, 0); // it was never given back
    assert_string_equal(e->text, "+890.00 MB, the process has ended 3 s later");
    e = judged_next(j);
    assert_int_equal(e->kind, EVENT_EXIT);
    assert_int_equal(e->pid, 77);
    assert_int_equal(e->size_kb, 900 << 10);
    assert_int_equal(e->peak_kb, 900 << 10);
    assert_memory_equal(e->name, "hog", 3);
    assert_null(judged_next(j));
}

// What is large takes seconds to give back: it is gone before the process is.
static void test_a_slow_end(void **state)
{
    judged_t *j = *state;
    proctree_process_t p = {
            .pid = 78, .name = "huge", .start_time = 5, .uid = 1000, .anon_pages = MB_PAGES};
    const event_t *e;

    for (int i = 0; i < 40; i++)
        run(j, &p);
    p.anon_pages = 9000 * MB_PAGES;
    p.hwm_kb = 9000 << 10;
    run(j, &p);
    run(j, &p);
    assert_int_equal(judged_next(j)->kind, EVENT_SET);
    p.anon_pages = 0;
    p.state = 'R';
    for (int i = 0; i < 5; i++)
        run(j, &p);
    assert_null(judged_next(j));
    assert_int_equal(tags_counts(engine_tags(j->engine))->spiking, 1);
    proctree_end(&j->tree, 78);
    judged_tick(j);
    e = judged_next(j);
    assert_int_equal(e->kind, EVENT_CLEARED);
    assert_int_equal(e->tag, TAG_SPIKE);
    assert_non_null(strstr(e->text, "+8999.00 MB, the process has ended"));
    assert_int_equal(judged_next(j)->kind, EVENT_EXIT);
}

// Nobody reaps it: its memory is gone, and its tag with that.
static void test_a_spike_that_ends_as_a_zombie(void **state)
{
    judged_t *j = *state;
    proctree_process_t p = {.pid = 78, .name = "hog", .start_time = 5, .anon_pages = 10 * MB_PAGES};
    const event_t *e;

    for (int i = 0; i < 40; i++)
        run(j, &p);
    p.anon_pages = 900 * MB_PAGES;
    run(j, &p);
    run(j, &p);
    p.state = 'Z';
    p.anon_pages = 0;
    run(j, &p);
    e = judged_next(j);
    assert_int_equal(e->kind, EVENT_SET);
    e = judged_next(j);
    assert_int_equal(e->kind, EVENT_CLEARED);
    assert_int_equal(e->tag, TAG_SPIKE);
    assert_int_equal(e->size_kb, 890 << 10);
    assert_int_equal(e->has & EVENT_HAS_OUTCOME, 0);
    assert_non_null(strstr(e->text, "+890.00 MB, the process has ended"));
}

static void test_zombies(void **state)
{
    judged_t *j = *state;
    proctree_process_t parent = {.pid = 5, .name = "careless", .start_time = 1},
                       child = {.pid = 6, .name = "dead", .start_time = 2, .ppid = 5, .state = 'Z'};
    const event_t *e;

    proctree_process(&j->tree, &child);
    for (int i = 0; i < 4; i++)
        run(j, &parent);
    e = judged_next(j);
    assert_int_equal(e->kind, EVENT_SET);
    assert_true((e->tag == TAG_ZOMBIE) == (e->pid == 6));
    e = judged_next(j);
    assert_int_equal(e->kind, EVENT_SET);
    assert_true((e->tag == TAG_UNREAPED) == (e->pid == 5));
    assert_null(judged_next(j));
    proctree_end(&j->tree, 6);
    for (int i = 0; i < 2; i++)
        run(j, &parent);
    e = judged_next(j);
    assert_int_equal(e->kind, EVENT_CLEARED);
    assert_int_equal(e->tag, TAG_ZOMBIE);
    e = judged_next(j);
    assert_int_equal(e->kind, EVENT_CLEARED);
    assert_int_equal(e->tag, TAG_UNREAPED);
    assert_int_equal(e->pid, 5);
    assert_null(judged_next(j));
}

// Nothing is said of a tag that nobody knows.
static void test_a_tag_of_later(void **state)
{
    judged_t *j = *state;
    proctree_process_t child = {.pid = 6, .name = "dead", .start_time = 2, .ppid = 5, .state = 'Z'};
    const unsigned kinds[] = {EVENT_SET, EVENT_CLEARED};

    for (int i = 0; i < 4; i++)
        run(j, &child);
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        event_t e = {.kind = kinds[i], .tag = UINT64_C(1) << 40};

        receipts_fill(&e, engine_tags(j->engine), capture_current(engine_capture(j->engine)),
                capture_find(engine_capture(j->engine), 6, 0), UINT64_MAX);
        assert_string_equal(e.text, "");
        assert_int_equal(e.has, 0);
    }
}

static void test_small_ends_are_none(void **state)
{
    judged_t *j = *state;
    proctree_process_t p = {.pid = 8, .name = "small", .start_time = 9, .anon_pages = MB_PAGES};

    run(j, &p);
    proctree_end(&j->tree, 8);
    judged_tick(j);
    assert_null(judged_next(j));
}

static const event_t *next_leak(judged_t *j, unsigned kind)
{
    const event_t *e;

    while ((e = judged_next(j)))
        if (e->tag == TAG_LEAK && e->kind == kind)
            return e;
    return NULL;
}

// Started by somebody else each time, grows by 2 MB each second.
static void leak(judged_t *j, uint64_t pid)
{
    proctree_process_t p = {.pid = pid,
            .name = "leaky",
            .ppid = pid - 1,
            .start_time = pid,
            .cgroup = "/box.scope",
            .anon_pages = 50 * MB_PAGES};

    for (int i = 0; i < 700; i++) {
        p.anon_pages += 2 * MB_PAGES;
        p.hwm_kb = p.anon_pages * 4;
        run(j, &p);
    }
}

static void leak_and_end(judged_t *j, uint64_t pid)
{
    leak(j, pid);
    proctree_end(&j->tree, pid);
    judged_tick(j);
}

static void test_leaks_in_a_row(void **state)
{
    judged_t *j = *state;
    const event_t *e;
    why_answer_t a;

    leak_and_end(j, 100);
    e = next_leak(j, EVENT_SET);
    assert_non_null(e);
    assert_int_equal(e->has & EVENT_HAS_STORY, 0);
    leak_and_end(j, 200);
    e = next_leak(j, EVENT_SUSPECTED);
    assert_non_null(strstr(e->text, "2nd run in a row of leaky that leaks"));
    e = next_leak(j, EVENT_SET);
    assert_int_equal(e->pid, 200);
    assert_int_equal(e->story, 2);
    assert_in_range(e->story_kb, (1400 + 600) << 10, (1400 + 1400) << 10);
    assert_non_null(strstr(e->text, "2nd run in a row of leaky that leaks"));
    assert_true(e->time_ms - e->story_ms > 1000000);

    const why_question_t q = {.from_ms = 1, .to_ms = UINT64_MAX};
    assert_int_equal(why_ask(engine_why(j->engine), &q, &a), 0);
    for (size_t i = 0; i < a.n_rows; i++)
        if (!a.rows[i].kind)
            assert_int_equal(a.rows[i].story, a.rows[i].pid / 100);
}

// The daemon is another one after the first process, and once more while the second one ends.
static void test_a_story_over_a_restart(void **state)
{
    judged_t *j = *state;
    const event_t *e;

    leak_and_end(j, 100);
    judged_restart(j);
    leak(j, 200);
    proctree_end(&j->tree, 200);
    judged_restart(j);
    leak(j, 300);

    e = next_leak(j, EVENT_SET);
    assert_int_equal(e->has & EVENT_HAS_STORY, 0);
    e = next_leak(j, EVENT_SET);
    assert_int_equal(e->pid, 200);
    assert_int_equal(e->story, 2);
    e = next_leak(j, EVENT_SET);
    assert_int_equal(e->pid, 300);
    assert_int_equal(e->story, 3);
    assert_non_null(strstr(e->text, "3rd run in a row of leaky that leaks"));
}

// What is no row of stories is refused as a whole.
static void test_stories_that_are_none(void **state)
{
    const lineage_process_t p = {
            .name = "leaky", .name_len = 5, .unit = "", .pid = 7, .start_time = 70};
    const size_t size = sizeof(story_t);
    lineage_t kept = {0}, l = {0};
    buffer_t saved = {0};

    (void) state;
    lineage_leaks(&kept, &p, 1000, 500);
    lineage_save(&kept, &saved);
    assert_int_equal(saved.len, size);
    assert_int_equal(lineage_load(&l, saved.data, size), 0);
    assert_int_equal(lineage_run(&l, 7, 70), 1);
    assert_int_equal(lineage_load(&l, saved.data, size - 1), -EBADMSG);
    assert_int_equal(lineage_load(&l, saved.data, size * (LINEAGE_STORIES + 1)), -EBADMSG);
    for (unsigned i = 0; i < 3; i++) {
        story_t broken = kept.stories[0];

        if (i == 0)
            broken.times = 0;
        else
            *(i == 1 ? &broken.name_len : &broken.unit_len) = LINEAGE_TEXT + 1;
        assert_int_equal(lineage_load(&l, &broken, size), -EBADMSG);
        assert_int_equal(l.count, 0);
    }
    buffer_done(&saved);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, judged_setup, judged_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_a_spike_and_its_end),
            TEST(test_a_slow_end),
            TEST(test_a_spike_that_ends_as_a_zombie),
            TEST(test_zombies),
            TEST(test_a_tag_of_later),
            TEST(test_small_ends_are_none),
            TEST(test_leaks_in_a_row),
            TEST(test_a_story_over_a_restart),
            cmocka_unit_test(test_stories_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
