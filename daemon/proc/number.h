#ifndef MEMSCOPE_DAEMON_PROC_NUMBER_H
#define MEMSCOPE_DAEMON_PROC_NUMBER_H

// Decimal numbers in the kernel's text, without locale, sign or copying. What does not fit in 64
// bits saturates.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Skips blanks, then reads digits up to `end`. False (and *at unmoved) where there is no digit.
static inline bool number_parse(const char **at, const char *end, uint64_t *ret)
{
    const char *p = *at;
    uint64_t v = 0;
    const char *first;

    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    for (first = p; p < end && *p >= '0' && *p <= '9'; p++) {
        if (__builtin_mul_overflow(v, UINT64_C(10), &v) ||
                __builtin_add_overflow(v, (uint64_t) (*p - '0'), &v))
            v = UINT64_MAX;
    }
    if (p == first)
        return false;
    *at = p;
    *ret = v;
    return true;
}

// The end of the line that begins at `p`: its newline, or `end`.
static inline const char *line_end(const char *p, const char *end)
{
    const char *nl = memchr(p, '\n', (size_t) (end - p));

    return nl ? nl : end;
}

// Whether the line [p, end) begins with the literal `key`; *ret_after is what follows it.
static inline bool line_key(const char *p, const char *end, const char *key, const char **ret_after)
{
    size_t len = strlen(key);

    if ((size_t) (end - p) < len || memcmp(p, key, len) != 0)
        return false;
    *ret_after = p + len;
    return true;
}

#endif
