// The trend of an inspected process.

#include "client/widget/sparkline.h"
#include "common/cleanup.h"
#include "protocol/cursor.h"
#include "tests/support/cmocka.h"
#include "tests/support/stage.h"

#include <stdlib.h>

static void put_run(buffer_t *b, uint64_t length, bool gap, int64_t rss, int64_t private_kb)
{
    buffer_put_varint(b, length << 1 | gap);
    if (!gap) {
        buffer_put_zigzag(b, rss);
        buffer_put_zigzag(b, private_kb);
    }
}

static void send_history(stage_t *s, uint64_t request, uint64_t count, const buffer_t *b)
{
    message_t m = {0};
    history_message_t *h = &m.history;

    MESSAGE_SET(h, request, request);
    MESSAGE_SET(h, pid, 500);
    MESSAGE_SET(h, start_time, 500);
    MESSAGE_SET(h, step_ms, 1000);
    MESSAGE_SET(h, end_ms, s->snapshot.system.mono_ms);
    MESSAGE_SET(h, count, count);
    MESSAGE_SET_TEXT(h, points, (const char *) b->data, b->len);
    app_message(s->app, MESSAGE_HISTORY, &m);
    stage_draw(s);
}

static void the_past_is_there_at_once(void **state)
{
    int64_t seconds[64];
    buffer_t b = {0};
    stage_t s;

    (void) state;
    stage_open_victim(&s);
    assert_int_equal(s.history_requests, 1);
    assert_int_equal(s.history_span_ms, 64000);
    put_run(&b, 20, false, 100 * 1024, 50 * 1024);
    put_run(&b, 5, true, 0, 0);
    put_run(&b, 34, false, 100 * 1024, 50 * 1024);
    put_run(&b, 1, false, 150 * 1024, 100 * 1024);
    send_history(&s, 1, 60, &b);
    assert_shown(&s, "Range: 100.0 - 350.0 MB");
    assert_shown(&s, "Current: 350.00 MB");
    // Live ticks go on from there.
    stage_find(&s, 500)->anon_kb += 50 * 1024;
    stage_run(&s, 1);
    assert_shown(&s, "Range: 100.0 - 400.0 MB");
    assert_int_equal(s.app->inspect->series.n, 56);
    // And what is not known is not drawn.
    series_columns(&s.app->inspect->series, seconds, ARRAY_SIZE(seconds));
    for (size_t i = 0; i < ARRAY_SIZE(seconds); i++)
        assert_int_equal(seconds[i] == SPARKLINE_GAP, i < 3 || (i >= 23 && i < 28));
    buffer_done(&b);
    stage_done(&s);
}

static void an_answer_that_nobody_awaits_is_ignored(void **state)
{
    buffer_t b = {0};
    stage_t s;

    (void) state;
    stage_open_victim(&s);
    put_run(&b, 20, false, 1024, 1024);
    send_history(&s, 99, 20, &b);
    assert_int_equal(s.app->inspect->series.n, 1);
    buffer_done(&b);
    stage_done(&s);
}

static void histories_may_be_any_bytes(void **state)
{
    buffer_t b = {0};
    stage_t s;

    (void) state;
    stage_open_victim(&s);
    srand(1);
    for (unsigned round = 0; round < 3000; round++) {
        uint64_t count = (uint64_t) rand() % 3 ? (uint64_t) rand() % 200 : UINT64_MAX / 2;

        buffer_reset(&b);
        for (int i = rand() % 60; i > 0; i--)
            buffer_put_u8(&b, (uint8_t) rand());
        s.app->inspect->request = 7;
        send_history(&s, 7, count, &b);
        assert_true(s.app->inspect->series.n <= SERIES_MAX);
    }
    buffer_done(&b);
    stage_done(&s);
}

static void a_longer_time_asks_for_more(void **state)
{
    stage_t s;

    (void) state;
    stage_open_victim(&s);
    stage_keys(&s, "+");
    assert_int_equal(s.history_requests, 2);
    assert_int_equal(s.history_span_ms, 120000);
    assert_shown(&s, "MEMORY TREND (last 2 min)");
    stage_keys(&s, "-");
    assert_shown(&s, "MEMORY TREND (last 64 s)");
    stage_keys(&s, "-");
    assert_int_equal(s.history_requests, 3);
    stage_done(&s);
}

static void a_reconnect_asks_again(void **state)
{
    hello_message_t hello = {0};
    stage_t s;

    (void) state;
    stage_open_victim(&s);
    app_link(s.app, LINK_RECONNECTING, "gone", NULL);
    app_link(s.app, LINK_LIVE, "", &hello);
    assert_int_equal(s.history_requests, 2);
    stage_done(&s);
}

static void a_day_of_ticks_fits(void **state)
{
    stage_t s;

    (void) state;
    stage_open_victim(&s);
    for (unsigned i = 0; i < 5; i++)
        stage_keys(&s, "+");
    assert_shown(&s, "last 24 h");
    for (unsigned i = 0; i < 100000; i++) {
        series_point_t p = {2000000 + (uint64_t) i * 1000, 1024 + i};

        series_add(&s.app->inspect->series, p);
    }
    stage_draw(&s);
    assert_true(s.app->inspect->series.n <= SERIES_MAX);
    assert_true(s.app->inspect->series.n > 400);
    stage_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_past_is_there_at_once),
            cmocka_unit_test(an_answer_that_nobody_awaits_is_ignored),
            cmocka_unit_test(histories_may_be_any_bytes),
            cmocka_unit_test(a_longer_time_asks_for_more),
            cmocka_unit_test(a_reconnect_asks_again),
            cmocka_unit_test(a_day_of_ticks_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
