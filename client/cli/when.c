#include "client/cli/when.h"

#include "client/cli/cli.h"
#include "common/cleanup.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_S        86400
#define SECOND_MS    UINT64_C(1000)
#define EPOCH_DIGITS 11 // of seconds: until the year 5138

// "10m", "1h30m", "90": seconds where there is no unit. Not empty.
static bool parse_duration(const char *text, uint64_t *ret_s)
{
    static const char units[] = "smhd";
    static const uint64_t seconds[] = {1, 60, 3600, DAY_S};
    uint64_t total = 0;

    do {
        const char *unit;
        uint64_t n = 0;
        int digits = 0;

        for (; *text >= '0' && *text <= '9' && digits < 9; digits++)
            n = n * 10 + (uint64_t) (*text++ - '0');
        unit = *text ? strchr(units, *text) : units;
        if (digits == 0 || !unit)
            return false;
        total += n * seconds[unit - units];
        text += *text != '\0';
    } while (*text);
    *ret_s = total;
    return true;
}

static bool take_number(const char **at, int least_digits, int most_digits, int *ret)
{
    const char *text = *at;
    int n = 0, digits = 0;

    for (; *text >= '0' && *text <= '9' && digits < most_digits; digits++)
        n = n * 10 + (*text++ - '0');
    if (digits < least_digits)
        return false;
    *at = text;
    *ret = n;
    return true;
}

// What was written, and for how long that is: a second where it is given to the second, as memscope
// writes times itself.
typedef struct {
    uint64_t ms;
    uint64_t lasts_ms;
} moment_t;

// ".25" or ",250000", as programs write fractions of a second; without any it is all of it.
static bool take_fraction(const char **at, moment_t *ret)
{
    uint64_t ms = 0, unit = 100, lasts_ms = SECOND_MS;

    if (**at == '.' || **at == ',') {
        const char *first = ++*at;

        for (; **at >= '0' && **at <= '9'; ++*at, unit /= 10)
            ms += (uint64_t) (**at - '0') * unit;
        if (*at == first)
            return false;
        lasts_ms = 1;
    }
    *ret = (moment_t){ms, lasts_ms};
    return true;
}

// "14:02", "14:02:10", "14:02:10.5"
static bool take_clock(const char **at, struct tm *tm, moment_t *ret_fraction)
{
    tm->tm_sec = 0;
    if (!take_number(at, 1, 2, &tm->tm_hour) || *(*at)++ != ':' ||
            !take_number(at, 1, 2, &tm->tm_min))
        return false;
    if (**at != ':')
        return true;
    ++*at;
    return take_number(at, 1, 2, &tm->tm_sec) && take_fraction(at, ret_fraction);
}

// "Z", "+01:00", "+0100" or "+01": seconds that its clocks are ahead.
static bool parse_zone(const char *text, int *ret_s)
{
    int sign = *text == '-' ? -1 : 1, h, m = 0;

    if (strcmp(text, "Z") == 0) {
        *ret_s = 0;
        return true;
    }
    if (*text != '-' && *text != '+')
        return false;
    text++;
    if (!take_number(&text, 2, 2, &h))
        return false;
    if (*text) {
        text += *text == ':';
        if (!take_number(&text, 2, 2, &m) || *text)
            return false;
    }
    *ret_s = sign * (h * 3600 + m * 60);
    return true;
}

static bool to_ms(struct tm *tm, const char *zone, uint64_t *ret_ms)
{
    int ahead_s = 0;
    time_t t;

    if (*zone == '\0') {
        tm->tm_isdst = -1;
        t = mktime(tm);
    } else if (parse_zone(zone, &ahead_s)) {
        t = timegm(tm) - ahead_s;
    } else {
        return false;
    }
    if (t < 0)
        return false;
    *ret_ms = (uint64_t) t * SECOND_MS;
    return true;
}

static bool is_valid(const struct tm *tm)
{
    return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 61 && tm->tm_mon >= 0 &&
           tm->tm_mon < 12 && tm->tm_mday >= 1 && tm->tm_mday <= 31;
}

static bool parse_date(const char *text, moment_t *ret)
{
    moment_t fraction = {.lasts_ms = 1};
    struct tm tm = {0};
    uint64_t ms;

    if (!take_number(&text, 4, 4, &tm.tm_year) || *text++ != '-' ||
            !take_number(&text, 2, 2, &tm.tm_mon) || *text++ != '-' ||
            !take_number(&text, 2, 2, &tm.tm_mday))
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    if (*text == 'T' || *text == ' ') {
        text++;
        if (!take_clock(&text, &tm, &fraction))
            return false;
    }
    if (!is_valid(&tm) || !to_ms(&tm, text, &ms))
        return false;
    *ret = (moment_t){ms + fraction.ms, fraction.lasts_ms};
    return true;
}

static bool parse_time(const char *text, uint64_t now_ms, moment_t *ret)
{
    time_t now = (time_t) (now_ms / SECOND_MS);
    moment_t fraction = {.lasts_ms = 1};
    struct tm tm;
    uint64_t ms;

    if (!localtime_r(&now, &tm) || !take_clock(&text, &tm, &fraction) || *text || !is_valid(&tm) ||
            !to_ms(&tm, "", &ms))
        return false;
    if (ms + fraction.ms > now_ms) { // the day before, whose midnights may be 23 or 25 hours away
        tm.tm_mday--;
        if (!to_ms(&tm, "", &ms))
            return false;
    }
    *ret = (moment_t){ms + fraction.ms, fraction.lasts_ms};
    return true;
}

// "@1795271400.25", as date(1) takes it: what the output for programs calls a time.
static bool parse_epoch(const char *text, moment_t *ret)
{
    const char *first = ++text;
    moment_t fraction;
    uint64_t s = 0;

    for (; *text >= '0' && *text <= '9' && text - first < EPOCH_DIGITS; text++)
        s = s * 10 + (uint64_t) (*text - '0');
    if (text == first || !take_fraction(&text, &fraction) || *text)
        return false;
    *ret = (moment_t){s * SECOND_MS + fraction.ms, fraction.lasts_ms};
    return true;
}

static bool parse(const char *text, uint64_t now_ms, moment_t *ret)
{
    uint64_t ago_s = 0;

    if (strcmp(text, "now") == 0 || (text[0] == '-' && parse_duration(text + 1, &ago_s))) {
        *ret = (moment_t){now_ms - MIN(now_ms, ago_s * SECOND_MS), 1};
        return true;
    }
    if (text[0] == '@')
        return parse_epoch(text, ret);
    return parse_time(text, now_ms, ret) || parse_date(text, ret);
}

bool when_parse(const char *text, uint64_t now_ms, uint64_t *ret_ms)
{
    moment_t m;

    if (!parse(text, now_ms, &m))
        return false;
    *ret_ms = m.ms;
    return true;
}

int when_span(const char *since, const char *until, uint64_t now_ms, uint64_t *ret_from_ms,
        uint64_t *ret_to_ms)
{
    moment_t from = {.ms = 0}, to = {now_ms, 1};
    uint64_t to_ms;

    // The command line was checked; but what time of day it is has moved on.
    if ((since && !parse(since, now_ms, &from)) || (until && !parse(until, now_ms, &to)))
        return cli_fail(CLI_USAGE, "--since and --until: expected " WHEN_ALLOWED);
    if (from.ms > now_ms)
        return cli_fail(
                CLI_USAGE, "--since '%.60s' lies in the future: choose an earlier time", since);
    to_ms = to.ms + to.lasts_ms - 1;
    if (from.ms > to_ms)
        return cli_fail(CLI_USAGE, "--since '%.60s' lies after --until '%.60s': exchange them",
                since, until);
    if (since)
        *ret_from_ms = from.ms;
    if (until)
        *ret_to_ms = to_ms;
    return CLI_OK;
}

when_clock_t when_clock_of(const system_snapshot_t *s)
{
    return (when_clock_t){.now_ms = s->real_ms, .ahead_ms = (int64_t) (s->real_ms - s->mono_ms)};
}

uint64_t when_real_ms(const when_clock_t *c, uint64_t boot_ms)
{
    return boot_ms + (uint64_t) c->ahead_ms;
}

uint64_t when_boot_ms(const when_clock_t *c, uint64_t real_ms)
{
    int64_t ms = (int64_t) real_ms - c->ahead_ms;

    return ms > 0 ? (uint64_t) ms : 1;
}

char *when_format(char *buf, size_t cap, uint64_t ms, uint64_t now_ms)
{
    time_t t = (time_t) (ms / 1000), now = (time_t) (now_ms / 1000);
    struct tm tm, today;

    buf[0] = '\0';
    if (!localtime_r(&t, &tm) || !localtime_r(&now, &today))
        return buf;
    strftime(buf, cap,
            tm.tm_year == today.tm_year && tm.tm_yday == today.tm_yday ? "%H:%M:%S"
                                                                       : "%Y-%m-%d %H:%M:%S",
            &tm);
    return buf;
}
