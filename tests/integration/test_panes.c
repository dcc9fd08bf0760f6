// Events, and who took memory, on real screens of several sizes: with keys and mouse, while
// processes start, grow and die.

#include "common/cleanup.h"
#include "tests/support/viewer.h"

#include <stdio.h>
#include <string.h>

#define MOVE_MS 2000
#define OPEN_MS 5000
#define PAGE_MS 1000
#define BIRTHS  3

typedef struct {
    const char *name;
    pid_t pid;
} whom_t;

// The row that has both, -1: none.
static int row_of(const terminal_t *t, const whom_t *w)
{
    char pid[32];

    snprintf(pid, sizeof(pid), " %d ", (int) w->pid);
    for (int row = 2; row < terminal_rows(t) - 1; row++)
        if (strstr(terminal_line(t, row), w->name) && strstr(terminal_line(t, row), pid))
            return row;
    return -1;
}

static bool is_told(const terminal_t *t, void *user)
{
    return row_of(t, user) >= 0;
}

static bool is_marked(const terminal_t *t, void *user)
{
    int row = row_of(t, user);

    return row >= 0 && terminal_cell(t, row, 0).reverse;
}

static int marked_row(const terminal_t *t)
{
    for (int row = 2; row < terminal_rows(t) - 1; row++)
        if (terminal_cell(t, row, 0).reverse)
            return row;
    return -1;
}

static bool has_moved(const terminal_t *t, void *user)
{
    return marked_row(t) != *(const int *) user;
}

static void click(terminal_t *t, int row, int col)
{
    char keys[64];

    snprintf(
            keys, sizeof(keys), "\033[<0;%d;%dM\033[<0;%d;%dm", col + 1, row + 1, col + 1, row + 1);
    terminal_send(t, keys);
}

// What else happens on the host may push the line off the page, by many pages: it is looked for on
// more and more of them.
static bool seek_line(terminal_t *t, whom_t *w, unsigned seconds)
{
    unsigned pages = 4, page = 0;

    for (unsigned i = 0; i < seconds; i++) {
        if (terminal_wait(t, is_told, w, PAGE_MS))
            return true;
        if (page++ < pages) {
            terminal_send(t, "\033[6~");
        } else {
            terminal_send(t, "\033OH");
            pages *= 2;
            page = 0;
        }
    }
    return false;
}

static void await_line(terminal_t *t, whom_t *w)
{
    assert_screen(t, seek_line(t, w, 3 * EXPECT_MS / 1000));
}

// Somebody whose growth is an event. One that is not seen within seconds of its birth is watched
// for a while before it is judged: then another one is born.
static process_t start_grower(terminal_t *t, whom_t *w)
{
    process_t actor = {0};

    for (int i = 0; i < BIRTHS; i++) {
        process_stop(&actor);
        actor = actor_start();
        w->pid = actor.pid;
        actor_do(&actor, "name %s", w->name);
        actor_do(&actor, "anon 400");
        if (seek_line(t, w, EXPECT_MS / 1000))
            return actor;
    }
    await_line(t, w);
    return actor;
}

// Opens whom a line is about, which moves as others come: until it is the right one.
static void open_line(terminal_t *t, whom_t *w, bool mouse)
{
    char title[64];

    snprintf(title, sizeof(title), "(PID %d)", (int) w->pid);
    for (int i = 0; i < 20; i++) {
        await_line(t, w);
        for (int k = 0; k < 400 && !is_marked(t, w) && row_of(t, w) >= 0; k++) {
            int marked = marked_row(t);

            if (mouse)
                click(t, row_of(t, w), 12);
            else
                terminal_send(t, marked < row_of(t, w) ? "j" : "k");
            terminal_wait(t, has_moved, &marked, MOVE_MS);
        }
        if (mouse && row_of(t, w) >= 0)
            click(t, row_of(t, w), 12);
        else
            terminal_send(t, "\r");
        if (terminal_wait_text(t, title, OPEN_MS))
            return;
        if (terminal_find(t, "INSPECT: ", NULL, NULL))
            terminal_send(t, "\033");
        terminal_send(t, "\033OH");
    }
    assert_text(t, title);
}

// Every line is as wide as the screen at most, and the rule exactly.
static void assert_aligned(const terminal_t *t)
{
    terminal_cell_t rule = terminal_cell(t, 1, 0);

    assert_screen(t, strcmp(rule.text, " ") != 0);
    for (int col = 0; col < terminal_cols(t); col++)
        assert_screen(t, strcmp(terminal_cell(t, 1, col).text, rule.text) == 0);
}

static long available_mb(void)
{
    char line[128];
    long kb = 0;
    _cleanup_fclose_ FILE *f = fopen("/proc/meminfo", "re");

    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, "MemAvailable: %ld", &kb) == 1)
            break;
    return kb / 1024;
}

// What else has grown on the host may hide it, or have begun later: it goes on until it matters
// more than anything else.
static void await_reason(terminal_t *t, whom_t *w, process_t *actor)
{
    for (long i = 0, mb = 100; i < 10 && !terminal_wait(t, is_told, w, 6000); i++, mb *= 2) {
        actor_do(actor, "anon %ld", MIN(mb, MAX(100, available_mb() / 8)));
        terminal_send(t, i % 2 ? "\033OH" : "\033[6~");
    }
    assert_waited(t, is_told, w);
}

static void test_panes_at(int rows, int cols)
{
    process_t actor, others = actor_start();
    whom_t whom = {.name = "panes"};
    terminal_t *t = viewer_start(rows, cols);

    terminal_send(t, "e");
    assert_text(t, "EVENTS");
    actor_do(&others, "children 30");
    actor = start_grower(t, &whom);
    assert_aligned(t);
    open_line(t, &whom, false);
    assert_text(t, "INSPECT: panes");
    terminal_send(t, "\033");
    assert_text(t, "EVENTS");
    actor_do(&others, "reap");

    // Growth, by key; then what is left of one who has died, by mouse.
    terminal_send(t, "w");
    assert_text(t, "WHY memory changed");
    await_reason(t, &whom, &actor);
    assert_aligned(t);
    open_line(t, &whom, false);
    assert_text(t, "INSPECT: panes");
    process_stop(&actor);
    assert_text(t, "EXITED");
    terminal_send(t, "\033");
    assert_text(t, "WHY memory changed");
    terminal_send(t, "+-");
    terminal_send(t, "e");
    assert_text(t, "EVENTS");
    assert_text(t, "exit");
    open_line(t, &whom, true);
    terminal_send(t, "\033");
    assert_text(t, "EVENTS");
    terminal_send(t, "\033");
    viewer_await_list(t);
    process_stop(&others);
    viewer_quit(t);
}

static void test_panes_80x24(void **state)
{
    (void) state;
    test_panes_at(24, 80);
}

static void test_panes_160x50(void **state)
{
    (void) state;
    test_panes_at(50, 160);
}

static void test_panes_60x15(void **state)
{
    (void) state;
    test_panes_at(15, 60);
}

static void test_panes_300x100(void **state)
{
    (void) state;
    test_panes_at(100, 300);
}

// A group's members and their sum, followed while one grows.
static void test_members(void **state)
{
    process_t actors[] = {actor_start(), actor_start()};
    terminal_t *t;

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(actors); i++) {
        actor_do(&actors[i], "name crowdish");
        actor_do(&actors[i], "anon 150");
    }
    t = viewer_start(40, 120);
    terminal_send(t, "fcrowdish\r");
    assert_text(t, "FILTER: crowdish");
    terminal_send(t, "g\r");
    assert_text(t, "NAME = crowdish: together");
    viewer_await_labelled(t, "Anon ", 300 * 1024, 0.02);
    actor_do(&actors[1], "anon 100");
    viewer_await_labelled(t, "Anon ", 400 * 1024, 0.02);
    process_stop(&actors[1]);
    viewer_await_labelled(t, "Anon ", 150 * 1024, 0.02);
    process_stop(&actors[0]);
    assert_text(t, "ESC shows all");
    terminal_send(t, "\033");
    assert_text(t, "ESC goes back");
    terminal_send(t, "\033");
    assert_text(t, "BY NAME");
    terminal_send(t, "ggg");
    viewer_await_list(t);
    viewer_quit(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_panes_80x24),
            cmocka_unit_test(test_panes_160x50),
            cmocka_unit_test(test_panes_60x15),
            cmocka_unit_test(test_panes_300x100),
            cmocka_unit_test(test_members),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
