// Which change of used memory a span is about.

#include "common/cleanup.h"
#include "daemon/forensics/why_change.h"
#include "tests/support/cmocka.h"

#define MB 1024 // KiB

static change_t change_in(const int64_t *used_mb, size_t n)
{
    static ledger_t ledgers[64];
    static moment_t moments[64];
    change_t c;

    for (size_t i = 0; i < n; i++) {
        ledgers[i] = (ledger_t){.time_ms = 1000 * (i + 1), .used_kb = used_mb[i] * MB};
        moments[i] = (moment_t){.ledger = &ledgers[i]};
    }
    change_find(moments, n, &c);
    return c;
}

static void test_which_change(void **state)
{
    static const struct {
        int64_t used_mb[8];
        size_t n, start, end, steep;
    } cases[] = {
            {{5}, 1, 0, 0, 0}, {{5, 5, 5}, 3, 0, 2, 0},
            {{100, 100, 900, 900, 100}, 5, 1, 2, 1},  // a rise, though all of it came back
            {{900, 900, 100, 120, 100}, 5, 1, 2, 1},  // a fall
            {{900, 900, 100, 190, 100}, 5, 2, 3, 2},  // a rise, though far more fell before
            {{100, 200, 150, 800, 700}, 5, 0, 3, 2},  // through a dip
            {{500, 100, 130, 400, 1000}, 5, 1, 4, 3}, // not from the begin
            {{100, 101, 500, 1000, 999}, 5, 1, 3, 2}, // without what hardly changed
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        change_t c = change_in(cases[i].used_mb, cases[i].n);

        if (c.start != cases[i].start || c.end != cases[i].end || c.steep_start != cases[i].steep)
            fail_msg("case %d: %d to %d, steepest at %d", (int) i, (int) c.start, (int) c.end,
                    (int) c.steep_start);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_which_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
