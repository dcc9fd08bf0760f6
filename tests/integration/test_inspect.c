// The inspection of one process against what the kernel says of it.

#include "common/cleanup.h"
#include "tests/support/viewer.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MB 1024.0

static double rollup_kb(pid_t pid, const char *field)
{
    return (double) proc_kb(pid, "smaps_rollup", field);
}

static void test_figures_are_the_kernels(void **state)
{
    process_t actor = actor_start();
    terminal_t *t;

    (void) state;
    actor_do(&actor, "anon 160");
    t = viewer_start(40, 120);
    viewer_inspect(t, actor.pid);
    assert_text(t, "INSPECT: actor");
    assert_text(t, "Source: smaps_rollup");
    for (int i = 0; i < 2; i++) {
        viewer_await_labelled(t, "Total RSS:", rollup_kb(actor.pid, "Rss"), 0.001);
        viewer_await_labelled(t, "Total PSS:", rollup_kb(actor.pid, "Pss"), 0.005);
        viewer_await_labelled(t, "Anon ", rollup_kb(actor.pid, "Anonymous"), 0.001);
        viewer_await_labelled(t, "Private ",
                rollup_kb(actor.pid, "Private_Clean") + rollup_kb(actor.pid, "Private_Dirty"),
                0.005);
        viewer_await_labelled(t, "Current:", rollup_kb(actor.pid, "Rss"), 0.05);
        actor_do(&actor, "anon 100");
    }
    process_stop(&actor);
    terminal_send(t, "\033");
    viewer_await_list(t);
    viewer_quit(t);
}

static void test_one_that_exits(void **state)
{
    process_t actor = actor_start();
    terminal_t *t;

    (void) state;
    actor_do(&actor, "anon 160");
    t = viewer_start(40, 120);
    viewer_inspect(t, actor.pid);
    assert_text(t, "Source: smaps_rollup");
    double last = rollup_kb(actor.pid, "Rss");

    process_stop(&actor);
    assert_text(t, "EXITED");
    assert_text(t, "these are its last figures");
    viewer_await_labelled(t, "Total RSS:", last, 0.001);
    assert_text(t, "INSPECT: actor");
    terminal_send(t, "\033");
    viewer_await_list(t);
    assert_screen(t, viewer_row(t, actor.pid) < 0);
    viewer_quit(t);
}

static bool is_kernel_thread(pid_t pid)
{
    return proc_kb(pid, "status", "VmSize") < 0 && proc_is_running(pid);
}

static void test_kernel_thread(void **state)
{
    // kthreadd, where the PID namespace is the host's.
    const pid_t kthreadd = 2;

    (void) state;
    if (!is_kernel_thread(kthreadd))
        skip_because("no threads of the kernel are seen here");

    terminal_t *t = viewer_start(40, 120);
    terminal_send(t, "p");
    assert_text(t, "[SORT: PID");
    viewer_await_field(t, kthreadd, "RSS", "-");
    viewer_inspect(t, kthreadd);
    assert_text(t, "kernel thread");
    assert_screen(t, !terminal_find(t, "Total RSS: 0", NULL, NULL));
    terminal_send(t, "\033");
    viewer_await_list(t);
    viewer_quit(t);
}

static void test_fast_in_and_out(void **state)
{
    process_t actor = actor_start();
    terminal_t *t;

    (void) state;
    actor_do(&actor, "anon 160");
    t = viewer_start(24, 80);
    viewer_select(t, actor.pid);
    for (int i = 0; i < 20; i++) {
        terminal_send(t, "\r");
        assert_text(t, "INSPECT: actor");
        terminal_send(t, "\033");
        viewer_await_list(t);
        viewer_await_selected(t, actor.pid);
    }
    process_stop(&actor);
    viewer_quit(t);
}

static void test_space_in_inspection(void **state)
{
    process_t actor = actor_start();
    terminal_t *t;

    (void) state;
    actor_do(&actor, "anon 160");
    t = viewer_start(40, 120);
    viewer_await_kb(t, actor.pid, "DELTA", -1 * MB, 1 * MB);
    viewer_inspect(t, actor.pid);
    actor_do(&actor, "anon 100");
    viewer_await_labelled(t, "Total RSS:", rollup_kb(actor.pid, "Rss"), 0.001);
    assert_text(t, "+100.0");
    terminal_send(t, " ");
    assert_text(t, "+0.00 MB");
    terminal_send(t, "\033");
    viewer_await_list(t);
    viewer_await_kb(t, actor.pid, "DELTA", -1 * MB, 1 * MB);
    process_stop(&actor);
    viewer_quit(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_figures_are_the_kernels),
            cmocka_unit_test(test_one_that_exits),
            cmocka_unit_test(test_kernel_thread),
            cmocka_unit_test(test_fast_in_and_out),
            cmocka_unit_test(test_space_in_inspection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
