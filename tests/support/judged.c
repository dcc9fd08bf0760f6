#include "tests/support/judged.h"

#include "daemon/engine/state_image.h"
#include "tests/support/cmocka.h"
#include "tests/support/fake_clock.h"

static engine_t *new_engine(const judged_t *j)
{
    const engine_config_t config = {.proc_root = j->tree.path};
    engine_t *e;

    assert_int_equal(engine_new(&e, &config, NULL, NULL), 0);
    return e;
}

void judged_init(judged_t *j)
{
    *j = (judged_t){.tree = proctree_new()};
    proctree_system(&j->tree, (uint64_t) HOST_MB * MB_KB, false);
    j->engine = new_engine(j);
}

void judged_done(judged_t *j)
{
    engine_free(j->engine);
    proctree_free(&j->tree);
}

int judged_setup(void **state)
{
    static judged_t j;

    judged_init(&j);
    *state = &j;
    return 0;
}

int judged_teardown(void **state)
{
    judged_done(*state);
    return 0;
}

void judged_tick(judged_t *j)
{
    // The reader has a thread of its own that looks at the clock.
    __atomic_add_fetch(&fake_clock_ahead_us, 1000000, __ATOMIC_RELAXED);
    assert_int_equal(engine_tick(j->engine), 0);
}

const event_t *judged_next(judged_t *j)
{
    const event_t *e = events_next(engine_events(j->engine), j->seen);

    if (e)
        j->seen = e->number;
    return e;
}

void judged_kill(judged_t *j, unsigned n)
{
    j->kills += n;
    proctree_write(&j->tree, "vmstat", "pgsteal_kswapd 0\noom_kill %u\n", j->kills);
}

const event_t *judged_next_kill(judged_t *j)
{
    for (int i = 0; i < 8; i++) {
        const event_t *e;

        while ((e = judged_next(j)))
            if (e->kind == EVENT_OOM_KILL)
                return e;
        judged_tick(j);
    }
    return NULL;
}

void judged_restart(judged_t *j)
{
    static const char boot[STATE_BOOT_MAX] = "of this test";
    buffer_t image = {0};

    assert_int_equal(state_image_build(j->engine, boot, &image), 0);
    engine_free(j->engine);
    __atomic_add_fetch(&fake_clock_ahead_us, 100000, __ATOMIC_RELAXED);
    j->engine = new_engine(j);
    assert_true(state_image_check(image.data, image.len, boot));
    for (unsigned i = 0; i < ENGINE_SECTIONS; i++)
        assert_true(state_image_load(image.data, i, j->engine));
    buffer_done(&image);
}
