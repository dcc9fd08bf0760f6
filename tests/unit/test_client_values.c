// What the columns of the list say: figures, what is unknown, names of all kinds, and the past.

#include "protocol/cursor.h"
#include "tests/support/cmocka.h"
#include "tests/support/stage.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROW 4 // head and headings above it

// ---- Values ------------------------------------------------------------------------------------

static void space_resets_delta_alone(void **state)
{
    process_snapshot_t *p;
    const char *row;
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    p = stage_find(&s, 10);
    PROCESS_SET(p, baseline_kb, p->anon_kb - 12595);
    PROCESS_SET(p, cpu_permille, 21);
    stage_run(&s, 1);
    row = stage_row(&s, FIRST_ROW);
    assert_non_null(strstr(row, "+12.30 MB"));
    assert_non_null(strstr(row, "2.1%"));
    stage_keys(&s, " ");
    row = stage_row(&s, FIRST_ROW);
    assert_null(strstr(row, "+12.30 MB"));
    assert_non_null(strstr(row, "+0.00 MB"));
    assert_non_null(strstr(row, "2.1%"));
    p = stage_find(&s, 10);
    p->anon_kb += 1024;
    PROCESS_SET(p, swap_kb, 1024);
    PROCESS_SET(p, file_kb, p->file_kb + 5000); // no private memory
    stage_run(&s, 1);
    assert_in_row(&s, FIRST_ROW, "+2.00 MB");
    stage_done(&s);
}

static void one_born_after_space_has_its_own_baseline(void **state)
{
    process_snapshot_t *p;
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    stage_keys(&s, " ");
    p = stage_add(&s, 60, "late", 3072);
    PROCESS_SET(p, baseline_kb, 1024);
    stage_run(&s, 1);
    assert_in_row(&s, stage_find_row(&s, "late"), "+2.00 MB");
    stage_done(&s);
}

static void baselines_outlast_a_reconnect(void **state)
{
    hello_message_t hello = {0};
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    stage_keys(&s, " ");
    app_link(s.app, LINK_RECONNECTING, "gone", NULL);
    stage_draw(&s);
    assert_in_row(&s, 0, "reconnecting");
    assert_int_equal(stage_find_row(&s, "gone"), 23);
    app_link(s.app, LINK_LIVE, "", &hello);
    stage_find(&s, 10)->anon_kb += 1024;
    stage_find(&s, 10)->baseline_kb = 1; // another daemon saw it at another time
    stage_run(&s, 1);
    assert_in_row(&s, FIRST_ROW, "+1.00 MB");
    stage_done(&s);
}

static void rate_is_growth_per_minute(void **state)
{
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    stage_resize(&s, 24, 200);
    for (int i = 0; i < 60; i++) {
        stage_find(&s, 10)->anon_kb += 1024;
        stage_run(&s, 1);
    }
    assert_in_row(&s, FIRST_ROW, " +60M ");
    assert_in_row(&s, FIRST_ROW, "█");
    stage_done(&s);
}

static void the_unknown_is_a_dash(void **state)
{
    process_snapshot_t *p;
    const char *row;
    stage_t s;

    (void) state;
    stage_init(&s, true, 24, 200);
    p = stage_add(&s, 77, "hidden", 1000);
    memset(p, 0, sizeof(*p));
    PROCESS_SET(p, pid, 77);
    PROCESS_SET(p, start_time, 77);
    PROCESS_SET(p, name, stage_string(&s, "hidden", 6));
    stage_run(&s, 10);
    row = strstr(stage_row(&s, FIRST_ROW), "hidden") + strlen("hidden");
    assert_int_equal(strcspn(row, "0123456789"), strlen(row));
    for (int i = 0; i < 10; i++) { // S RSS PSS SWAP CPU THR IO-R IO-W DELTA RATE
        row = strchr(row, '-');
        assert_non_null(row);
        row++;
    }
    stage_done(&s);
}

// Not unknown: it has none.
static void a_zombie_has_no_memory(void **state)
{
    process_snapshot_t *p;
    stage_t s;

    (void) state;
    stage_init(&s, true, 24, 120);
    p = stage_add(&s, 77, "dead", 0);
    PROCESS_SET(p, file_kb, 0);
    PROCESS_SET(p, state, 'Z');
    stage_run(&s, 1);
    assert_in_row(&s, FIRST_ROW, " 0 kB       0 kB ");
    stage_done(&s);
}

static void an_estimate_says_so(void **state)
{
    process_snapshot_t *p;
    stage_t s;

    (void) state;
    stage_init(&s, true, 24, 120);
    p = stage_add(&s, 5, "old", 100 * 1024);
    PROCESS_SET(p, file_kb, 0);
    PROCESS_SET(p, pss_kb, 50 * 1024);
    PROCESS_SET(p, pss_rss_kb, 100 * 1024);
    PROCESS_SET(p, pss_time_ms, s.snapshot.system.mono_ms);
    stage_run(&s, 1);
    assert_in_row(&s, FIRST_ROW, " 50.0 MB");
    p->anon_kb *= 2;
    stage_run(&s, 1);
    assert_in_row(&s, FIRST_ROW, "~150.0 MB");
    stage_done(&s);
}

// ---- Hostile names -----------------------------------------------------------------------------

static void names_are_only_text(void **state)
{
    static const char *const names[] = {"VmRSS: 99999999", "a) R 1 1", "\x1b[31mred", "a\nb\tc",
            "\xff\xfe\x80",
            "\xe2\x80\xae"
            "desrever",
            "\xc2\x9b"
            "2J",
            "漢字", "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81", "\xcc\x81lone"};
    stage_t s;
    int column;

    (void) state;
    stage_init(&s, true, 24, 80);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        stage_add(&s, 10 + i, names[i], 4096);
    stage_run(&s, 1);
    column = stage_column(&s, FIRST_ROW, "8.0 MB");
    assert_true(column > 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        int row = FIRST_ROW + (int) i;

        assert_int_equal(stage_pid(&s, row), 10 + i);
        assert_int_equal(stage_column(&s, row, "8.0 MB"), column);
        for (int col = 0; col < s.grid->cols; col++) {
            const cell_t *cell = &grid_row(s.grid, row)[col];

            for (int k = 0; k <= GRID_COMBINING; k++)
                assert_true(cell->text[k] == 0 || cell->text[k] >= 0x20);
            assert_true(cell->text[0] < 0x7f || cell->text[0] >= 0xa0);
            assert_int_not_equal(cell->text[0], 0x202e);
        }
    }
    assert_in_row(&s, FIRST_ROW, "VmRSS: 99999999");
    assert_in_row(&s, FIRST_ROW + 1, "a) R 1 1");
    assert_in_row(&s, FIRST_ROW + 2, "?[31mred");
    assert_in_row(&s, FIRST_ROW + 3, "a?b?c");
    stage_done(&s);
}

// Blanks of all kinds, and nothing at all: there is something to see and to point at.
static void a_name_of_which_nothing_is_seen_is_quoted(void **state)
{
    static const struct {
        const char *name, *shown;
    } cases[] = {{"   ", " '   ' "}, {"", " '' "}, {"\xe3\x80\x80", " '\xe3\x80\x80"},
            {"\xe2\xa0\x80\xc2\xa0", " '\xe2\xa0\x80\xc2\xa0' "}, {" a", "  a "}, {"-", " - "}};
    process_snapshot_t *p;
    stage_t s;

    (void) state;
    stage_init(&s, true, 24, 80);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        stage_add(&s, 10 + i, cases[i].name, 4096);
    p = stage_add(&s, 90, "unknown", 4096);
    PROCESS_UNSET(p, name);
    stage_run(&s, 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_in_row(&s, FIRST_ROW + (int) i, cases[i].shown);
    assert_int_equal(stage_pid(&s, stage_find_row(&s, " - ")), 15);
    stage_keys(&s, "n");
    assert_in_row(&s, FIRST_ROW, " ['   '] ");
    stage_keys(&s, "ng");
    assert_shown(&s, " '   ' ");
    assert_shown(&s, " '' ");
    stage_keys(&s, "ggg\r");
    assert_shown(&s, "INSPECT: '   ' (PID 10)");
    stage_done(&s);
}

static void a_command_line_is_only_text(void **state)
{
    static const char command[] = "/bin/x\0--evil=\x1b]0;title\a\0\n";
    process_snapshot_t *p;
    stage_t s;

    (void) state;
    stage_init(&s, true, 24, 120);
    p = stage_add(&s, 10, "x", 4096);
    PROCESS_SET(p, cmdline, stage_string(&s, command, sizeof(command) - 1));
    stage_run(&s, 1);
    stage_keys(&s, "n");
    assert_in_row(&s, FIRST_ROW, "/bin/x --evil=?]0;title? ?");
    assert_int_equal(stage_find_row(&s, "COMMAND"), 2);
    stage_done(&s);
}

// ---- The past ----------------------------------------------------------------------------------

static void answer_past(stage_t *s, unsigned request, uint64_t pid, const buffer_t *points)
{
    message_t m = {0};

    MESSAGE_SET(&m.history, request, request);
    MESSAGE_SET(&m.history, pid, pid);
    MESSAGE_SET(&m.history, start_time, pid);
    MESSAGE_SET(&m.history, step_ms, TRACK_STEP_MS);
    MESSAGE_SET(&m.history, end_ms, s->snapshot.system.mono_ms);
    MESSAGE_SET(&m.history, count, 7);
    MESSAGE_SET_TEXT(&m.history, points, (const char *) points->data, points->len);
    app_message(s->app, MESSAGE_HISTORY, &m);
}

static void a_trend_begins_before_the_viewer_came(void **state)
{
    buffer_t points = {0};
    stage_t s;

    (void) state;
    stage_init(&s, true, 24, 160);
    stage_add(&s, 10, "grows", 60 * 1024);
    stage_run(&s, 1);
    assert_int_equal(s.past_requests, 1);
    assert_int_equal(s.past_pid, 10);
    for (int i = 0; i < 7; i++) {
        buffer_put_varint(&points, 1 << 1);
        buffer_put_zigzag(&points, i ? 8 * 1024 : 12 * 1024);
        buffer_put_zigzag(&points, i ? 8 * 1024 : 12 * 1024);
    }
    answer_past(&s, 1000, 10, &points);
    stage_draw(&s);
    assert_shown(&s, "▁▂▃▅▆▇█");
    stage_run(&s, 1);
    assert_in_row(&s, stage_find_row(&s, "grows"), "+47M");
    assert_int_equal(s.past_requests, 1);
    buffer_done(&points);
    stage_done(&s);
}

static void few_pasts_are_asked_for_at_a_time(void **state)
{
    static unsigned char bytes[] = {0xff, 0xff};
    static const buffer_t nonsense = {.data = bytes, .len = sizeof(bytes)};
    message_t refused = {0};
    stage_t s;

    (void) state;
    stage_init(&s, true, 24, 160);
    for (uint64_t pid = 1; pid <= 100; pid++)
        stage_add(&s, pid, "many", 100000 - pid);
    stage_run(&s, 1);
    assert_int_equal(s.past_requests, UI_PASTS_MAX);
    stage_run(&s, 1);
    assert_int_equal(s.past_requests, UI_PASTS_MAX);
    // Each answer of whatever kind makes room for another.
    answer_past(&s, 1000, 1, &nonsense);
    MESSAGE_SET(&refused.error, request, 1001);
    app_message(s.app, MESSAGE_ERROR, &refused);
    answer_past(&s, 1001, 2, &nonsense); // not awaited any more
    assert_int_equal(s.past_requests, UI_PASTS_MAX + 2);
    for (unsigned i = 2; i < 100; i++)
        answer_past(&s, 1000 + i, 1 + i, &nonsense);
    stage_run(&s, 1);
    // Only what is in sight.
    assert_int_equal(s.past_requests, s.app->list.page);
    stage_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(space_resets_delta_alone),
            cmocka_unit_test(one_born_after_space_has_its_own_baseline),
            cmocka_unit_test(baselines_outlast_a_reconnect),
            cmocka_unit_test(rate_is_growth_per_minute),
            cmocka_unit_test(a_trend_begins_before_the_viewer_came),
            cmocka_unit_test(few_pasts_are_asked_for_at_a_time),
            cmocka_unit_test(the_unknown_is_a_dash),
            cmocka_unit_test(a_zombie_has_no_memory),
            cmocka_unit_test(an_estimate_says_so),
            cmocka_unit_test(names_are_only_text),
            cmocka_unit_test(a_name_of_which_nothing_is_seen_is_quoted),
            cmocka_unit_test(a_command_line_is_only_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
