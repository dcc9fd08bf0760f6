#include "client/view/figures.h"

#include "common/cleanup.h"
#include "common/format.h"
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define KB_PER_MB 1024.0
#define KB_PER_GB (1024.0 * 1024.0)

typedef struct {
    double size;
    const char *name;
} unit_t;

static unit_t unit_of(uint64_t kb)
{
    if ((double) kb >= KB_PER_GB * 10)
        return (unit_t){KB_PER_GB, "GB"};
    return (unit_t){KB_PER_MB, "MB"};
}

char *format_mb(char *buf, size_t cap, uint64_t kb, int decimals)
{
    unit_t unit = unit_of(kb);

    if (unit.size > KB_PER_MB)
        decimals = MAX(decimals, 2);
    snprintf(buf, cap, "%.*f %s", decimals, (double) kb / unit.size, unit.name);
    return buf;
}

void format_range(char *low, char *high, uint64_t low_kb, uint64_t high_kb)
{
    unit_t unit = unit_of(high_kb);
    int decimals = unit.size > KB_PER_MB ? 2 : 1;

    snprintf(low, FORMAT_MAX, "%.*f", decimals, (double) low_kb / unit.size);
    snprintf(high, FORMAT_MAX, "%.*f %s", decimals, (double) high_kb / unit.size, unit.name);
}

void format_share(char *buf, size_t cap, uint64_t part, uint64_t whole)
{
    double share = whole > 0 ? (double) part / (double) whole * 100 : 0;

    if (whole == 0)
        buf[0] = '\0';
    else
        snprintf(buf, cap, "%.0f%%", part < whole ? MIN(share, 99) : MIN(share, 999));
}

char *format_span(char *buf, size_t cap, unsigned seconds)
{
    if (seconds >= 3600)
        snprintf(buf, cap, "%u h", seconds / 3600);
    else
        format_duration(buf, cap, seconds);
    return buf;
}

// A trace's clock that is no calendar's: what it said, in hours.
static char *format_trace_clock(char *buf, size_t cap, uint64_t ms)
{
    uint64_t s = ms / 1000;

    snprintf(buf, cap, "%" PRIu64 ":%02u:%02u", s / 3600, (unsigned) (s / 60 % 60),
            (unsigned) (s % 60));
    return buf;
}

char *format_clock(char *buf, size_t cap, const system_snapshot_t *s, uint64_t boot_ms)
{
    uint64_t ago = s->mono_ms > boot_ms ? s->mono_ms - boot_ms : 0;
    time_t t = (time_t) ((s->real_ms - MIN(ago, s->real_ms)) / 1000);
    struct tm tm;

    buf[0] = '\0';
    if (!snapshot_has_calendar(s))
        return format_trace_clock(buf, cap, s->real_ms - MIN(ago, s->real_ms));
    if (SYSTEM_KNOWN(s, real_ms) && SYSTEM_KNOWN(s, mono_ms) && localtime_r(&t, &tm))
        strftime(buf, cap, ago < 20 * 3600 * 1000 ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &tm);
    return buf;
}
