#include "common/text.h"
#include "common/cleanup.h"

#include <string.h>
#include <wchar.h>

#define REPLACEMENT UINT32_C(0xfffd)

size_t text_decode(const char *s, size_t len, uint32_t *ret_codepoint)
{
    const unsigned char *b = (const unsigned char *) s;
    uint32_t c, least;
    size_t need;

    *ret_codepoint = REPLACEMENT;
    if (len == 0)
        return 0;
    if (b[0] < 0x80) {
        *ret_codepoint = b[0];
        return 1;
    }
    if ((b[0] & 0xe0) == 0xc0) {
        c = b[0] & 0x1f, need = 2, least = 0x80;
    } else if ((b[0] & 0xf0) == 0xe0) {
        c = b[0] & 0x0f, need = 3, least = 0x800;
    } else if ((b[0] & 0xf8) == 0xf0) {
        c = b[0] & 0x07, need = 4, least = 0x10000;
    } else {
        return 1;
    }
    if (len < need)
        return 1;
    for (size_t i = 1; i < need; i++) {
        if ((b[i] & 0xc0) != 0x80)
            return 1;
        c = c << 6 | (b[i] & 0x3f);
    }
    if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 1;
    *ret_codepoint = c;
    return need;
}

size_t text_encode(uint32_t c, char buf[4])
{
    if (c < 0x80) {
        buf[0] = (char) c;
        return 1;
    }
    if (c < 0x800) {
        buf[0] = (char) (0xc0 | c >> 6);
        buf[1] = (char) (0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        buf[0] = (char) (0xe0 | c >> 12);
        buf[1] = (char) (0x80 | (c >> 6 & 0x3f));
        buf[2] = (char) (0x80 | (c & 0x3f));
        return 3;
    }
    buf[0] = (char) (0xf0 | c >> 18);
    buf[1] = (char) (0x80 | (c >> 12 & 0x3f));
    buf[2] = (char) (0x80 | (c >> 6 & 0x3f));
    buf[3] = (char) (0x80 | (c & 0x3f));
    return 4;
}

int text_codepoint_width(uint32_t c)
{
    int w;

    if (c < 0x20 || (c >= 0x7f && c < 0xa0))
        return -1;
    if (c < 0x7f)
        return 1;
    if (c == REPLACEMENT)
        return 1;
    w = wcwidth((wchar_t) c);
    return w < 0 ? 1 : w;
}

// Characters that reorder, hide or break a line although they print nothing.
bool text_is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x180e ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           (c >= 0xe0000 && c <= 0xe0fff);
}

size_t text_sanitize(char *buf, size_t cap, const char *s, size_t len, bool utf8)
{
    size_t at = 0;

    if (cap == 0)
        return 0;
    for (size_t i = 0; i < len;) {
        uint32_t c;
        size_t used = text_decode(s + i, len - i, &c);
        const char *out = s + i;
        size_t out_len = used;

        if (text_is_unsafe(c) || (!utf8 && c >= 0x80)) {
            out = "?";
            out_len = 1;
        } else if (c == REPLACEMENT) {
            out = "\xef\xbf\xbd";
            out_len = 3;
        }
        if (at + out_len >= cap)
            break;
        memcpy(buf + at, out, out_len);
        at += out_len;
        i += used;
    }
    buf[at] = '\0';
    return at;
}

// What is drawn as nothing, though it may take columns: blanks of all widths, Braille without a
// dot, and the fillers of Hangul.
static bool is_blank(uint32_t c)
{
    return c == ' ' || c == 0xa0 || c == 0x115f || c == 0x1160 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x202f || c == 0x205f || c == 0x2800 ||
           c == 0x3000 || c == 0x3164 || c == 0xffa0;
}

bool text_is_blank(const char *s)
{
    size_t len = strlen(s);
    uint32_t c;

    for (size_t at = 0; at < len;) {
        at += text_decode(s + at, len - at, &c);
        if (!is_blank(c))
            return false;
    }
    return true;
}

size_t text_name(char *buf, size_t cap, const char *s, size_t len, bool utf8)
{
    size_t n = text_sanitize(buf, cap, s, len, utf8);

    if (cap < 3 || !text_is_blank(buf))
        return n;
    n = text_sanitize(buf + 1, cap - 2, s, len, utf8);
    buf[0] = buf[n + 1] = '\'';
    buf[n + 2] = '\0';
    return n + 2;
}

size_t text_width(const char *s)
{
    size_t columns;

    text_fit(s, SIZE_MAX, &columns);
    return columns;
}

size_t text_fit(const char *s, size_t columns, size_t *ret_columns)
{
    size_t len = strlen(s), at = 0, width = 0;

    while (at < len) {
        uint32_t c;
        size_t used = text_decode(s + at, len - at, &c);
        int w = text_codepoint_width(c);
        size_t add = w > 0 ? (size_t) w : 0;

        if (add > columns - width)
            break;
        width += add;
        at += used;
    }
    *ret_columns = width;
    return at;
}

size_t text_wrap(const char *s, size_t columns)
{
    size_t taken, len = text_fit(s, columns, &taken), blank;

    if (s[len] == '\0' || s[len] == ' ')
        return len;
    for (blank = len; blank > 0 && s[blank] != ' '; blank--)
        ;
    return blank * 2 > len ? blank : MAX(len, (size_t) 1);
}
