#ifndef MEMSCOPE_COMMON_TEXT_H
#define MEMSCOPE_COMMON_TEXT_H

// Text from processes and peers is hostile: this is what stands between it and a terminal.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Decodes one code point of at most `len` bytes. Returns the number of bytes used (at least 1 where
// len > 0). Anything that is not shortest-form UTF-8 of a Unicode scalar value yields U+FFFD and
// uses one byte.
size_t text_decode(const char *s, size_t len, uint32_t *ret_codepoint);

// Writes a code point as UTF-8; returns the bytes written, 1 to 4.
size_t text_encode(uint32_t codepoint, char buf[4]);

// Columns of a terminal that a code point takes: 0, 1 or 2; -1 for a control character.
int text_codepoint_width(uint32_t codepoint);

// Whether a code point acts on what shows it: a control character (C0, C1, DEL), a line or
// paragraph separator, a bidi control or a zero-width format character.
bool text_is_unsafe(uint32_t codepoint);

// Copies `len` bytes as text that is safe to show: what is unsafe becomes '?', invalid UTF-8
// becomes U+FFFD (or '?' if !utf8), and with !utf8 so does every non-ASCII code point. Never writes
// more than cap bytes with the NUL and never cuts a code point in two. Returns the bytes written
// without the NUL.
size_t text_sanitize(char *buf, size_t cap, const char *s, size_t len, bool utf8);

// The same of a name that somebody chose; one of which nothing would be seen, empty or all blanks,
// comes in quotes.
size_t text_name(char *buf, size_t cap, const char *s, size_t len, bool utf8);

// Whether a sanitised string shows nothing: it is empty, or all blanks.
bool text_is_blank(const char *s);

// Columns of a sanitised, NUL-terminated string.
size_t text_width(const char *s);

// Bytes of the longest prefix of `s` that fits in `columns`; *ret_columns is what it takes.
size_t text_fit(const char *s, size_t columns, size_t *ret_columns);

// Bytes of the first line of `s`, not empty, where it is wrapped to so many columns: up to a blank,
// unless that leaves more than half of the line empty.
size_t text_wrap(const char *s, size_t columns);

#endif
