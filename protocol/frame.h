#ifndef MEMSCOPE_PROTOCOL_FRAME_H
#define MEMSCOPE_PROTOCOL_FRAME_H

// A frame is u32 length of what follows, u8 message type, body. Lengths are checked before
// anything is allocated.

#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER_SIZE   5
#define FRAME_MAX           (64u << 20) // daemon to client: type and body
#define FRAME_MAX_TO_DAEMON 4096u

struct buffer;

// Begins a frame in `out` and returns a mark for frame_end, which fills in the length.
size_t frame_begin(struct buffer *out, uint8_t type);
void frame_end(struct buffer *out, size_t mark);

// Alone, for a body that is written in parts. 0, or -E2BIG beyond FRAME_MAX.
int frame_header(uint8_t type, size_t body_len, unsigned char ret_header[FRAME_HEADER_SIZE]);

// Cuts a byte stream into frames; grows to the largest frame seen, at most `max`.
typedef struct {
    unsigned char *data;
    size_t len, cap, max;
    size_t consumed;
} frame_reader_t;

void frame_reader_init(frame_reader_t *r, size_t max);
void frame_reader_done(frame_reader_t *r);
void frame_reader_reset(frame_reader_t *r);

// Space to read into: *ret_len bytes at the returned address; NULL when memory ran out.
void *frame_reader_space(frame_reader_t *r, size_t *ret_len);
void frame_reader_filled(frame_reader_t *r, size_t len);

typedef struct {
    uint8_t type;
    const unsigned char *body; // valid until the next frame_reader_space
    size_t len;
} frame_t;

// 1: a frame; 0: more bytes are needed; -EMSGSIZE: a length of 0 or beyond `max`.
int frame_reader_next(frame_reader_t *r, frame_t *ret);

#endif
