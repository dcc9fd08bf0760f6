// Events that are kept, and stories of those who leak one after the other.

#include "common/cleanup.h"
#include "daemon/forensics/events.h"
#include "daemon/forensics/lineage.h"
#include "protocol/cursor.h"
#include "tests/support/cmocka.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static uint64_t add(events_t *e, unsigned kind, uint64_t tag, uint64_t time_ms)
{
    event_t event = {.kind = kind, .tag = tag, .time_ms = time_ms, .pid = time_ms};

    snprintf(event.text, sizeof(event.text), "at %d", (int) time_ms);
    return events_add(e, &event);
}

static void test_in_order(void **state)
{
    const event_t *event;
    events_t *e;
    uint64_t n = 0;

    (void) state;
    assert_int_equal(events_new(&e, 500), 0);
    assert_null(events_next(e, 0));
    assert_int_equal(events_last(e), 0);
    assert_int_equal(add(e, EVENT_SET, TAG_LEAK, 1000), 1);
    assert_int_equal(add(e, EVENT_SET, TAG_SPIKE, 1001), 2);
    assert_int_equal(add(e, EVENT_OOM_KILL, 0, 1002), 3);
    assert_int_equal(add(e, EVENT_EXIT, TAG_LEAK, 1003), 4);
    while ((event = events_next(e, n))) {
        assert_int_equal(event->number, ++n);
        assert_int_equal(event->time_ms, 999 + n);
    }
    assert_int_equal(n, 4);
    assert_int_equal(events_last(e), 4);
    assert_null(events_next(e, UINT64_MAX));
    assert_int_equal(events_since_ms(e), 500);
    events_free(e);
}

// What is common does not push out what is rare, and what was pushed out is admitted.
static void test_the_rare_stay(void **state)
{
    const event_t *event;
    events_t *e;
    uint64_t n = 0, seen = 0;

    (void) state;
    assert_int_equal(events_new(&e, 0), 0);
    add(e, EVENT_SET, TAG_LEAK, 1);
    for (uint64_t i = 2; i <= 3 * EVENTS_COMMON; i++)
        add(e, i % 2 ? EVENT_SET : EVENT_CLEARED, TAG_SPIKE, i);
    assert_string_equal(events_next(e, 0)->text, "at 1");
    assert_int_equal(events_since_ms(e), 2 * EVENTS_COMMON);
    for (; (event = events_next(e, n)); n = event->number) {
        assert_true(event->number > n);
        assert_int_equal(event->time_ms, event->number);
        seen++;
    }
    assert_int_equal(seen, EVENTS_COMMON + 1);
    assert_int_equal(n, 3 * EVENTS_COMMON);
    for (uint64_t i = 0; i < EVENTS_RARE; i++)
        add(e, EVENT_OOM_KILL, 0, 1000000);
    assert_int_not_equal(events_next(e, 0)->number, 1);
    events_free(e);
}

static uint64_t add_of(events_t *e, uint64_t uid, unsigned kind)
{
    event_t event = {.kind = kind, .tag = TAG_SPIKE, .uid = uid, .has = EVENT_HAS_UID};

    return events_add(e, &event);
}

// Much of one user's does not push out what is another's, common or rare; and what was before an
// OOM kill goes with the rest.
static void test_another_users_stay(void **state)
{
    event_before_t before = {.step_ms = 1000};
    const event_t *event;
    uint64_t common, rare, n = 0;
    size_t of_ann = 0;
    events_t *e;

    (void) state;
    assert_int_equal(events_new(&e, 0), 0);
    common = add_of(e, 1001, EVENT_SET);
    rare = before.number = add_of(e, 1001, EVENT_OOM_KILL);
    events_keep_before(e, &before);
    for (size_t i = 0; i < 3 * EVENTS_COMMON; i++)
        add_of(e, 1002, EVENT_SET);
    for (size_t i = 0; i < 3 * EVENTS_RARE; i++) {
        before.number = add_of(e, 1002, EVENT_OOM_KILL);
        events_keep_before(e, &before);
    }
    assert_int_equal(events_next(e, 0)->number, common);
    assert_int_equal(events_next(e, common)->number, rare);
    assert_non_null(events_before(e, rare));
    assert_non_null(events_before(e, before.number));
    for (; (event = events_next(e, n)); n = event->number) {
        assert_true(event->number > n);
        of_ann += event->uid == 1001;
    }
    assert_int_equal(of_ann, 2);
    assert_int_equal(n, events_last(e));
    events_free(e);
}

// Who has most then is still known after a restart.
static void test_over_a_restart(void **state)
{
    event_before_t before = {.step_ms = 1000};
    const event_t *now, *then;
    buffer_t saved = {0};
    events_t *e, *again;
    uint64_t n = 0;

    (void) state;
    assert_int_equal(events_new(&e, 3), 0);
    assert_int_equal(events_new(&again, 0), 0);
    before.number = add_of(e, 1001, EVENT_OOM_KILL);
    events_keep_before(e, &before);
    for (size_t i = 0; i < EVENTS_COMMON + 10; i++)
        add_of(e, 1002, EVENT_SET);
    events_save(e, &saved);
    assert_false(saved.failed);
    assert_int_equal(events_load(again, saved.data, saved.len - 1), -EBADMSG);
    // Of what is wrong somewhere nothing is loaded.
    saved.data[saved.len - sizeof(before) + offsetof(event_before_t, grown_len) + 7]++;
    assert_int_equal(events_load(again, saved.data, saved.len), -EBADMSG);
    saved.data[saved.len - sizeof(before) + offsetof(event_before_t, grown_len) + 7]--;
    assert_null(events_next(again, 0));
    assert_int_equal(events_load(again, saved.data, saved.len), 0);
    assert_int_equal(events_last(again), events_last(e));
    assert_int_equal(events_since_ms(again), events_since_ms(e));
    while ((then = events_next(e, n))) {
        now = events_next(again, n);
        assert_non_null(now);
        assert_memory_equal(now, then, sizeof(*now));
        n = then->number;
    }
    assert_null(events_next(again, n));
    for (size_t i = 0; i < EVENTS_COMMON; i++)
        add_of(again, 1002, EVENT_SET);
    assert_int_equal(events_next(again, 0)->uid, 1001);
    assert_non_null(events_before(again, before.number));
    buffer_done(&saved);
    events_free(e);
    events_free(again);
}

static void test_what_was_before_an_oom_kill(void **state)
{
    event_before_t before = {.grown_len = 2, .grown = "ab"};
    events_t *e;

    (void) state;
    assert_int_equal(events_new(&e, 0), 0);
    assert_null(events_before(e, 0));
    for (uint64_t i = 1; i <= EVENTS_OOM + 1; i++) {
        before.number = i;
        before.step_ms = i * 10;
        events_keep_before(e, &before);
    }
    assert_null(events_before(e, 1));
    assert_int_equal(events_before(e, 2)->step_ms, 20);
    assert_memory_equal(events_before(e, EVENTS_OOM + 1)->grown, "ab", 2);
    events_free(e);
}

static lineage_process_t process(const char *name, const char *unit, uint64_t pid, uint64_t ppid)
{
    return (lineage_process_t){.name = name,
            .name_len = strlen(name),
            .unit = unit,
            .unit_len = strlen(unit),
            .pid = pid,
            .start_time = pid * 7,
            .ppid = ppid,
            .parent_start_time = ppid * 7};
}

static void test_a_service_is_one_story(void **state)
{
    static lineage_t l;
    lineage_process_t first = process("web", "web.service", 10, 1),
                      second = process("web", "web.service", 20, 2),
                      other = process("db", "web.service", 30, 1);
    const story_t *s;

    (void) state;
    memset(&l, 0, sizeof(l));
    assert_null(lineage_find(&l, &first));
    s = lineage_leaks(&l, &first, 1000, 50);
    assert_int_equal(s->times, 1);
    assert_null(lineage_find(&l, &first)); // it is the last one itself
    s = lineage_leaks(&l, &first, 2000, 70);
    assert_int_equal(s->times, 1);
    assert_int_equal(s->grew_kb, 70);

    assert_non_null(lineage_find(&l, &second));
    assert_null(lineage_find(&l, &other));
    s = lineage_leaks(&l, &second, 9000, 5);
    assert_int_equal(s->times, 2);
    assert_int_equal(s->first_ms, 1000);
    assert_int_equal(s->before, 70);
    assert_int_equal(s->grew_kb, 5);
    assert_int_equal(lineage_leaks(&l, &other, 9000, 5)->times, 1);
}

// Without a service it is the parent that makes a story: what a loop in a shell starts anew.
static void test_a_parent_is_one_story(void **state)
{
    static lineage_t l;
    lineage_process_t first = process("hog", "session-3.scope", 10, 4),
                      second = process("hog", "session-3.scope", 20, 4),
                      elsewhere = process("hog", "session-3.scope", 30, 5);
    const story_t *s;

    (void) state;
    memset(&l, 0, sizeof(l));
    lineage_leaks(&l, &first, 1000, 50);
    assert_null(lineage_find(&l, &elsewhere));
    assert_int_equal(lineage_leaks(&l, &second, 2000, 50)->times, 2);
    assert_false(lineage_leaks(&l, &second, 2000, 50)->in_a_row); // the first one lives
    // It leaks again, or still: it is no third one.
    assert_int_equal(lineage_leaks(&l, &first, 3000, 90)->times, 2);
    s = lineage_leaks(&l, &second, 4000, 60);
    assert_int_equal(s->times, 2);
    assert_int_equal(s->before + s->grew_kb, 110);
    assert_int_equal(lineage_place(s, 10, first.start_time), 1);
    assert_int_equal(lineage_place(s, 20, second.start_time), 2);
    assert_null(lineage_find(&l, &first));
    // No leak before it: they leak beside each other.
    assert_int_equal(lineage_run(&l, 20, second.start_time), 0);
}

// With another parent each time, it is the cgroup: once the one before has ended.
static void test_a_cgroup_is_one_story(void **state)
{
    static lineage_t l;
    lineage_process_t first = process("hog", "box.scope", 10, 4),
                      second = process("hog", "box.scope", 20, 5),
                      elsewhere = process("hog", "other.scope", 30, 6),
                      nowhere = process("hog", "", 40, 7);
    const story_t *s;

    (void) state;
    memset(&l, 0, sizeof(l));
    first.since_ms = 300;
    lineage_leaks(&l, &first, 1000, 50);
    assert_null(lineage_find(&l, &second));
    lineage_ends(&l, 99, 99);
    assert_null(lineage_find(&l, &second));
    lineage_ends(&l, first.pid, first.start_time);
    assert_non_null(lineage_find(&l, &second));
    assert_null(lineage_find(&l, &elsewhere));
    assert_null(lineage_find(&l, &nowhere));
    for (uint64_t i = 2; i < 20; i++) {
        second.pid = 100 + i;
        second.ppid = 200 + i;
        s = lineage_leaks(&l, &second, 1000 * i, 50);
        assert_int_equal(s->times, i);
        assert_int_equal(s->first_ms, 300);
        assert_true(s->in_a_row);
        lineage_ends(&l, second.pid, second.start_time);
        assert_int_equal(lineage_run(&l, second.pid, second.start_time), i);
    }
    assert_int_equal(lineage_run(&l, 100 + 15, second.start_time), 15);
    assert_int_equal(lineage_run(&l, 100 + 3, second.start_time), 0); // long ago
}

static void test_the_oldest_story_makes_room(void **state)
{
    static lineage_t l;
    char name[16];

    (void) state;
    memset(&l, 0, sizeof(l));
    for (uint64_t i = 0; i < LINEAGE_STORIES + 1; i++) {
        snprintf(name, sizeof(name), "p%d", (int) i);
        lineage_process_t p = process(name, "", 100 + i, 1);
        lineage_leaks(&l, &p, 1000 + (i == 0 ? 5000 : i), 1); // the first one went on last
    }

    lineage_process_t first = process("p0", "", 1, 1), second = process("p1", "", 2, 1);
    assert_non_null(lineage_find(&l, &first));
    assert_null(lineage_find(&l, &second));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_in_order),
            cmocka_unit_test(test_the_rare_stay),
            cmocka_unit_test(test_another_users_stay),
            cmocka_unit_test(test_over_a_restart),
            cmocka_unit_test(test_what_was_before_an_oom_kill),
            cmocka_unit_test(test_a_service_is_one_story),
            cmocka_unit_test(test_a_parent_is_one_story),
            cmocka_unit_test(test_a_cgroup_is_one_story),
            cmocka_unit_test(test_the_oldest_story_makes_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
