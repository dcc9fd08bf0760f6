// Thousands of processes: each has its row, in its place.

#include "common/cleanup.h"
#include "tests/support/viewer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHILDREN   5000
#define PIDS_MAX   (1 << 22)
#define PASSES_MAX 5

static bool is_at_end(const terminal_t *t, void *user)
{
    long at, of;

    return viewer_position(t, &at, &of) && at == of && of > *(const long *) user;
}

static bool has_fewer(const terminal_t *t, void *user)
{
    long at, of;

    return viewer_position(t, &at, &of) && of < *(const long *) user;
}

static bool is_before(const terminal_t *t, void *user)
{
    long at, of;

    return viewer_position(t, &at, &of) && at < *(const long *) user;
}

// The foot is drawn last: when it has the new place, the page above it is the new one.
static bool is_further(const terminal_t *t, void *user)
{
    long at, of;

    return viewer_position(t, &at, &of) && at > *(const long *) user;
}

static void collect_page(const terminal_t *t, unsigned char *seen)
{
    long last = 0;

    for (int row = viewer_titles(t) + 2; row < terminal_rows(t) - 1; row++) {
        long pid = strtol(terminal_line(t, row), NULL, 10);

        if (pid == 0 && row == terminal_rows(t) - 2)
            break; // kept for the receipt of the selected row
        assert_screen(t, pid > last && pid < PIDS_MAX);
        seen[pid] = 1;
        last = pid;
    }
}

static long missing_children(pid_t parent, const unsigned char *seen)
{
    _cleanup_closedir_ DIR *dir = opendir("/proc");
    struct dirent *entry;
    long missing = 0;

    while (dir && (entry = readdir(dir))) {
        long pid = strtol(entry->d_name, NULL, 10);

        if (pid > 0 && pid < PIDS_MAX && proc_parent((pid_t) pid) == parent)
            missing += !seen[pid];
    }
    return missing;
}

// One way through the list; returns how many rows there were.
static long collect_all(terminal_t *t, unsigned char *seen)
{
    long at = 0, of;

    terminal_send(t, "\033OH");
    assert_waited(t, is_before, &(long){2});
    do {
        assert_waited(t, is_further, &at);
        assert_true(viewer_position(t, &at, &of));
        collect_page(t, seen);
        terminal_send(t, "\033[6~");
    } while (at < of);
    return of;
}

static void test_every_row_is_reachable(void **state)
{
    process_t actor = actor_start();
    _cleanup_free_ unsigned char *seen = calloc(PIDS_MAX, 1);
    long missing = CHILDREN, rows = 0;

    (void) state;
    assert_non_null(seen);
    if (actor_do(&actor, "children %d", CHILDREN) < 0) {
        process_stop(&actor);
        skip_because("no user may have %d processes here", CHILDREN);
    }

    terminal_t *t = viewer_start(60, 120);
    terminal_send(t, "\033OF");
    assert_waited(t, is_at_end, &(long){CHILDREN});
    terminal_send(t, "p");
    assert_text(t, "[SORT: PID");
    // Other processes that end between two pages, the selected one among them, move some rows
    // out of the way of one pass.
    for (int pass = 0; pass < PASSES_MAX && missing > 0; pass++) {
        rows = collect_all(t, seen);
        missing = missing_children(actor.pid, seen);
    }
    assert_int_equal(missing, 0);

    // They all go at once, and the list with them.
    process_stop(&actor);
    assert_waited(t, has_fewer, &(long){rows - CHILDREN * 9 / 10});
    viewer_quit(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_every_row_is_reachable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
