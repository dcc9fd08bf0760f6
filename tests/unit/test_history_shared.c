// What a copy shares with its original, over time.

#include "common/cleanup.h"
#include "daemon/past/history.h"
#include "protocol/cursor.h"
#include "tests/support/cmocka.h"

#include <errno.h>

// What a copy shares becomes less in many small steps: its course is that of some points.
static void test_its_course(void **state)
{
    history_shared_t s = {.kb = 1000000};

    (void) state;
    history_shared_limit(&s, 2000000, 1000, 2000); // no less
    assert_int_equal(history_own_kb(&s, 1000000, 2000), 0);
    // Nothing for 10 s, then ever faster for 40 s, then nothing.
    for (uint64_t i = 1; i <= 40; i++)
        history_shared_limit(&s, 1000000 - i * i * 500, (9 + i) * 1000, (10 + i) * 1000);
    assert_true(s.n_points <= HISTORY_SHARED_POINTS);
    assert_int_equal(history_own_kb(&s, 1000000, 5000), 0);
    for (uint64_t i = 0; i <= 40; i++) {
        uint64_t own = history_own_kb(&s, 1000000, (10 + i) * 1000), is = i * i * 500;

        assert_in_range(own, is - MIN(is, UINT64_C(20000)), is + 20000);
    }
    assert_int_equal(history_own_kb(&s, 1000000, 90000), 800000);
    assert_int_equal(history_own_kb(&s, 100, 90000), 0); // no more than there is
    s.until_ms = 60000;
    assert_int_equal(history_own_kb(&s, 1000000, 60000), 1000000);
}

static void test_what_is_wrong(void **state)
{
    static const history_shared_t cases[] = {{.kb = 1, .n_points = HISTORY_SHARED_POINTS + 1},
            {.kb = 1, .n_points = 2, .points = {{9, 100}, {8, 100}}},
            {.kb = 1, .n_points = 2, .points = {{8, 100}, {9, 200}}},
            {.kb = 1, .n_points = 2, .points = {{9, 100}, {8, 200}}}};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        bool sound = i + 1 == ARRAY_SIZE(cases);
        buffer_t saved = {0};
        history_t *h, *again;

        assert_int_equal(history_new(&h, 1 << 20), 0);
        assert_int_equal(history_new(&again, 1 << 20), 0);
        history_set_shared(h, history_open(h, 7, 7), &cases[i]);
        history_save(h, &saved);
        assert_int_equal(history_load(again, saved.data, saved.len, 7000), sound ? 0 : -EBADMSG);
        buffer_done(&saved);
        history_free(h);
        history_free(again);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_its_course),
            cmocka_unit_test(test_what_is_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
