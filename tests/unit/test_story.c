// A service that is killed at its limit, begun anew and killed again is one story.

#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/judged.h"

#include <string.h>

#define RUN_S    90
#define MB_PER_S 8

typedef struct {
    judged_t host;
    int kills;
} fixture_t;

static int setup(void **state)
{
    static fixture_t f;

    f.kills = 0;
    judged_init(&f.host);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    judged_done(&((fixture_t *) *state)->host);
    return 0;
}

static void tick(fixture_t *f)
{
    proctree_write(&f->host.tree, "vmstat", "pgsteal_kswapd 0\noom_kill %d\n", f->kills);
    judged_tick(&f->host);
}

// Too short a life for anybody to be sure.
static proctree_process_t grow(fixture_t *f, uint64_t pid, const char *name, const char *cgroup)
{
    const capture_t *c = engine_capture(f->host.engine);
    proctree_process_t p = {.pid = pid,
            .name = name,
            .cgroup = cgroup,
            .start_time = capture_current(c)->system.mono_ms / 10};

    for (unsigned s = 0; s < RUN_S; s++) {
        p.utime++;
        p.anon_pages = (50 + MB_PER_S * s) * MB_PAGES;
        p.hwm_kb = p.anon_pages * 4;
        proctree_process(&f->host.tree, &p);
        tick(f);
    }
    return p;
}

static const event_t *wait_kill(fixture_t *f)
{
    for (int i = 0; i < 8; i++) {
        const event_t *e;

        tick(f);
        while ((e = judged_next(&f->host)))
            if (e->kind == EVENT_OOM_KILL)
                return e;
    }
    fail_msg("no kill was told");
    return NULL;
}

// What is said of it while it lives.
static void assert_receipt(const fixture_t *f, uint64_t pid, const char *says)
{
    const capture_t *c = engine_capture(f->host.engine);
    const snapshot_t *s = capture_current(c);
    char text[CHRONICLE_STORY_MAX];

    chronicle_story(engine_chronicle(f->host.engine), &s->processes[capture_find(c, pid, 0)],
            100 << 10, s->system.mono_ms, text, sizeof(text));
    if (says)
        assert_non_null(strstr(text, says));
    else
        assert_string_equal(text, "");
}

static void test_a_service_at_its_limit(void **state)
{
    static const char *const says[] = {NULL, "; 2nd run in a row of db.service that leaks: ",
            "; 3rd run in a row of db.service that leaks: "};
    fixture_t *f = *state;
    why_answer_t a;

    for (unsigned i = 0; i < ARRAY_SIZE(says); i++) {
        proctree_process_t p = grow(f, 200 + i, "db", "/system.slice/db.service");
        const event_t *e;

        assert_receipt(f, p.pid, says[i]);
        f->kills++;
        if (i == 1) { // it takes its time to end
            p.state = 'Z';
            p.anon_pages = 0;
            proctree_process(&f->host.tree, &p);
            tick(f);
        }
        proctree_end(&f->host.tree, p.pid);
        e = wait_kill(f);
        assert_int_equal(e->pid, p.pid);
        assert_int_equal(e->story, i > 0 ? i + 1 : 0);
        assert_true(!says[i] || strstr(e->text, says[i]));
        assert_in_range(e->story_kb, i * (500 << 10), (i + 1) * (720 << 10));
    }
    const why_question_t q = {.from_ms = 1, .to_ms = UINT64_MAX};
    assert_int_equal(why_ask(engine_why(f->host.engine), &q, &a), 0);
    for (size_t i = 0; i < a.n_rows; i++)
        if (!a.rows[i].kind)
            assert_int_equal(a.rows[i].story, a.rows[i].pid - 199);
}

// One that was only suspected, and then was done, is none.
static void test_a_batch_job(void **state)
{
    fixture_t *f = *state;
    const event_t *e;
    bool suspected = false;

    for (unsigned i = 0; i < 2; i++) {
        proctree_process_t p = grow(f, 200 + i, "batch", "/system.slice/batch.service");

        assert_receipt(f, p.pid, NULL);
        proctree_end(&f->host.tree, p.pid);
        for (unsigned s = 0; s < 8; s++)
            tick(f);
    }
    while ((e = judged_next(&f->host))) {
        suspected |= e->kind == EVENT_SUSPECTED && e->tag == TAG_LEAK;
        assert_int_equal(e->has & EVENT_HAS_STORY, 0);
    }
    assert_true(suspected);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_a_service_at_its_limit),
            TEST(test_a_batch_job),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
