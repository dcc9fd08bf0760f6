#include "client/clipboard.h"

#include "common/cleanup.h"
#include <stdint.h>
#include <string.h>
#include <unistd.h>

static size_t put_base64(char *out, const unsigned char *in, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t at = 0;

    for (size_t i = 0; i < len; i += 3) {
        uint32_t bits = (uint32_t) in[i] << 16 | (i + 1 < len ? (uint32_t) in[i + 1] << 8 : 0) |
                        (i + 2 < len ? in[i + 2] : 0);

        out[at++] = digits[bits >> 18];
        out[at++] = digits[bits >> 12 & 63];
        out[at++] = i + 1 < len ? digits[bits >> 6 & 63] : '=';
        out[at++] = i + 2 < len ? digits[bits & 63] : '=';
    }
    return at;
}

bool clipboard_copy(const char *text)
{
    static const char start[] = "\033]52;c;", end[] = "\a";
    const char *name = getenv("TERM");
    size_t len = strlen(text), at = 0;
    _cleanup_free_ char *sequence = malloc(len * 4 / 3 + 32);

    // The console of Linux would print it.
    if (!sequence || !name || strncmp(name, "linux", 5) == 0)
        return false;
    at = strlen(strcpy(sequence, start));
    at += put_base64(sequence + at, (const unsigned char *) text, len);
    at = (size_t) (stpcpy(sequence + at, end) - sequence);
    return write(STDOUT_FILENO, sequence, at) == (ssize_t) at;
}
