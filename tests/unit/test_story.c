// A service that is killed at its limit, begun anew and killed again is one story.

#include "common/cleanup.h"
#include "daemon/forensics/receipts.h"
#include "tests/support/cmocka.h"
#include "tests/support/judged.h"

#include <string.h>

#define RUN_S    90
#define MB_PER_S 8

// Too short a life for anybody to be sure.
static proctree_process_t grow(judged_t *j, uint64_t pid, const char *name, const char *cgroup)
{
    const capture_t *c = engine_capture(j->engine);
    proctree_process_t p = {.pid = pid,
            .name = name,
            .cgroup = cgroup,
            .start_time = capture_current(c)->system.mono_ms / 10};

    for (unsigned s = 0; s < RUN_S; s++) {
        p.utime++;
        p.anon_pages = (50 + MB_PER_S * s) * MB_PAGES;
        p.hwm_kb = p.anon_pages * 4;
        proctree_process(&j->tree, &p);
        judged_tick(j);
    }
    return p;
}

// What is said of it while it lives.
static void assert_receipt(const judged_t *j, uint64_t pid, const char *says)
{
    const capture_t *c = engine_capture(j->engine);
    const snapshot_t *s = capture_current(c);
    char text[CHRONICLE_STORY_MAX];

    chronicle_story(engine_chronicle(j->engine), &s->processes[capture_find(c, pid, 0)], 100 << 10,
            s->system.mono_ms, text, sizeof(text));
    if (says)
        assert_non_null(strstr(text, says));
    else
        assert_string_equal(text, "");
}

// Who is suspected has a receipt, too.
static void assert_suspicion(const judged_t *j, uint64_t pid)
{
    const capture_t *c = engine_capture(j->engine);
    const snapshot_t *s = capture_current(c);
    uint32_t slot = capture_find(c, pid, 0);
    char text[LEAK_TEXT_MAX];

    assert_true(s->processes[slot].tags & TAG_LEAK_SUSPECTED);
    receipts_text(
            engine_tags(j->engine), s, slot, TAG_LEAK_SUSPECTED, UINT64_MAX, text, sizeof(text));
    assert_memory_equal(text, "LEAK?: +", strlen("LEAK?: +"));
}

static void test_a_service_at_its_limit(void **state)
{
    static const char *const says[] = {NULL, "; 2nd run in a row of db.service that leaks: ",
            "; 3rd run in a row of db.service that leaks: "};
    judged_t *j = *state;
    why_answer_t a;

    for (unsigned i = 0; i < ARRAY_SIZE(says); i++) {
        proctree_process_t p = grow(j, 200 + i, "db", "/system.slice/db.service");
        const event_t *e;

        assert_receipt(j, p.pid, says[i]);
        judged_kill(j, 1);
        if (i == 1) { // it takes its time to end
            p.state = 'Z';
            p.anon_pages = 0;
            proctree_process(&j->tree, &p);
            judged_tick(j);
        }
        proctree_end(&j->tree, p.pid);
        e = judged_next_kill(j);
        assert_non_null(e);
        assert_int_equal(e->pid, p.pid);
        assert_int_equal(e->story, i > 0 ? i + 1 : 0);
        assert_true(!says[i] || strstr(e->text, says[i]));
        assert_in_range(e->story_kb, i * (500 << 10), (i + 1) * (720 << 10));
    }
    const why_question_t q = {.from_ms = 1, .to_ms = UINT64_MAX};
    assert_int_equal(why_ask(engine_why(j->engine), &q, &a), 0);
    for (size_t i = 0; i < a.n_rows; i++)
        if (!a.rows[i].kind)
            assert_int_equal(a.rows[i].story, a.rows[i].pid - 199);
}

// One that was only suspected, and then was done, is none.
static void test_a_batch_job(void **state)
{
    judged_t *j = *state;
    const event_t *e;
    bool suspected = false;

    for (unsigned i = 0; i < 2; i++) {
        proctree_process_t p = grow(j, 200 + i, "batch", "/system.slice/batch.service");

        assert_receipt(j, p.pid, NULL);
        assert_suspicion(j, p.pid);
        proctree_end(&j->tree, p.pid);
        for (unsigned s = 0; s < 8; s++)
            judged_tick(j);
    }
    while ((e = judged_next(j))) {
        suspected |= e->kind == EVENT_SUSPECTED && e->tag == TAG_LEAK;
        assert_int_equal(e->has & EVENT_HAS_STORY, 0);
    }
    assert_true(suspected);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, judged_setup, judged_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_a_service_at_its_limit),
            TEST(test_a_batch_job),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
