#include "tests/support/judged.h"

#include "tests/support/cmocka.h"
#include "tests/support/fake_clock.h"

void judged_init(judged_t *j)
{
    const engine_config_t config = {.proc_root = j->tree.path};

    *j = (judged_t){.tree = proctree_new()};
    proctree_system(&j->tree, (uint64_t) HOST_MB * MB_KB, false);
    assert_int_equal(engine_new(&j->engine, &config, NULL, NULL), 0);
}

void judged_done(judged_t *j)
{
    engine_free(j->engine);
    proctree_free(&j->tree);
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
