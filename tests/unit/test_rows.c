// What is packed into WHY comes out as it went in, and nothing else does any harm.

#include "common/cleanup.h"
#include "protocol/rows.h"
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

static const why_row_t rows[] = {
        {.count = 1,
                .pid = 3587,
                .start_time = UINT64_MAX,
                .uid = 1000,
                .has_uid = true,
                .exited_ms = 77,
                .start_kb = 1,
                .end_kb = UINT64_C(1) << 40,
                .peak_kb = 300,
                .name = {"chrome\x1b", 7},
                .unit = {"app.scope", 9}},
        {.kind = LEDGER_SHMEM, .start_kb = 5, .name = {"", 0}, .unit = {"", 0}},
        {.count = 12, .uid = 0, .has_uid = true, .name = {"root", 4}, .unit = {"", 0}},
};

static void put_rows(buffer_t *b)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        why_row_put(b, &rows[i]);
}

static void assert_same(const why_row_t *a, const why_row_t *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->pid, b->pid);
    assert_int_equal(a->start_time, b->start_time);
    assert_int_equal(a->has_uid, b->has_uid);
    assert_int_equal(a->uid, b->uid);
    assert_int_equal(a->exited_ms, b->exited_ms);
    assert_int_equal(a->start_kb, b->start_kb);
    assert_int_equal(a->end_kb, b->end_kb);
    assert_int_equal(a->peak_kb, b->peak_kb);
    assert_int_equal(a->name.len, b->name.len);
    assert_memory_equal(a->name.data, b->name.data, b->name.len);
    assert_int_equal(a->unit.len, b->unit.len);
    assert_memory_equal(a->unit.data, b->unit.data, b->unit.len);
}

static void test_rows_come_back(void **state)
{
    buffer_t b = {0};
    why_row_t row;
    size_t n = 0;

    (void) state;
    put_rows(&b);
    for (cursor_t c = cursor_of(b.data, b.len); why_row_next(&c, &row); n++)
        assert_same(&row, &rows[n]);
    assert_int_equal(n, ARRAY_SIZE(rows));
    buffer_done(&b);
}

static void test_long_texts_are_cut(void **state)
{
    char name[WHY_NAME_MAX + 50];
    buffer_t b = {0};
    why_row_t row = {0};

    (void) state;
    memset(name, 'x', sizeof(name));
    row.name = row.unit = (text_view_t){name, sizeof(name)};
    why_row_put(&b, &row);

    cursor_t c = cursor_of(b.data, b.len);
    assert_true(why_row_next(&c, &row));
    assert_int_equal(row.name.len, WHY_NAME_MAX);
    assert_int_equal(row.unit.len, WHY_NAME_MAX);
    assert_false(why_row_next(&c, &row));
    assert_false(c.failed);
    buffer_done(&b);
}

// A later version may have more in a row.
static void test_more_in_a_row_is_skipped(void **state)
{
    buffer_t one = {0}, b = {0};
    why_row_t row;

    (void) state;
    why_row_put(&one, &rows[0]);
    assert_true(one.len < 126);
    buffer_put_varint(&b, one.len - 1 + 2);
    buffer_put(&b, one.data + 1, one.len - 1);
    buffer_put(&b, "??", 2);
    buffer_put(&b, one.data, one.len);

    cursor_t c = cursor_of(b.data, b.len);
    for (int i = 0; i < 2; i++) {
        assert_true(why_row_next(&c, &row));
        assert_same(&row, &rows[0]);
    }
    assert_false(why_row_next(&c, &row));
    assert_false(c.failed);
    buffer_done(&one);
    buffer_done(&b);
}

static void test_cut_rows_are_malformed(void **state)
{
    buffer_t b = {0};
    size_t ends = 0;

    (void) state;
    put_rows(&b);
    for (size_t len = 0; len < b.len; len++) {
        char *exact = malloc(len + 1);
        cursor_t c = cursor_of(memcpy(exact, b.data, len), len);
        why_row_t row;

        while (why_row_next(&c, &row))
            ;
        ends += !c.failed;
        free(exact);
    }
    assert_int_equal(ends, ARRAY_SIZE(rows)); // before each of them
    buffer_done(&b);
}

static void test_ledger(void **state)
{
    const ledger_line_t lines[] = {
            {LEDGER_FREE, 5, 7}, {LEDGER_UNEXPLAINED, -40, INT64_MIN}, {LEDGER_SWAP, 0, 0}};
    buffer_t b = {0};
    ledger_line_t line;
    size_t n = 0;

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        ledger_line_put(&b, &lines[i]);
    for (cursor_t c = cursor_of(b.data, b.len); ledger_line_next(&c, &line); n++) {
        assert_int_equal(line.kind, lines[n].kind);
        assert_int_equal(line.start_kb, lines[n].start_kb);
        assert_int_equal(line.end_kb, lines[n].end_kb);
    }
    assert_int_equal(n, ARRAY_SIZE(lines));

    cursor_t c = cursor_of(b.data, 2);
    assert_false(ledger_line_next(&c, &line));
    assert_true(c.failed);
    buffer_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_rows_come_back),
            cmocka_unit_test(test_long_texts_are_cut),
            cmocka_unit_test(test_more_in_a_row_is_skipped),
            cmocka_unit_test(test_cut_rows_are_malformed),
            cmocka_unit_test(test_ledger),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
