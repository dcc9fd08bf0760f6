#include "protocol/rows.h"
#include "common/cleanup.h"

static size_t varint_len(uint64_t v)
{
    size_t n = 1;

    while (v >>= 7)
        n++;
    return n;
}

static size_t text_len(text_view_t t)
{
    return MIN(t.len, (size_t) WHY_NAME_MAX);
}

static void put_text(buffer_t *out, text_view_t t)
{
    buffer_put_varint(out, text_len(t));
    buffer_put(out, t.data, text_len(t));
}

void why_row_put(buffer_t *out, const why_row_t *row)
{
    const uint64_t numbers[] = {row->kind, row->count, row->pid, row->start_time,
            row->has_uid ? row->uid + 1 : 0, row->exited_ms, row->start_kb, row->end_kb,
            row->peak_kb};
    const text_view_t texts[] = {row->name, row->unit};
    size_t len = 0;

    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
        len += varint_len(numbers[i]);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        len += varint_len(text_len(texts[i])) + text_len(texts[i]);
    len += varint_len(row->story);
    buffer_put_varint(out, len);
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
        buffer_put_varint(out, numbers[i]);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        put_text(out, texts[i]);
    buffer_put_varint(out, row->story);
}

static text_view_t take_text(cursor_t *c)
{
    uint64_t len = cursor_varint(c);
    const unsigned char *data = cursor_take(c, len);

    return (text_view_t){data ? (const char *) data : "", data ? len : 0};
}

bool why_row_next(cursor_t *c, why_row_t *ret)
{
    why_row_t row = {0};
    const unsigned char *data;
    uint64_t len, user;
    cursor_t body;

    if (cursor_left(c) == 0)
        return false;
    len = cursor_varint(c);
    data = cursor_take(c, len);
    if (!data)
        return false;
    body = cursor_of(data, len);
    row.kind = cursor_varint(&body);
    row.count = cursor_varint(&body);
    row.pid = cursor_varint(&body);
    row.start_time = cursor_varint(&body);
    user = cursor_varint(&body);
    row.has_uid = user > 0;
    row.uid = user > 0 ? user - 1 : 0;
    row.exited_ms = cursor_varint(&body);
    row.start_kb = cursor_varint(&body);
    row.end_kb = cursor_varint(&body);
    row.peak_kb = cursor_varint(&body);
    row.name = take_text(&body);
    row.unit = take_text(&body);
    if (cursor_left(&body) > 0)
        row.story = cursor_varint(&body);
    if (body.failed) {
        c->failed = true;
        return false;
    }
    *ret = row;
    return true;
}

void ledger_line_put(buffer_t *out, const ledger_line_t *line)
{
    buffer_put_varint(out, line->kind);
    buffer_put_zigzag(out, line->start_kb);
    buffer_put_zigzag(out, line->end_kb);
}

bool ledger_line_next(cursor_t *c, ledger_line_t *ret)
{
    ledger_line_t line;

    if (cursor_left(c) == 0)
        return false;
    line.kind = cursor_varint(c);
    line.start_kb = cursor_zigzag(c);
    line.end_kb = cursor_zigzag(c);
    if (c->failed)
        return false;
    *ret = line;
    return true;
}
