// The list on a real screen: what it shows of processes that are known, and what keys do.

#include "common/cleanup.h"
#include "tests/support/viewer.h"

#include <ctype.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define MB 1024.0

// High enough for the actors to be on the first page of a busy host.
static terminal_t *start(void)
{
    return viewer_start(60, 120);
}

// An actor that stands out by its size.
static process_t start_actor(const char *name, unsigned mb)
{
    process_t actor = actor_start();

    actor_do(&actor, "name %s", name);
    actor_do(&actor, "anon %u", mb);
    return actor;
}

static void test_starts_private(void **state)
{
    process_t actor = start_actor("ms-first", 100);
    terminal_t *t = viewer_start(24, 80);

    (void) state;
    assert_text(t, "private");
    assert_text(t, "MEMSCOPE [SORT: MEM]");
    assert_text(t, "RAM [");
    assert_gone(t, "waiting for");

    double rss = (double) proc_kb(actor.pid, "status", "VmRSS");
    viewer_await_kb(t, actor.pid, "RSS", 0.99 * rss, 1.01 * rss);
    viewer_await_field(t, actor.pid, "NAME", "ms-first");
    viewer_await_field(t, actor.pid, "CPU%", "0.0%");
    process_stop(&actor);
    viewer_quit(t);
}

static void test_memory_taken_and_given_back(void **state)
{
    process_t actor = start_actor("ms-taker", 100);
    terminal_t *t = start();

    (void) state;
    viewer_await_kb(t, actor.pid, "DELTA", -1 * MB, 1 * MB);
    actor_do(&actor, "anon 300");
    viewer_await_kb(t, actor.pid, "DELTA", 299 * MB, 301 * MB);
    viewer_await_kb(t, actor.pid, "RSS", 399 * MB, 405 * MB);
    actor_do(&actor, "free");
    viewer_await_kb(t, actor.pid, "DELTA", -101 * MB, -99 * MB);
    process_stop(&actor);
    viewer_quit(t);
}

static void test_space_resets_delta_only(void **state)
{
    process_t actor = start_actor("ms-taker", 100);
    terminal_t *t = start();

    (void) state;
    viewer_await_kb(t, actor.pid, "DELTA", -1 * MB, 1 * MB);
    actor_do(&actor, "anon 200");
    viewer_await_kb(t, actor.pid, "DELTA", 199 * MB, 201 * MB);
    terminal_send(t, " ");
    viewer_await_kb(t, actor.pid, "DELTA", -1 * MB, 1 * MB);
    viewer_await_kb(t, actor.pid, "RSS", 299 * MB, 305 * MB);

    actor_do(&actor, "anon 100");
    viewer_await_kb(t, actor.pid, "DELTA", 99 * MB, 101 * MB);
    viewer_await_kb(t, actor.pid, "RSS", 399 * MB, 405 * MB);
    process_stop(&actor);
    viewer_quit(t);
}

static bool is_above(const terminal_t *t, void *user)
{
    const pid_t *pids = user;
    int upper = viewer_row(t, pids[0]), lower = viewer_row(t, pids[1]);

    return upper >= 0 && lower > upper && viewer_is_selected(t, pids[1]);
}

static void test_selection_follows_the_process(void **state)
{
    process_t still = start_actor("ms-pair-still", 200), riser = start_actor("ms-pair-riser", 150);
    pid_t pids[] = {riser.pid, still.pid};
    terminal_t *t = start();

    (void) state;
    // Where a search has scrolled to may begin with the one, and be left by the other as it rises.
    terminal_send(t, "fms-pair\r");
    assert_text(t, "FILTER: ms-pair");
    viewer_select(t, still.pid);
    actor_do(&riser, "anon 250");
    assert_waited(t, is_above, pids);
    viewer_await_kb(t, riser.pid, "RSS", 399 * MB, 405 * MB);

    // What is shown as selected is what Enter opens, whatever happens in the meantime.
    actor_do(&riser, "free");
    terminal_send(t, "\r");
    assert_text(t, "ms-pair-still (PID ");
    terminal_send(t, "\033");
    viewer_await_list(t);
    viewer_await_selected(t, still.pid);
    process_stop(&still);
    process_stop(&riser);
    viewer_quit(t);
}

// A name is at most 15 bytes, in which a process can claim to be a lot of things.
static void test_hostile_names(void **state)
{
    static const struct {
        const char *given, *shown;
    } names[] = {
            {"VmRSS: 99999999", "VmRSS: 99999999"},
            {"a) R 1 1", "a) R 1 1"},
            {"\\x1b[2J\\x1b[31mred", NULL},
            {"\\xff\\xfe\\xc3bad", NULL},
            {"\\x9b31mcsi", NULL},
            {"two\\x0alines", NULL},
            {"   9 MB", NULL},
    };
    process_t actors[ARRAY_SIZE(names)];
    terminal_t *t;

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        actors[i] = start_actor(names[i].given, 110 + 10 * (unsigned) i);
    }
    t = start();
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        double kb = (110 + 10 * (double) i) * MB;

        viewer_await_kb(t, actors[i].pid, "RSS", kb - MB, kb + 5 * MB);
        viewer_await_kb(t, actors[i].pid, "DELTA", -1 * MB, 1 * MB);
        if (names[i].shown)
            viewer_await_field(t, actors[i].pid, "NAME", names[i].shown);
        assert_screen(t, terminal_cell(t, viewer_row(t, actors[i].pid), 9).fg == -1);
    }
    assert_screen(t, terminal_is_alternate(t));
    assert_int_equal(terminal_stray(t), 0);
    viewer_quit(t);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        process_stop(&actors[i]);
}

static bool is_sorted_by_pid(const terminal_t *t, void *user)
{
    long last = 0;

    (void) user;
    for (int row = viewer_titles(t) + 2; row < terminal_rows(t) - 1; row++) {
        const char *line = terminal_line(t, row);
        long pid = strtol(line, NULL, 10);

        if (line[0] == '\0')
            break;
        if (pid <= last)
            return false;
        last = pid;
    }
    return last > 0;
}

static void test_sorting_and_grouping(void **state)
{
    process_t actor = start_actor("ms-herd", 150);
    terminal_t *t;

    (void) state;
    actor_do(&actor, "children 5");
    t = start();
    terminal_send(t, "p");
    assert_text(t, "[SORT: PID");
    assert_waited(t, is_sorted_by_pid, NULL);
    terminal_send(t, "c");
    assert_text(t, "[SORT: CPU");
    terminal_send(t, "d");
    assert_text(t, "[SORT: DELTA");
    terminal_send(t, "m");
    assert_text(t, "[SORT: MEM");

    terminal_send(t, "g");
    assert_text(t, "PROCS NAME");
    assert_text(t, "    6 ms-herd");
    terminal_send(t, "g");
    assert_text(t, "PROCS USER");
    terminal_send(t, "g");
    assert_text(t, "PROCS UNIT");
    terminal_send(t, "g");
    viewer_await_list(t);

    // The children give way together: the group goes with them.
    actor_do(&actor, "reap");
    terminal_send(t, "g");
    assert_text(t, "    1 ms-herd");
    process_stop(&actor);
    assert_gone(t, "ms-herd");
    viewer_quit(t);
}

static void test_help(void **state)
{
    terminal_t *t = viewer_start(50, 120);

    (void) state;
    terminal_send(t, "?");
    assert_text(t, "reset the baseline");
    assert_text(t, "quit");
    terminal_send(t, "\033");
    viewer_await_list(t);
    viewer_quit(t);
}

static void test_command_lines(void **state)
{
    process_t p = process_start((const char *const[]){
            "bash", "-c", "exec -a ms-command \"$0\" --option", ACTOR_PATH, NULL});
    terminal_t *t = viewer_start(60, 160);

    (void) state;
    actor_do(&p, "anon 150");
    viewer_await_field(t, p.pid, "NAME", "actor");
    terminal_send(t, "n");
    assert_text(t, "COMMAND");
    viewer_await_field(t, p.pid, "COMMAND", "ms-command --option");
    terminal_send(t, "n");
    viewer_await_field(t, p.pid, "NAME", "actor");
    process_stop(&p);
    viewer_quit(t);
}

#define PAUSE_MS 1000

static bool shows_help(const terminal_t *t, void *user)
{
    (void) user;
    return terminal_find(t, "KEYS", NULL, NULL);
}

// No line of it ends anybody, quits or is lost on the way.
static void test_a_paste(void **state)
{
    process_t victim = start_actor("ms-victim", 120);
    terminal_t *t = start();
    const char *bytes;
    size_t size;

    (void) state;
    bytes = terminal_received(t, &size);
    assert_non_null(memmem(bytes, size, "\033[?2004h", 8)); // the terminal was asked to tell
    viewer_select(t, victim.pid);
    terminal_send(t, "\033[200~KTERM\rq\033[201~");
    assert_text(t, "what is pasted are no keys: / and f open a prompt for it");
    assert_true(proc_is_running(victim.pid));
    terminal_send(t, "f\033[200~ms-\r\nvict\tim\033[201~");
    assert_text(t, "Filter: ms-victim_");
    terminal_send(t, "\r");
    viewer_await_field(t, victim.pid, "NAME", "ms-victim");
    // One whose end was lost is over after a while.
    terminal_send(t, "\033[200~lost");
    assert_text(t, "what is pasted are no keys");
    do
        terminal_send(t, "?");
    while (!terminal_wait(t, shows_help, NULL, PAUSE_MS));
    terminal_send(t, "\033");
    process_stop(&victim);
    viewer_quit(t);
}

static void test_a_signal(void **state)
{
    process_t victim = start_actor("ms-victim", 120), other = start_actor("ms-other", 110);
    terminal_t *t = start();

    (void) state;
    viewer_select(t, victim.pid);
    terminal_send(t, "K");
    assert_text(t, "Signal to ms-victim (PID ");
    terminal_send(t, "\r");
    assert_text(t, "nothing was sent");
    terminal_send(t, "KTERM\r");
    assert_text(t, "TERM was sent to ms-victim (PID ");
    assert_true(proc_wait_ended(victim.pid, EXPECT_MS));
    assert_true(proc_is_running(other.pid));
    process_stop(&victim);
    process_stop(&other);
    viewer_quit(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_starts_private),
            cmocka_unit_test(test_memory_taken_and_given_back),
            cmocka_unit_test(test_space_resets_delta_only),
            cmocka_unit_test(test_selection_follows_the_process),
            cmocka_unit_test(test_hostile_names),
            cmocka_unit_test(test_sorting_and_grouping),
            cmocka_unit_test(test_help),
            cmocka_unit_test(test_command_lines),
            cmocka_unit_test(test_a_paste),
            cmocka_unit_test(test_a_signal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
