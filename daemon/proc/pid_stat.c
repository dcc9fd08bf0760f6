#include "daemon/proc/pid_stat.h"
#include "daemon/proc/number.h"

#include <errno.h>

// Positions after the closing parenthesis, with the state as the first.
enum {
    AT_STATE,
    AT_PPID,
    AT_FLAGS = 6,
    AT_MINFLT = 7,
    AT_MAJFLT = 9,
    AT_UTIME = 11,
    AT_STIME = 12,
    AT_THREADS = 17,
    AT_START_TIME = 19,
    AT_RSS = 21,
    AT_START_STACK = 25,
    AT_COUNT,
    AT_EXIT_CODE = 49,
};

int pid_stat_parse(const char *text, size_t len, pid_stat_t *ret)
{
    const char *p = text, *end = text + len;
    const char *open = memchr(text, '(', len);
    const char *close = memrchr(text, ')', len);
    uint64_t field[AT_COUNT] = {0};
    pid_stat_t s = {0};

    if (!open || !close || close < open || end - close < 4)
        return -EBADMSG;
    if (!number_parse(&p, open, &s.pid))
        return -EBADMSG;
    s.name_len = (size_t) (close - open - 1);
    if (s.name_len > sizeof(s.name))
        s.name_len = sizeof(s.name);
    memcpy(s.name, open + 1, s.name_len);

    s.state = close[2];
    p = close + 3;
    for (int i = AT_PPID; i < AT_COUNT; i++) {
        while (p < end && *p == ' ')
            p++;
        if (p < end && *p == '-') { // tty_pgrp and priorities; none that is wanted
            p++;
        }
        if (!number_parse(&p, end, &field[i])) {
            if (i > AT_RSS)
                break;
            return -EBADMSG;
        }
    }
    s.ppid = field[AT_PPID];
    s.flags = field[AT_FLAGS];
    s.minflt = field[AT_MINFLT];
    s.majflt = field[AT_MAJFLT];
    s.utime = field[AT_UTIME];
    s.stime = field[AT_STIME];
    s.threads = field[AT_THREADS];
    s.start_time = field[AT_START_TIME];
    s.rss_pages = field[AT_RSS];
    s.start_stack = field[AT_START_STACK];
    *ret = s;
    return 0;
}

int pid_stat_parse_exit(const char *text, size_t len, uint64_t *ret_status)
{
    const char *end = text + len, *p = memrchr(text, ')', len);

    for (int i = AT_STATE; p && i <= AT_EXIT_CODE; i++) {
        p = memchr(p, ' ', (size_t) (end - p));
        p = p ? p + 1 : NULL;
    }
    return p && number_parse(&p, end, ret_status) ? 0 : -EBADMSG;
}

int pid_statm_parse(const char *text, size_t len, pid_statm_t *ret)
{
    const char *p = text, *end = text + len;
    pid_statm_t s;

    if (!number_parse(&p, end, &s.size) || !number_parse(&p, end, &s.resident) ||
            !number_parse(&p, end, &s.shared))
        return -EBADMSG;
    *ret = s;
    return 0;
}

int pid_schedstat_parse(const char *text, size_t len, pid_schedstat_t *ret)
{
    const char *p = text, *end = text + len;
    pid_schedstat_t s;
    uint64_t wait_ns;

    if (!number_parse(&p, end, &s.run_ns) || !number_parse(&p, end, &wait_ns) ||
            !number_parse(&p, end, &s.slices))
        return -EBADMSG;
    if (s.run_ns == 0 && s.slices == 0)
        return -ENODATA;
    *ret = s;
    return 0;
}
