#include "common/format.h"
#include "common/cleanup.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define KB_PER_MB 1024.0
#define KB_PER_GB (1024.0 * 1024.0)
#define KB_PER_TB (1024.0 * 1024.0 * 1024.0)

char *format_kb(char *buf, size_t cap, uint64_t kb)
{
    double v = (double) kb;

    if (kb < 1000)
        snprintf(buf, cap, "%" PRIu64 " kB", kb);
    else if (v / KB_PER_MB < 9999.95)
        snprintf(buf, cap, "%.1f MB", v / KB_PER_MB);
    else if (v / KB_PER_GB < 9999.95)
        snprintf(buf, cap, "%.2f GB", v / KB_PER_GB);
    else
        snprintf(buf, cap, "%.2f TB", v / KB_PER_TB);
    return buf;
}

char *format_delta_kb(char *buf, size_t cap, int64_t kb)
{
    double v = (double) kb;
    double size = v < 0 ? -v : v;

    // What rounds to nothing has no direction.
    if (size / KB_PER_MB < 0.005)
        v = 0;
    if (size / KB_PER_MB < 9999.995)
        snprintf(buf, cap, "%+.2f MB", v / KB_PER_MB);
    else
        snprintf(buf, cap, "%+.2f GB", v / KB_PER_GB);
    return buf;
}

char *format_kb_short(char *buf, size_t cap, uint64_t kb)
{
    static const char units[] = {'K', 'M', 'G', 'T', 'P', 'E', 'Z'};
    double v = (double) kb;
    size_t unit = 0;

    while (v >= 999.5 && unit + 1 < sizeof(units)) {
        v /= 1024;
        unit++;
    }
    snprintf(buf, cap, unit > 0 && v < 9.95 ? "%.1f%c" : "%.0f%c", v, units[unit]);
    return buf;
}

char *format_kb_of(char *buf, size_t cap, uint64_t kb, uint64_t total_kb)
{
    double v = (double) kb, total = (double) total_kb;

    if (total >= KB_PER_TB)
        snprintf(buf, cap, "%.2f/%.1fT", v / KB_PER_TB, total / KB_PER_TB);
    else if (total >= KB_PER_GB * 10)
        snprintf(buf, cap, "%.1f/%.0fG", v / KB_PER_GB, total / KB_PER_GB);
    else if (total >= KB_PER_GB)
        snprintf(buf, cap, "%.1f/%.1fG", v / KB_PER_GB, total / KB_PER_GB);
    else
        snprintf(buf, cap, "%.0f/%.0fM", v / KB_PER_MB, total / KB_PER_MB);
    return buf;
}

char *format_permille(char *buf, size_t cap, uint64_t permille)
{
    if (permille >= 10000)
        snprintf(buf, cap, "%" PRIu64 "%%", permille / 10 + (permille % 10 >= 5));
    else
        snprintf(buf, cap, "%" PRIu64 ".%" PRIu64 "%%", permille / 10, permille % 10);
    return buf;
}

char *format_duration(char *buf, size_t cap, uint64_t s)
{
    if (s < 120)
        snprintf(buf, cap, "%" PRIu64 " s", s);
    else if (s < 7200)
        snprintf(buf, cap, "%" PRIu64 " min", s / 60);
    else if (s < 86400 * 2)
        snprintf(buf, cap, "%" PRIu64 " h %02" PRIu64 " min", s / 3600, s / 60 % 60);
    else
        snprintf(buf, cap, "%" PRIu64 " d %" PRIu64 " h", s / 86400, s / 3600 % 24);
    return buf;
}

char *format_count(char *buf, size_t cap, uint64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
    size_t at = 0;

    for (int i = 0; i < len && at + 2 < cap; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            buf[at++] = ',';
        buf[at++] = digits[i];
    }
    if (cap > 0)
        buf[at] = '\0';
    return buf;
}

char *format_words(char *buf, size_t cap, const char *words)
{
    line_t line = {.buf = buf, .cap = cap};
    const char *before = "";

    if (cap > 0)
        buf[0] = '\0';
    while (*words) {
        size_t n = strcspn(words, "|");

        line_add(&line, "%s%.*s", before, (int) n, words);
        words += n + (words[n] == '|');
        before = strchr(words, '|') ? ", " : " or ";
    }
    return buf;
}

void line_add(line_t *l, const char *format, ...)
{
    va_list args;
    int n;

    if (l->len + 1 >= l->cap)
        return;
    va_start(args, format);
    n = vsnprintf(l->buf + l->len, l->cap - l->len, format, args);
    va_end(args);
    if (n > 0)
        l->len = MIN(l->len + (size_t) n, l->cap - 1);
}
