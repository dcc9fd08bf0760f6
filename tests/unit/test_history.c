// History against a model that keeps every point: random series with gaps, idle runs, several
// points a second and jumps; and what happens at its limits.

#include "common/cleanup.h"
#include "daemon/past/history.h"
#include "protocol/cursor.h"
#include "tests/support/cmocka.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define START_S  120000 // a multiple of every step, for the model's arrays to begin with
#define LENGTH_S (100 * 1000)
#define ROOM     (64u << 20)

typedef struct {
    bool known;
    history_value_t value;
} point_t;

typedef struct {
    point_t *points[HISTORY_LEVELS]; // by index - START_S / step
} model_t;

static uint64_t random_state = 42;

static uint64_t any(uint64_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % below;
}

static uint32_t index_of(unsigned level, uint64_t s)
{
    return (uint32_t) ((s - START_S) / history_levels[level].step_s);
}

static void model_init(model_t *m)
{
    for (unsigned i = 0; i < HISTORY_LEVELS; i++) {
        m->points[i] = calloc(index_of(i, START_S + LENGTH_S) + 2, sizeof(point_t));
        assert_non_null(m->points[i]);
    }
}

static void model_done(model_t *m)
{
    for (unsigned i = 0; i < HISTORY_LEVELS; i++)
        free(m->points[i]);
}

static void model_record(model_t *m, uint64_t ms, uint64_t rss, uint64_t private_kb)
{
    for (unsigned i = 0; i < HISTORY_LEVELS; i++) {
        point_t *p = &m->points[i][index_of(i, ms / 1000)];
        history_value_t v = {rss, private_kb, private_kb, private_kb};

        if (p->known) {
            v.private_min = MIN(p->value.private_min, private_kb);
            v.private_max = MAX(p->value.private_max, private_kb);
        }
        *p = (point_t){true, v};
    }
}

typedef struct {
    const model_t *model;
    unsigned level;
    uint64_t next_s; // where the next run has to begin, 0: anywhere
    uint64_t points, first_s;
} check_t;

static void check_run(void *user, uint64_t first_s, uint32_t count, const history_value_t *value)
{
    check_t *c = user;
    uint32_t step = history_levels[c->level].step_s;

    assert_true(count > 0);
    assert_int_equal(first_s % step, 0);
    if (c->next_s)
        assert_int_equal(first_s, c->next_s);
    else
        c->first_s = first_s;
    c->next_s = first_s + (uint64_t) count * step;
    for (uint32_t i = 0; i < count; i++) {
        const point_t *p = &c->model->points[c->level][index_of(c->level, first_s + i * step)];

        assert_int_equal(p->known, value != NULL);
        if (value)
            assert_memory_equal(&p->value, value, sizeof(*value));
        c->points++;
    }
}

static uint64_t round_down(uint64_t s, uint64_t step)
{
    return s / step * step;
}

// Everything that is promised is there, and it is right.
static void compare(const history_t *h, uint32_t series, const model_t *m, uint64_t now_s)
{
    for (unsigned level = 0; level < HISTORY_LEVELS; level++) {
        uint32_t step = history_levels[level].step_s;
        uint64_t first = index_of(level, now_s);
        uint64_t from = MAX((uint64_t) START_S, now_s - MIN(now_s, history_levels[level].span_s));
        check_t c = {.model = m, .level = level};
        uint64_t first_known = index_of(level, from);

        history_read(h, series, level, from, now_s, check_run, &c);
        while (first > 0 && !m->points[level][first].known)
            first--;
        while (first_known < first && !m->points[level][first_known].known)
            first_known++;
        if (!m->points[level][first].known || first < index_of(level, from))
            continue;
        // From the first point that is known to the last, without a hole that is not said.
        assert_int_equal(c.next_s, START_S + (first + 1) * step);
        assert_true(c.first_s <= START_S + first_known * step);
        assert_true(c.first_s >= round_down(from, step));

        // Any part of it is the same, cut.
        uint64_t a = from + any(now_s - from + 1), b = a + any(now_s - a + 1);
        check_t part = {.model = m, .level = level};

        history_read(h, series, level, a, b, check_run, &part);
        if (part.points > 0) {
            assert_true(part.first_s >= round_down(a, step));
            assert_true(part.next_s <= round_down(b, step) + step);
        }
    }
}

typedef struct {
    unsigned change, gap, twice; // percent
    uint64_t step_kb;
} habit_t;

static void follow(const habit_t *habit)
{
    uint64_t rss = 100000, private_kb = 50000, now_ms = START_S * UINT64_C(1000);
    history_t *h;
    model_t m;

    assert_int_equal(history_new(&h, ROOM), 0);
    model_init(&m);

    uint32_t series = history_open(h, 7, 70);
    while (now_ms / 1000 < START_S + LENGTH_S) {
        if (any(100) < habit->change) {
            rss = any(10) ? rss + any(habit->step_kb) : any(UINT32_MAX);
            private_kb = any(10)   ? private_kb + any(habit->step_kb) - habit->step_kb / 2
                         : any(50) ? any(1000000)
                                   : UINT64_MAX - any(3);
        }
        history_record(h, series, now_ms, rss, private_kb);
        model_record(&m, now_ms, rss, private_kb);
        if (any(900) == 0)
            compare(h, series, &m, now_ms / 1000);
        if (any(100) < habit->twice)
            now_ms += any(400);
        else if (any(10000) < habit->gap)
            now_ms += any(8) ? any(200 * 1000) : any(7000 * 1000);
        else
            now_ms += 950 + any(100);
    }
    compare(h, series, &m,
            START_S + LENGTH_S - 1 < now_ms / 1000 ? START_S + LENGTH_S - 1 : now_ms / 1000);
    history_free(h);
    model_done(&m);
}

static void test_restless(void **state)
{
    (void) state;
    follow(&(habit_t){.change = 100, .step_kb = 300});
}

static void test_calm_with_gaps(void **state)
{
    (void) state;
    follow(&(habit_t){.change = 5, .gap = 20, .step_kb = 40});
}

static void test_several_a_second(void **state)
{
    (void) state;
    follow(&(habit_t){.change = 60, .twice = 70, .gap = 2, .step_kb = 3000});
}

static void test_long_idle_runs(void **state)
{
    (void) state;
    follow(&(habit_t){.change = 1, .twice = 5, .gap = 1, .step_kb = 9});
}

static void nothing(void *user, uint64_t first_s, uint32_t count, const history_value_t *value)
{
    (void) first_s;
    (void) value;
    *(uint64_t *) user += count;
}

static void test_an_idle_process_costs_no_chunk(void **state)
{
    uint64_t now_s = START_S, points = 0;
    history_t *h;

    (void) state;
    assert_int_equal(history_new(&h, ROOM), 0);

    uint32_t series = history_open(h, 1, 1);
    history_record(h, series, now_s * 1000, 5, 5);

    size_t bytes = history_bytes(h);
    for (uint64_t end = now_s + 2 * 86400; now_s < end; now_s++)
        history_record(h, series, now_s * 1000, 5, 5);
    assert_int_equal(history_bytes(h), bytes);
    history_read(h, series, 2, now_s - 86400, now_s, nothing, &points);
    assert_in_range(points, 1440, 1441);
    history_free(h);
}

// What a process costs that never stops moving does not grow once it is a day old.
static void test_expiry_bounds_a_series(void **state)
{
    uint64_t now_s = START_S;
    size_t after_a_day = 0;
    history_t *h;

    (void) state;
    assert_int_equal(history_new(&h, ROOM), 0);

    uint32_t series = history_open(h, 1, 1);
    for (uint64_t i = 0; i < 3 * 86400; i++, now_s++) {
        history_record(h, series, now_s * 1000, any(1 << 20), any(1 << 20));
        if (i == 86400 + 4000)
            after_a_day = history_bytes(h);
    }
    assert_true(history_bytes(h) < after_a_day * 11 / 10);
    history_free(h);
}

static void test_who_is_who(void **state)
{
    history_t *h;

    (void) state;
    assert_int_equal(history_new(&h, ROOM), 0);

    uint32_t a = history_open(h, 7, 70), b = history_open(h, 7, 71), system = history_open(h, 0, 0);
    assert_true(a != b && b != system && a != system);
    assert_int_equal(history_open(h, 7, 70), a);
    assert_int_equal(history_find(h, 7, 71), b);
    assert_int_equal(history_find(h, 7, 72), HISTORY_NONE);
    assert_int_equal(history_find(h, 0, 0), system);
    history_close(h, a, 1000, false);
    assert_int_equal(history_find(h, 7, 70), HISTORY_NONE);
    assert_int_equal(history_find(h, 7, 71), b);
    // Its place is taken by the next one, who has no past.
    assert_int_equal(history_open(h, 9, 90), a);

    uint64_t points = 0;
    history_read(h, a, 0, 0, UINT32_MAX, nothing, &points);
    assert_int_equal(points, 0);
    history_identity_t who;
    uint32_t id = HISTORY_NONE, seen = 0;
    while ((id = history_next(h, id, &who)) != HISTORY_NONE) {
        assert_int_equal(history_find(h, who.pid, who.start_time), id);
        assert_true(who.pid != 0 && id < history_series_max(h));
        assert_int_equal(who.died_ms, 0);
        seen++;
    }
    assert_int_equal(seen, 2); // not the system
    history_close(h, b, 1234, true);
    assert_int_equal(history_next(h, history_next(h, HISTORY_NONE, &who), &who), b);
    assert_int_equal(who.died_ms, 1234);
    assert_int_equal(history_open(h, 7, 71), b);

    // What is nothing is nothing.
    history_close(h, HISTORY_NONE, 1, true);
    history_record(h, HISTORY_NONE, 1, 1, 1);
    history_read(h, HISTORY_NONE, 0, 0, 1, nothing, &points);
    history_read(h, b, 0, 2, 1, nothing, &points);
    assert_int_equal(points, 0);
    history_free(h);
    history_free(NULL);
}

static void test_the_dead_are_kept_a_day(void **state)
{
    uint64_t now_ms = START_S * UINT64_C(1000), day_ms = HISTORY_KEEP_DEAD_S * UINT64_C(1000);
    uint64_t points = 0;
    history_t *h;

    (void) state;
    assert_int_equal(history_new(&h, ROOM), 0);

    uint32_t a = history_open(h, 1, 1), b = history_open(h, 2, 2), c = history_open(h, 3, 3);
    for (int i = 0; i < 100; i++)
        history_record(h, a, now_ms + (uint64_t) i * 1000, (uint64_t) i, (uint64_t) i);
    now_ms += 100 * 1000;
    history_close(h, a, now_ms, true);
    assert_int_equal(history_find(h, 1, 1), a);
    history_read(h, a, 0, 0, UINT32_MAX, nothing, &points);
    assert_int_equal(points, 100);
    history_close(h, b, now_ms + day_ms, true);
    assert_int_equal(history_find(h, 1, 1), a); // a day to the millisecond
    history_close(h, c, now_ms + day_ms + 1, true);
    assert_int_equal(history_find(h, 1, 1), HISTORY_NONE);
    assert_int_equal(history_find(h, 2, 2), b);

    // Who comes back, as after a restart of the daemon, lives on.
    assert_int_equal(history_open(h, 2, 2), b);
    history_close(h, history_open(h, 4, 4), now_ms + 3 * day_ms, true);
    assert_int_equal(history_find(h, 2, 2), b);
    assert_int_equal(history_find(h, 3, 3), HISTORY_NONE);
    history_free(h);
}

// More processes than there is room for: the oldest dead go, then there is no more, and once some
// have gone there is again.
static void test_series_run_out(void **state)
{
    uint32_t ids[4096];
    size_t n = 0;
    history_t *h;

    (void) state;
    assert_int_equal(history_new(&h, 1), 0); // the least that it takes
    while (n < ARRAY_SIZE(ids) && (ids[n] = history_open(h, n + 1, 1)) != HISTORY_NONE)
        n++;
    assert_in_range(n, 50, ARRAY_SIZE(ids) - 1);
    assert_true(history_bytes(h) <= (128u << 10));
    history_close(h, ids[3], 5000, true);
    history_close(h, ids[1], 6000, true);
    assert_int_equal(history_open(h, 9001, 1), ids[3]);
    assert_int_equal(history_find(h, 4, 1), HISTORY_NONE);
    assert_int_equal(history_find(h, 2, 1), ids[1]);
    assert_int_equal(history_open(h, 9002, 1), ids[1]);
    assert_int_equal(history_open(h, 9003, 1), HISTORY_NONE);
    history_close(h, ids[0], 7000, false);
    assert_int_equal(history_open(h, 9003, 1), ids[0]);
    history_free(h);
}

// The dead of one user make room for each other, and not those of another one; after a restart,
// too.
static void test_the_dead_of_others_are_kept(void **state)
{
    const uint32_t ann = 1001, bob = 1002;
    buffer_t saved = {0};
    history_t *h, *again;
    uint64_t pid = 1;
    uint32_t id;

    (void) state;
    assert_int_equal(history_new(&h, 1), 0);
    assert_int_equal(history_new(&again, 1), 0);
    id = history_open(h, 7, 7);
    history_set_user(h, id, ann);
    history_close(h, id, 1000, true);
    for (; pid <= 5000; pid++) {
        id = history_open(h, 10000 + pid, 1);
        assert_int_not_equal(id, HISTORY_NONE);
        history_set_user(h, id, bob);
        history_close(h, id, 1000 + pid, true);
    }
    assert_int_not_equal(history_find(h, 7, 7), HISTORY_NONE);
    assert_int_equal(history_find(h, 10001, 1), HISTORY_NONE);
    assert_int_not_equal(history_find(h, 10000 + 5000, 1), HISTORY_NONE);

    history_save(h, &saved);
    assert_int_equal(history_load(again, saved.data, saved.len, 7000), 0);
    for (; pid <= 10000; pid++) {
        id = history_open(again, 10000 + pid, 1);
        history_set_user(again, id, bob);
        history_close(again, id, 2000 + pid, true);
    }
    assert_int_not_equal(history_find(again, 7, 7), HISTORY_NONE);
    // Where they have as much, whoever died first.
    while (history_find(again, 7, 7) != HISTORY_NONE && pid < 20000)
        history_set_user(again, history_open(again, 10000 + pid++, 1), bob);
    assert_int_equal(history_find(again, 7, 7), HISTORY_NONE);
    assert_int_not_equal(history_find(again, 10000 + 10000, 1), HISTORY_NONE);
    buffer_done(&saved);
    history_free(h);
    history_free(again);
}

// No room for all chunks: each series loses its own oldest, and nothing that is left is wrong.
static void test_chunks_run_out(void **state)
{
    enum { SERIES = 40 };
    uint64_t now_s = START_S;
    model_t models[SERIES];
    uint32_t ids[SERIES];
    history_t *h;

    (void) state;
    assert_int_equal(history_new(&h, 1), 0);
    for (unsigned i = 0; i < SERIES; i++) {
        model_init(&models[i]);
        ids[i] = history_open(h, i + 1, 1);
        assert_true(ids[i] != HISTORY_NONE);
    }
    for (; now_s < START_S + 4000; now_s++) {
        for (unsigned i = 0; i < SERIES; i++) {
            uint64_t v = any(1 << 30);

            history_record(h, ids[i], now_s * 1000, v, v / 2);
            model_record(&models[i], now_s * 1000, v, v / 2);
        }
        assert_true(history_bytes(h) <= (128u << 10));
    }
    for (unsigned i = 0; i < SERIES; i++) {
        for (unsigned level = 0; level < HISTORY_LEVELS; level++) {
            check_t c = {.model = &models[i], .level = level};

            history_read(h, ids[i], level, START_S, now_s, check_run, &c);
            assert_true(c.points >= 1);
            // It ends with the present.
            assert_true(c.next_s >= now_s);
        }
        model_done(&models[i]);
    }
    history_free(h);
}

// The dead make room for the living.
static void test_chunks_come_from_the_dead(void **state)
{
    uint64_t now_s = START_S;
    history_t *h;

    (void) state;
    assert_int_equal(history_new(&h, 1), 0);

    uint32_t dead = history_open(h, 1, 1),
             living[] = {history_open(h, 2, 2), history_open(h, 3, 3), history_open(h, 4, 4)};
    for (int i = 0; i < 3000; i++, now_s++)
        history_record(h, dead, now_s * 1000, any(1 << 30), any(1 << 30));
    history_close(h, dead, now_s * 1000, true);
    for (int i = 0; i < 30000 && history_find(h, 1, 1) != HISTORY_NONE; i++, now_s++)
        for (size_t j = 0; j < ARRAY_SIZE(living); j++)
            history_record(h, living[j], now_s * 1000, any(1 << 30), any(1 << 30));
    assert_int_equal(history_find(h, 1, 1), HISTORY_NONE);
    assert_true(history_bytes(h) <= (128u << 10));
    assert_int_equal(history_find(h, 2, 2), living[0]);
    history_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_restless),
            cmocka_unit_test(test_calm_with_gaps),
            cmocka_unit_test(test_several_a_second),
            cmocka_unit_test(test_long_idle_runs),
            cmocka_unit_test(test_an_idle_process_costs_no_chunk),
            cmocka_unit_test(test_expiry_bounds_a_series),
            cmocka_unit_test(test_who_is_who),
            cmocka_unit_test(test_the_dead_are_kept_a_day),
            cmocka_unit_test(test_series_run_out),
            cmocka_unit_test(test_the_dead_of_others_are_kept),
            cmocka_unit_test(test_chunks_run_out),
            cmocka_unit_test(test_chunks_come_from_the_dead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
