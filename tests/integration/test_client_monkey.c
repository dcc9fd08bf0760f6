// Any keys, on any host, at any size: pictures come out, and nothing else happens. More than
// 100,000 keys in all.

#include "client/app/app.h"
#include "client/view/views.h"
#include "tests/support/cmocka.h"
#include "tests/support/world.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static int ask(void *user, uint64_t pid, uint64_t start_time)
{
    (void) user;
    (void) pid;
    (void) start_time;
    return 0;
}

static int ask_history(
        void *user, uint64_t pid, uint64_t start_time, uint64_t span_ms, uint64_t step_ms)
{
    (void) pid;
    (void) start_time;
    (void) span_ms;
    (void) step_ms;
    return ++*(int *) user;
}

static int ask_events(void *user, uint64_t after, bool follow)
{
    (void) after;
    (void) follow;
    return ++*(int *) user;
}

static int ask_why(void *user, uint64_t from_ms, unsigned by, unsigned limit)
{
    (void) from_ms;
    (void) by;
    (void) limit;
    return ++*(int *) user;
}

static void check(const grid_t *g)
{
    for (int row = 0; row < g->rows; row++) {
        int col = 0;

        while (col < g->cols) {
            const cell_t *cell = &grid_row(g, row)[col];

            assert_true(cell->width == 1 || cell->width == 2);
            assert_true(cell->text[0] >= 0x20 && cell->text[0] <= 0x10ffff);
            assert_true(cell->text[0] < 0x7f || cell->text[0] >= 0xa0);
            assert_true((cell->style & STYLE_MASK) < STYLE_COUNT);
            col += cell->width;
        }
        assert_int_equal(col, g->cols);
    }
}

static int any_key(world_t *w)
{
    static const int special[] = {KEY_CODE_ENTER, KEY_CODE_ESCAPE, KEY_CODE_UP, KEY_CODE_DOWN,
            KEY_CODE_PAGE_UP, KEY_CODE_PAGE_DOWN, KEY_CODE_HOME, KEY_CODE_END, KEY_CODE_BACKSPACE};

    if (world_random(w, 3) == 0)
        return special[world_random(w, sizeof(special) / sizeof(special[0]))];
    if (world_random(w, 30) == 0)
        return (int) world_random(w, 0x110000);
    return (int) world_random(w, 128);
}

static void any_message(app_t *a, world_t *w)
{
    char bytes[64];
    message_t m = {0};

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char) world_random(w, 256);
    if (a->events && world_random(w, 2)) {
        MESSAGE_SET(&m.event, number, world_random(w, 400));
        MESSAGE_SET(&m.event, time_ms, world_random(w, UINT64_MAX));
        MESSAGE_SET(&m.event, kind, world_random(w, 7));
        MESSAGE_SET(&m.event, tag, world_random(w, 256));
        MESSAGE_SET(&m.event, pid, world_random(w, 60));
        MESSAGE_SET(&m.event, last, world_random(w, 10) == 0);
        MESSAGE_SET(&m.event, request, a->events->request);
        MESSAGE_SET_TEXT(&m.event, name, bytes, sizeof(bytes));
        MESSAGE_SET_TEXT(&m.event, text, bytes, sizeof(bytes));
        app_message(a, MESSAGE_EVENT, &m);
        return;
    }
    if (a->why && world_random(w, 2)) {
        MESSAGE_SET(&m.why, request, a->why->request);
        MESSAGE_SET(&m.why, change_from_ms, world_random(w, UINT64_MAX));
        MESSAGE_SET(&m.why, change_to_kb, world_random(w, UINT64_MAX));
        MESSAGE_SET(&m.why, steepest_kb, (int64_t) world_random(w, UINT64_MAX));
        MESSAGE_SET(&m.why, others_kb, (int64_t) world_random(w, UINT64_MAX));
        MESSAGE_SET_TEXT(&m.why, rows, bytes, world_random(w, sizeof(bytes)));
        app_message(a, MESSAGE_WHY, &m);
        return;
    }
    if (!a->inspect)
        return;
    if (world_random(w, 2)) {
        details_message_t *d = &m.details;

        MESSAGE_SET(d, pid, a->inspect->id.pid);
        MESSAGE_SET(d, start_time, a->inspect->id.start_time);
        MESSAGE_SET(d, rss_kb, world_random(w, UINT64_MAX));
        MESSAGE_SET(d, anon_kb, world_random(w, UINT64_MAX));
        MESSAGE_SET(d, private_clean_kb, world_random(w, UINT64_MAX));
        MESSAGE_SET(d, private_dirty_kb, world_random(w, UINT64_MAX));
        MESSAGE_SET(d, source, world_random(w, 9));
        MESSAGE_SET(d, mono_ms, world_random(w, UINT64_MAX));
        MESSAGE_SET(d, breakdown_ms, world_random(w, UINT64_MAX));
        if (world_random(w, 4) == 0)
            MESSAGE_SET(d, exited_ms, world_random(w, UINT64_MAX));
        MESSAGE_SET(d, read_us, world_random(w, UINT64_MAX));
        MESSAGE_SET_TEXT(d, leak_text, bytes, sizeof(bytes));
        MESSAGE_SET_TEXT(d, name, bytes, sizeof(bytes));
        app_message(a, MESSAGE_DETAILS, &m);
        return;
    }
    MESSAGE_SET(&m.history, request, a->inspect->request);
    MESSAGE_SET(&m.history, pid, a->inspect->id.pid);
    MESSAGE_SET(&m.history, start_time, a->inspect->id.start_time);
    MESSAGE_SET(&m.history, step_ms, world_random(w, 5000));
    MESSAGE_SET(&m.history, end_ms, world_random(w, UINT64_MAX));
    MESSAGE_SET(&m.history, count, world_random(w, 300));
    MESSAGE_SET_TEXT(&m.history, points, bytes, world_random(w, sizeof(bytes)));
    app_message(a, MESSAGE_HISTORY, &m);
}

static void play(uint64_t seed, bool wild, bool utf8)
{
    world_options_t options = {.seed = seed, .slots = 60, .wild = wild};
    int request = 0;
    ui_requests_t requests = {.inspect = ask,
            .history = ask_history,
            .events = ask_events,
            .why = ask_why,
            .user = &request};
    hello_message_t hello = {.features = FEATURE_EVENTS | FEATURE_WHY};
    world_t w;
    app_t *a;

    world_init(&w, &options);
    assert_int_equal(app_new(&a, utf8, &requests), 0);
    app_link(a, LINK_LIVE, "", &hello);
    for (int step = 0; step < 1300; step++) {
        switch (world_random(&w, 12)) {
        case 0:
            assert_int_equal(
                    app_resize(a, (int) world_random(&w, 70), (int) world_random(&w, 200)), 0);
            break;
        case 1:
        case 2:
            world_step(&w);
            app_tick(a, &w.curr->snapshot);
            break;
        case 3:
            any_message(a, &w);
            break;
        case 4:
            app_mouse(a, (mouse_t) world_random(&w, 3), (int) world_random(&w, 80) - 5,
                    (int) world_random(&w, 220) - 5);
            break;
        default:
            app_key(a, any_key(&w));
            a->quit = false;
        }
        app_time(a, a->now_ms + world_random(&w, 3000));
        if (world_random(&w, 2))
            check(app_draw(a));
    }
    app_free(a);
    world_done(&w);
}

static void on_a_plausible_host(void **state)
{
    (void) state;
    assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
    for (uint64_t seed = 1; seed <= 30; seed++)
        play(seed, false, true);
}

static void on_a_host_of_any_numbers(void **state)
{
    (void) state;
    assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
    for (uint64_t seed = 1; seed <= 30; seed++)
        play(seed, true, true);
}

static void without_utf8(void **state)
{
    (void) state;
    assert_non_null(setlocale(LC_ALL, "C"));
    for (uint64_t seed = 100; seed <= 110; seed++)
        play(seed, true, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(on_a_plausible_host),
            cmocka_unit_test(on_a_host_of_any_numbers),
            cmocka_unit_test(without_utf8),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
