// The simulator beside memscope: what it is known to take is what memscope says.

#include "common/cleanup.h"
#include "tests/support/viewer.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define MB     1024.0
#define TAG_MS 280000 // how long a leak has to last to be one, twice over

// Stopped, its memory stands still: the same for the kernel, for memscope and for the test.
static double stopped_anon_kb(pid_t pid)
{
    kill(pid, SIGSTOP);
    for (int i = 0; i < EXPECT_MS; i++) {
        char path[64], line[256] = "";
        FILE *f;

        snprintf(path, sizeof(path), "/proc/%d/stat", (int) pid);
        f = fopen(path, "re");
        if (f && fgets(line, sizeof(line), f) && strstr(line, ") T "))
            i = EXPECT_MS;
        if (f)
            fclose(f);
        poll(NULL, 0, 1);
    }
    return (double) proc_kb(pid, "smaps_rollup", "Anonymous");
}

static process_t start_leak(const char *start_mb, const char *mb_per_s)
{
    process_t p = process_start((const char *const[]){LEAK_TEST_PATH, start_mb, mb_per_s, NULL});
    char line[64];

    assert_true(process_read_line(&p, line, sizeof(line)));
    return p;
}

static void test_delta_is_the_growth(void **state)
{
    process_t leak = start_leak("500", "10");
    double before = stopped_anon_kb(leak.pid), grown;
    terminal_t *t = viewer_start(60, 160);

    (void) state;
    assert_true(before > 499 * MB);
    viewer_await_kb(t, leak.pid, "RSS", before, before + 5 * MB);
    terminal_send(t, " ");
    viewer_await_kb(t, leak.pid, "DELTA", -0.1 * MB, 0.1 * MB);

    kill(leak.pid, SIGCONT);
    viewer_await_kb(t, leak.pid, "DELTA", 120 * MB, 10000 * MB);
    grown = stopped_anon_kb(leak.pid) - before;
    assert_true(grown >= 119 * MB);
    viewer_await_kb(t, leak.pid, "DELTA", grown - 0.5 * MB, grown + 0.5 * MB);
    viewer_await_kb(t, leak.pid, "RSS", before + grown - MB, before + grown + 5 * MB);
    process_stop(&leak);
    viewer_quit(t);
}

static bool has_leak_tag(const terminal_t *t, void *user)
{
    return strstr(viewer_field(t, viewer_row(t, *(const pid_t *) user), "TAGS"), "LEAK");
}

// The trend's bars: cells of the list's column, compared by their glyphs' height.
static int bar_height(const char *cell)
{
    static const char *const bars[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

    for (size_t i = 0; i < ARRAY_SIZE(bars); i++)
        if (strcmp(cell, bars[i]) == 0)
            return (int) i;
    return 0;
}

static void assert_rising_chart(terminal_t *t)
{
    int row, col, last = 0, columns = 0, rises = 0;

    assert_screen(t, terminal_find(t, "MEMORY TREND", &row, &col));
    for (int c = col; c < terminal_cols(t); c++) {
        int height = 0;

        for (int r = row + 1; r <= row + 7; r++)
            height += bar_height(terminal_cell(t, r, c).text);
        if (height == 0)
            continue;
        columns++;
        rises += height > last;
        assert_screen(t, height + 1 >= last);
        last = height;
    }
    assert_screen(t, columns >= 8 && rises >= 4);
}

static void test_a_leak_is_told(void **state)
{
    process_t leak = start_leak("200", "10");
    terminal_t *t = viewer_start(60, 160);

    (void) state;
    viewer_select(t, leak.pid);
    assert_screen(t, terminal_wait(t, has_leak_tag, &leak.pid, TAG_MS));
    viewer_inspect(t, leak.pid);
    assert_text(t, "MEMORY BREAKDOWN");
    assert_text(t, "smaps_rollup");
    assert_text(t, "Leak ");
    assert_rising_chart(t);

    double anon = stopped_anon_kb(leak.pid);
    viewer_await_labelled(t, "Anon ", anon, 0.001);
    viewer_await_labelled(
            t, "Total RSS:", (double) proc_kb(leak.pid, "smaps_rollup", "Rss"), 0.001);
    viewer_await_labelled(
            t, "Total PSS:", (double) proc_kb(leak.pid, "smaps_rollup", "Pss"), 0.005);
    viewer_await_labelled(t, "Private ",
            (double) (proc_kb(leak.pid, "smaps_rollup", "Private_Clean") +
                      proc_kb(leak.pid, "smaps_rollup", "Private_Dirty")),
            0.005);
    process_stop(&leak);
    terminal_send(t, "\033");
    viewer_await_list(t);
    viewer_quit(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_delta_is_the_growth),
            cmocka_unit_test(test_a_leak_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
