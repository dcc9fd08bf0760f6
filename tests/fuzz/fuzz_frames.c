// A stream of frames from either side, as the other one reads it: what is understood can be said
// again and means the same.

#include "protocol/cursor.h"
#include "protocol/frame.h"
#include "protocol/message.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>

static void check_said_again(message_type_t type, const message_t *m)
{
    static buffer_t out;
    char text[600], again[600];
    message_t copy;

    buffer_reset(&out);
    FUZZ_CHECK(message_append(&out, type, m) == 0);
    FUZZ_CHECK(message_decode(type, out.data + FRAME_HEADER_SIZE, out.len - FRAME_HEADER_SIZE,
                       &copy) == 0);
    message_print(type, m, text, sizeof(text));
    message_print(type, &copy, again, sizeof(again));
    FUZZ_CHECK(strcmp(text, again) == 0);
}

static void read_stream(const uint8_t *data, size_t len, size_t max)
{
    frame_reader_t r;
    frame_t frame;
    message_t m;
    int more = 0;

    frame_reader_init(&r, max);
    while (len > 0 && more >= 0) {
        size_t space;
        void *at = frame_reader_space(&r, &space);

        FUZZ_CHECK(at && space > 0);
        FUZZ_CHECK(r.cap <= 4 * (r.len + 4096));
        if (space > len)
            space = len;
        memcpy(at, data, space);
        frame_reader_filled(&r, space);
        data += space;
        len -= space;
        while ((more = frame_reader_next(&r, &frame)) > 0) {
            int error = message_decode(frame.type, frame.body, frame.len, &m);

            FUZZ_CHECK(error == 0 || error == -EBADMSG || error == -EOPNOTSUPP);
            if (error == 0)
                check_said_again(frame.type, &m);
        }
    }
    frame_reader_done(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    read_stream(data, len, FRAME_MAX_TO_DAEMON);
    read_stream(data, len, FRAME_MAX);
    return 0;
}
