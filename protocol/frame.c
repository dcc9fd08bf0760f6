#include "protocol/frame.h"
#include "protocol/cursor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_SIZE 4
#define READ_SIZE   4096
#define KEEP_SIZE   (64u << 10) // a larger buffer, of a keyframe, is given back

size_t frame_begin(buffer_t *out, uint8_t type)
{
    size_t mark = out->len;

    buffer_put_u32(out, 0);
    buffer_put_u8(out, type);
    return mark;
}

static void store_u32(unsigned char *at, uint32_t v)
{
    for (unsigned i = 0; i < LENGTH_SIZE; i++)
        at[i] = (unsigned char) (v >> 8 * i);
}

void frame_end(buffer_t *out, size_t mark)
{
    if (!out->failed)
        store_u32(out->data + mark, (uint32_t) (out->len - mark - LENGTH_SIZE));
}

int frame_header(uint8_t type, size_t body_len, unsigned char ret_header[FRAME_HEADER_SIZE])
{
    if (body_len > FRAME_MAX - 1)
        return -E2BIG;
    store_u32(ret_header, (uint32_t) body_len + 1);
    ret_header[LENGTH_SIZE] = type;
    return 0;
}

void frame_reader_init(frame_reader_t *r, size_t max)
{
    *r = (frame_reader_t){.max = max};
}

void frame_reader_done(frame_reader_t *r)
{
    free(r->data);
    *r = (frame_reader_t){.max = r->max};
}

void frame_reader_reset(frame_reader_t *r)
{
    r->len = r->consumed = 0;
}

static size_t frame_length(const frame_reader_t *r)
{
    cursor_t c = cursor_of(r->data + r->consumed, LENGTH_SIZE);

    return cursor_u32(&c);
}

void *frame_reader_space(frame_reader_t *r, size_t *ret_len)
{
    size_t want;
    unsigned char *grown;

    if (r->consumed > 0) {
        memmove(r->data, r->data + r->consumed, r->len - r->consumed);
        r->len -= r->consumed;
        r->consumed = 0;
    }
    if (r->len == 0 && r->cap > KEEP_SIZE) {
        free(r->data);
        r->data = NULL;
        r->cap = 0;
    }
    // Doubling with what has arrived: a length alone, true or not, takes no memory.
    want = r->len < READ_SIZE ? READ_SIZE : r->len * 2;
    if (r->len >= LENGTH_SIZE && frame_length(r) <= r->max) {
        size_t frame = frame_length(r) + LENGTH_SIZE;

        if (want > frame && frame > r->len)
            want = frame > READ_SIZE ? frame : READ_SIZE;
    }
    if (want > r->cap) {
        grown = realloc(r->data, want);
        if (!grown)
            return NULL;
        r->data = grown;
        r->cap = want;
    }
    *ret_len = r->cap - r->len;
    return r->data + r->len;
}

void frame_reader_filled(frame_reader_t *r, size_t len)
{
    r->len += len;
}

int frame_reader_next(frame_reader_t *r, frame_t *ret)
{
    size_t have = r->len - r->consumed, length;

    if (have < LENGTH_SIZE)
        return 0;
    length = frame_length(r);
    if (length == 0 || length > r->max)
        return -EMSGSIZE;
    if (have - LENGTH_SIZE < length)
        return 0;
    *ret = (frame_t){
            .type = r->data[r->consumed + LENGTH_SIZE],
            .body = r->data + r->consumed + FRAME_HEADER_SIZE,
            .len = length - 1,
    };
    r->consumed += LENGTH_SIZE + length;
    return 1;
}
