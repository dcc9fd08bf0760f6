// What gets a tag without delay: zombies and spikes.

#include "common/cleanup.h"
#include "tests/support/viewer.h"

#include <stdio.h>

#define BIRTHS 3
#define TOLD_S 60

static bool is_not_listed(const terminal_t *t, void *user)
{
    return viewer_row(t, *(const pid_t *) user) < 0;
}

static void test_zombies_and_their_parent(void **state)
{
    process_t actor = actor_start();
    terminal_t *t = viewer_start(40, 160);

    (void) state;
    pid_t zombie = actor_do(&actor, "zombies 3");
    terminal_send(t, "T");
    viewer_await_field(t, zombie, "TAGS", "ZOMBIE");
    viewer_await_field(t, actor.pid, "TAGS", "UNREAPED:3");
    viewer_inspect(t, zombie);
    assert_text(t, "ZOMBIE");
    terminal_send(t, "\033");
    viewer_await_list(t);

    actor_do(&actor, "reap");
    assert_waited(t, is_not_listed, &actor.pid); // others on the host may have zombies as well
    process_stop(&actor);
    viewer_quit(t);
}

// One that is not seen within seconds of its birth is watched for a while before it is judged:
// then another one is born.
static void test_spike(void **state)
{
    terminal_t *t = viewer_start(40, 160);
    process_t actor = {0};

    (void) state;
    for (int i = 0; i < BIRTHS; i++) {
        process_stop(&actor);
        actor = actor_start();
        actor_do(&actor, "anon 100");
        viewer_await_kb(t, actor.pid, "RSS", 100 * 1024, 120 * 1024);
        actor_do(&actor, "anon 600");
        if (viewer_wait_field(t, actor.pid, "TAGS", "SPIKE", TOLD_S))
            break;
    }
    viewer_await_field(t, actor.pid, "TAGS", "SPIKE");
    viewer_inspect(t, actor.pid);
    assert_text(t, "Spike");
    process_stop(&actor);
    terminal_send(t, "\033");
    viewer_await_list(t);
    viewer_quit(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_zombies_and_their_parent),
            cmocka_unit_test(test_spike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
