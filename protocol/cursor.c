#include "protocol/cursor.h"
#include "protocol/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VARINT_MAX_SIZE 10

void buffer_done(buffer_t *b)
{
    free(b->data);
    *b = (buffer_t){0};
}

void buffer_reset(buffer_t *b)
{
    buffer_truncate(b, 0);
}

void buffer_truncate(buffer_t *b, size_t len)
{
    b->len = len;
    b->failed = false;
    b->error = 0;
}

static void fail(buffer_t *b, int error)
{
    b->failed = true;
    b->error = error;
}

// Space for `len` more bytes, or NULL.
static unsigned char *reserve(buffer_t *b, size_t len)
{
    size_t max = b->max ? b->max : FRAME_MAX;
    size_t cap = b->cap;
    unsigned char *grown;

    if (b->failed)
        return NULL;
    if (len > max || b->len > max - len) {
        fail(b, -E2BIG);
        return NULL;
    }
    if (len <= b->cap - b->len)
        return b->data + b->len;
    while (cap < b->len + len)
        cap = cap ? cap * 2 : 256;
    grown = realloc(b->data, cap);
    if (!grown) {
        fail(b, -ENOMEM);
        return NULL;
    }
    b->data = grown;
    b->cap = cap;
    return b->data + b->len;
}

void buffer_put(buffer_t *b, const void *data, size_t len)
{
    unsigned char *at = reserve(b, len);

    if (!at || len == 0)
        return;
    memcpy(at, data, len);
    b->len += len;
}

void buffer_put_u8(buffer_t *b, uint8_t v)
{
    buffer_put(b, &v, 1);
}

void buffer_put_u32(buffer_t *b, uint32_t v)
{
    unsigned char bytes[4] = {v & 0xff, v >> 8 & 0xff, v >> 16 & 0xff, v >> 24};

    buffer_put(b, bytes, sizeof(bytes));
}

void buffer_put_varint(buffer_t *b, uint64_t v)
{
    unsigned char bytes[VARINT_MAX_SIZE];
    size_t len = 0;

    for (; v >= 0x80; v >>= 7)
        bytes[len++] = (unsigned char) (v | 0x80);
    bytes[len++] = (unsigned char) v;
    buffer_put(b, bytes, len);
}

void buffer_put_zigzag(buffer_t *b, int64_t v)
{
    buffer_put_varint(b, (uint64_t) v << 1 ^ (v < 0 ? UINT64_MAX : 0));
}

cursor_t cursor_of(const void *data, size_t len)
{
    const unsigned char *at = data;

    return (cursor_t){.at = at, .end = len > 0 ? at + len : at};
}

const unsigned char *cursor_take(cursor_t *c, size_t len)
{
    const unsigned char *taken = c->at;

    if (c->failed || len > cursor_left(c)) {
        c->failed = true;
        return NULL;
    }
    if (len > 0)
        c->at += len;
    return taken;
}

uint8_t cursor_u8(cursor_t *c)
{
    const unsigned char *b = cursor_take(c, 1);

    return b ? *b : 0;
}

uint32_t cursor_u32(cursor_t *c)
{
    const unsigned char *b = cursor_take(c, 4);

    if (!b)
        return 0;
    return (uint32_t) b[0] | (uint32_t) b[1] << 8 | (uint32_t) b[2] << 16 | (uint32_t) b[3] << 24;
}

uint64_t cursor_varint(cursor_t *c)
{
    uint64_t v = 0;

    for (unsigned shift = 0; shift < 70 && !c->failed; shift += 7) {
        uint8_t b = cursor_u8(c);

        if (shift == 63 && b > 1)
            break; // more than 64 bits
        v |= (uint64_t) (b & 0x7f) << shift;
        if (!(b & 0x80))
            return c->failed ? 0 : v;
    }
    c->failed = true;
    return 0;
}

int64_t cursor_zigzag(cursor_t *c)
{
    uint64_t v = cursor_varint(c);

    return (int64_t) (v >> 1 ^ (v & 1 ? UINT64_MAX : 0));
}
