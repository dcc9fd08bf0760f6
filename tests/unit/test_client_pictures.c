// Whole screens against tests/golden/.

#include "tests/support/cmocka.h"
#include "tests/support/stage.h"

#include <stdlib.h>
#include <string.h>

// Grows so that the trend has a shape.
static void let_chrome_grow(stage_t *s)
{
    for (unsigned i = 0; i < 70; i++) {
        stage_find(s, 3587)->anon_kb += i % 3 * 512;
        stage_run(s, 1);
    }
}

static void give_details(stage_t *s)
{
    static const char receipt[] = "floor rises since 14 min ago, 12.3 MB at 0.9 MB/min";
    message_t m = {0};
    details_message_t *d = &m.details;

    MESSAGE_SET(d, pid, 3587);
    MESSAGE_SET(d, start_time, 3587);
    MESSAGE_SET(d, mono_ms, s->snapshot.system.mono_ms);
    MESSAGE_SET(d, source, PSS_SOURCE_ROLLUP);
    MESSAGE_SET(d, breakdown_ms, s->snapshot.system.mono_ms - 200);
    MESSAGE_SET(d, rss_kb, 495309);
    MESSAGE_SET(d, anon_kb, 184422);
    MESSAGE_SET(d, file_kb, 48538);
    MESSAGE_SET(d, shmem_kb, 262349);
    MESSAGE_SET(d, swap_kb, 0);
    MESSAGE_SET(d, pss_kb, 421990);
    MESSAGE_SET(d, private_clean_kb, 40000);
    MESSAGE_SET(d, private_dirty_kb, 222349);
    MESSAGE_SET(d, locked_kb, 64);
    MESSAGE_SET(d, page_tables_kb, 2048);
    MESSAGE_SET(d, hwm_kb, 500000);
    MESSAGE_SET(d, size_kb, 33554432);
    MESSAGE_SET(d, utime_ms, 83210);
    MESSAGE_SET(d, stime_ms, 12340);
    MESSAGE_SET(d, minflt, 1234567);
    MESSAGE_SET(d, majflt, 89);
    MESSAGE_SET(d, read_bytes, 123 << 20);
    MESSAGE_SET(d, write_bytes, 45 << 20);
    MESSAGE_SET(d, read_us, 1234);
    MESSAGE_SET_TEXT(d, leak_text, receipt, sizeof(receipt) - 1);
    app_message(s->app, MESSAGE_DETAILS, &m);
}

// init 1 with a service that has workers, and who is nobody's child.
static void make_families(stage_t *s)
{
    process_snapshot_t *p = stage_add(s, 1, "init", 3000);

    PROCESS_SET(p, ppid, 0);
    PROCESS_SET(stage_find(s, 2), ppid, 0);
    PROCESS_SET(stage_find(s, 3600), ppid, 3587);
    for (uint64_t pid = 1000; pid < 1024; pid++)
        PROCESS_SET(stage_find(s, pid), ppid, pid % 4 ? pid - 1 : 812);
}

static void picture(const char *name, bool utf8, int rows, int cols, const char *keys)
{
    stage_t s;

    stage_init(&s, utf8, rows, cols);
    stage_populate(&s);
    stage_run(&s, 1);
    if (strncmp(name, "tree", 4) == 0)
        make_families(&s);
    let_chrome_grow(&s);
    stage_keys(&s, keys);
    if (s.app->view == VIEW_INSPECT) {
        let_chrome_grow(&s);
        give_details(&s);
        stage_draw(&s);
    }
    assert_true(stage_golden(&s, name));
    stage_done(&s);
}

#define PICTURE(test, utf8, rows, cols, keys)   \
    static void test(void **state)              \
    {                                           \
        (void) state;                           \
        picture(#test, utf8, rows, cols, keys); \
    }

PICTURE(list_80x24, true, 24, 80, "")
PICTURE(list_160x50, true, 50, 160, "")
PICTURE(list_300x100, true, 100, 300, "")
PICTURE(list_filter_80x24, true, 24, 80, "fcaf")
PICTURE(list_no_match_60x15, true, 15, 60, "fnobody\r")
PICTURE(list_frozen_80x24, true, 24, 80, "Z")
PICTURE(list_60x15, true, 15, 60, "")
PICTURE(list_40x8, true, 8, 40, "")
PICTURE(list_20x5, true, 5, 20, "")
PICTURE(list_ascii_80x24, false, 24, 80, "")
PICTURE(list_command_80x24, true, 24, 80, "n")
PICTURE(list_by_cpu_inverted_80x24, true, 24, 80, "cIjj")
PICTURE(group_name_80x24, true, 24, 80, "g")
PICTURE(group_user_160x50, true, 50, 160, "gg")
PICTURE(group_unit_60x15, true, 15, 60, "ggg")
PICTURE(members_80x24, true, 24, 80, "g\r")
PICTURE(tree_80x24, true, 24, 80, "t")
PICTURE(tree_ascii_120x40, false, 40, 120, "t")
PICTURE(inspect_80x24, true, 24, 80, "\r")
PICTURE(inspect_160x50, true, 50, 160, "\r")
PICTURE(inspect_60x15, true, 15, 60, "\r")
PICTURE(inspect_ascii_80x24, false, 24, 80, "\r")
PICTURE(help_80x24, true, 24, 80, "?")
PICTURE(help_160x50, true, 50, 160, "?")
PICTURE(help_ascii_60x15, false, 15, 60, "?")

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(list_80x24),
            cmocka_unit_test(list_160x50),
            cmocka_unit_test(list_300x100),
            cmocka_unit_test(list_filter_80x24),
            cmocka_unit_test(list_no_match_60x15),
            cmocka_unit_test(list_frozen_80x24),
            cmocka_unit_test(list_60x15),
            cmocka_unit_test(list_40x8),
            cmocka_unit_test(list_20x5),
            cmocka_unit_test(list_ascii_80x24),
            cmocka_unit_test(list_command_80x24),
            cmocka_unit_test(list_by_cpu_inverted_80x24),
            cmocka_unit_test(group_name_80x24),
            cmocka_unit_test(group_user_160x50),
            cmocka_unit_test(group_unit_60x15),
            cmocka_unit_test(members_80x24),
            cmocka_unit_test(tree_80x24),
            cmocka_unit_test(tree_ascii_120x40),
            cmocka_unit_test(inspect_80x24),
            cmocka_unit_test(inspect_160x50),
            cmocka_unit_test(inspect_60x15),
            cmocka_unit_test(inspect_ascii_80x24),
            cmocka_unit_test(help_80x24),
            cmocka_unit_test(help_160x50),
            cmocka_unit_test(help_ascii_60x15),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
