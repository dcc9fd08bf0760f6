// What subcommands print for people fits the terminal: the terminal itself breaks no line.

#include "common/cleanup.h"
#include "common/text.h"
#include "tests/support/expect.h"
#include "tests/support/temporary.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "# mem_total_kb=16000000\ntime_s,pid,start_time,comm,state,rss_kb,anon_kb,swap_kb\n"

// Runs it to its end; what it printed is the terminal's.
static terminal_t *run(const char *const argv[], int cols)
{
    terminal_t *t = terminal_start(&(terminal_options_t){.argv = argv, .rows = 60, .cols = cols});

    assert_int_equal(terminal_wait_exit(t, EXPECT_MS), 0);
    return t;
}

static void assert_fits(const terminal_t *t)
{
    size_t size, len;
    const char *all = terminal_received(t, &size), *end = all + size;

    for (const char *line = all; line < end; line += len + 1) {
        char text[4096];

        len = strcspn(line, "\r\n");
        assert_true(len < sizeof(text));
        snprintf(text, sizeof(text), "%.*s", (int) len, line);
        // A message is one line, whoever reads it.
        if (strncmp(text, "memscope: ", 10) != 0 && text_width(text) > (size_t) terminal_cols(t))
            fail_msg("%d columns: %s", terminal_cols(t), text);
    }
}

static void test_why(void **state)
{
    static const int widths[] = {60, 72, 80, 92, 160};
    const char *const argv[] = {MEMSCOPE_PATH, "why", "--private", NULL};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
        terminal_t *t = run(argv, widths[i]);

        assert_fits(t);
        assert_true(terminal_find(t, "used memory", NULL, NULL));
        assert_true(terminal_find(t, "Peak", NULL, NULL));
        assert_true(terminal_find(t, " Share", NULL, NULL));
        assert_true(terminal_find(t, "Ledger of RAM", NULL, NULL));
        terminal_free(t);
    }
}

static void test_analyze(void **state)
{
    temporary_t dir = temporary_new();
    const char *file = temporary_path(&dir, "trace.csv");
    const char *const argv[] = {MEMSCOPE_PATH, "analyze", file, NULL};
    FILE *f = fopen(file, "we");

    (void) state;
    assert_non_null(f);
    fputs(HEAD, f);
    for (unsigned s = 0; s < 60; s++)
        fprintf(f, "%u,7,0,a name with blanks,S,%u,%u,0\n", s, s < 30 ? 9000 : 900000,
                s < 30 ? 9000 : 900000);
    assert_int_equal(fclose(f), 0);
    for (int cols = 60; cols <= 140; cols += 20) {
        terminal_t *t = run(argv, cols);

        assert_fits(t);
        assert_true(terminal_find(t, "SPIKE", NULL, NULL));
        assert_true(terminal_find(t, "MB on top of", NULL, NULL));
        terminal_free(t);
    }
    temporary_remove(&dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_why),
            cmocka_unit_test(test_analyze),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
