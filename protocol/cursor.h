#ifndef MEMSCOPE_PROTOCOL_CURSOR_H
#define MEMSCOPE_PROTOCOL_CURSOR_H

// Bounded reading and writing of the wire's primitive values: little-endian integers, LEB128
// varints (at most ten bytes), zigzag.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Growing output. Once an append failed, `failed` stays set and nothing more is written.
typedef struct buffer {
    unsigned char *data;
    size_t len;
    size_t cap;
    size_t max; // refuses to grow beyond; 0: FRAME_MAX
    int error;  // -E2BIG, -ENOMEM
    bool failed;
} buffer_t;

void buffer_done(buffer_t *b);
void buffer_reset(buffer_t *b);                // keeps the memory
void buffer_truncate(buffer_t *b, size_t len); // forgets what lies beyond and a failure there
void buffer_put(buffer_t *b, const void *data, size_t len);
void buffer_put_u8(buffer_t *b, uint8_t v);
void buffer_put_u32(buffer_t *b, uint32_t v);
void buffer_put_varint(buffer_t *b, uint64_t v);
void buffer_put_zigzag(buffer_t *b, int64_t v);

// Input. Reading past the end sets `failed` and yields zero; check once at the end.
typedef struct {
    const unsigned char *at;
    const unsigned char *end;
    bool failed;
} cursor_t;

cursor_t cursor_of(const void *data, size_t len);
uint8_t cursor_u8(cursor_t *c);
uint32_t cursor_u32(cursor_t *c);
uint64_t cursor_varint(cursor_t *c);
int64_t cursor_zigzag(cursor_t *c);
// A view of `len` bytes, or NULL (and failed).
const unsigned char *cursor_take(cursor_t *c, size_t len);
static inline size_t cursor_left(const cursor_t *c)
{
    return (size_t) (c->end - c->at);
}

#endif
