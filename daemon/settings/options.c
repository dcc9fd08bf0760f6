#include "daemon/settings/options.h"
#include "common/cleanup.h"
#include "common/format.h"
#include "common/log.h"
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_OPTION 256 // of getopt_long: no character is one

// Takes a value into the configuration; returns what is allowed where it is not, else NULL.
typedef const char *(*apply_t)(settings_t *s, char *value);

static bool parse_number(const char *s, uint64_t min, uint64_t max, uint64_t *ret)
{
    char *end;
    unsigned long long v;

    errno = 0;
    v = strtoull(s, &end, 10);
    if (*s < '0' || *s > '9' || *end || errno || v < min || v > max)
        return false;
    *ret = v;
    return true;
}

static const char *set_socket(settings_t *s, char *value)
{
    s->socket_path = value;
    return *value ? NULL : "a path";
}

static const char *take_fd_number(const char *value, int *ret)
{
    uint64_t fd;

    if (!parse_number(value, 3, INT_MAX, &fd) || fcntl((int) fd, F_SETFD, FD_CLOEXEC) < 0)
        return "the number of an open descriptor, 3 or more";
    *ret = (int) fd;
    return NULL;
}

static const char *set_private(settings_t *s, char *value)
{
    return take_fd_number(value, &s->private_fd);
}

static const char *set_analyze(settings_t *s, char *value)
{
    return take_fd_number(value, &s->analyze_fd);
}

static const char *set_replay(settings_t *s, char *value)
{
    return take_fd_number(value, &s->replay_fd);
}

static const char *set_speed(settings_t *s, char *value)
{
    char *end;

    if (strcmp(value, "max") == 0) {
        s->replay_speed = REPLAY_SPEED_MAX;
        return NULL;
    }
    s->replay_speed = strtod(value, &end);
    if (end == value || *end || strspn(value, "0123456789.") != strlen(value) ||
            !(s->replay_speed >= 0.01 && s->replay_speed <= 1000000))
        return "0.01 to 1000000, or max";
    return NULL;
}

static const char *set_proc(settings_t *s, char *value)
{
    s->proc_root = value;
    return *value ? NULL : "a directory";
}

static const char *set_memory_max(settings_t *s, char *value)
{
    static const char allowed[] = "bytes with K, M or G, 8M to 64G";
    size_t len = strlen(value);
    uint64_t unit = 1, v;
    const char *units = "KMG", *at = len > 0 ? strchr(units, value[len - 1]) : NULL;
    char digits[32];

    if (at && *at)
        unit = UINT64_C(1024) << (10 * (at - units)), len--;
    if ((size_t) snprintf(digits, sizeof(digits), "%.*s", (int) len, value) >= sizeof(digits) ||
            !parse_number(digits, 1, (UINT64_C(64) << 30) / unit, &v) ||
            v * unit < UINT64_C(8) << 20)
        return allowed;
    s->memory_max = v * unit;
    return NULL;
}

static const char *set_pss_budget(settings_t *s, char *value)
{
    char *end;
    double percent = strtod(value, &end);

    if (end == value || *end || strspn(value, "0123456789.") != strlen(value) ||
            !(percent >= 0 && percent <= 100))
        return "per cent of one core, 0 to 100";
    s->pss_budget_ppm = (uint64_t) (percent * 10000 + 0.5);
    return NULL;
}

static const char *set_group(settings_t *s, char *value)
{
    s->group = value;
    return *value ? NULL : "a group's name";
}

static const char *set_max(settings_t *s, char *value)
{
    uint64_t v;

    if (!parse_number(value, 1, 4096, &v))
        return "1 to 4096";
    s->subscribers_max = (unsigned) v;
    return NULL;
}

static const char *set_max_per_user(settings_t *s, char *value)
{
    uint64_t v;

    if (!parse_number(value, 1, 4096, &v))
        return "1 to 4096";
    s->subscribers_max_per_user = (unsigned) v;
    return NULL;
}

static const struct {
    const char *name, *value, *help;
    apply_t apply; // NULL: of options_t
    bool in_file;  // also a key of memscoped.conf
} table[] = {
        {"socket", "PATH", "listen on PATH (default " MEMSCOPE_SOCKET_PATH ")", set_socket, true},
        {"private", "FD", "serve one client over this socket, and end with it", set_private},
        {"analyze", "FD", "with --private: judge the trace in this file", set_analyze},
        {"replay", "FD", "with --private: play the trace in this file", set_replay},
        {"speed", "X", "of --replay: so many times as fast as it was, or max", set_speed},
        {"group", "NAME", "members see every process whole (default memscope)", set_group, true},
        {"memory-max", "SIZE", "of samples and history (default 1% of RAM, 64M to 1G)",
                set_memory_max, true},
        {"pss-budget", "PERCENT", "of a core for reading PSS (default 0.5; 0: on demand)",
                set_pss_budget, true},
        {"max-subscribers", "N", "viewers in all (default 256)", set_max, true},
        {"max-per-user", "N", "viewers of one user, root excepted (default 32)", set_max_per_user,
                true},
        {"proc", "DIR", "read DIR in place of /proc", set_proc},
        {"config", "FILE", "settings (default " MEMSCOPE_CONFIG_FILE ")", NULL},
        {"check-config", NULL, "say what is wrong with the settings, and exit", NULL},
        {"help", NULL, "print this and exit", NULL},
        {"version", NULL, "print the version and exit", NULL},
};

static void print_help(void)
{
    printf("Usage: memscoped [OPTION]...\n\n"
           "Captures every process once a second and publishes it to memscope(1).\n\n");
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        char left[48];

        snprintf(left, sizeof(left), "--%s%s%s", table[i].name, table[i].value ? " " : "",
                table[i].value ? table[i].value : "");
        printf("  %-24s %s\n", left, table[i].help);
    }
}

const char *options_set(settings_t *settings, const char *key, char *value)
{
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (table[i].in_file && strcmp(table[i].name, key) == 0)
            return table[i].apply(settings, value);
    return OPTIONS_UNKNOWN;
}

char *options_keys(char *buf, size_t cap)
{
    char words[256] = "";
    line_t line = {.buf = words, .cap = sizeof(words)};

    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (table[i].in_file)
            line_add(&line, "%s%s", line.len > 0 ? "|" : "", table[i].name);
    return format_words(buf, cap, words);
}

// `c`: what getopt_long returned; `text`: what it was looking at.
static bool refuse(int c, const char *text)
{
    if (optopt >= FIRST_OPTION) {
        size_t index = (size_t) (optopt - FIRST_OPTION);

        if (c == ':')
            log_error("--%s needs a value: %s", table[index].name, table[index].value);
        else
            log_error("--%s takes no value", table[index].name);
    } else {
        log_error("unknown option '%s': try 'memscoped --help'", text);
    }
    return false;
}

// What is for a private daemon only, and what only goes with something else.
static bool check(const settings_t *settings)
{
    if ((settings->analyze_fd >= 0 || settings->replay_fd >= 0) && settings->private_fd < 0)
        log_error("--%s is that of --private: give both",
                settings->replay_fd >= 0 ? "replay" : "analyze");
    else if (settings->replay_speed != 1 && settings->replay_fd < 0)
        log_error("--speed is that of --replay: give both");
    else
        return true;
    return false;
}

// Options that are not settings; true: go on.
static bool apply_own(const char *name, char *value, options_t *ret)
{
    if (strcmp(name, "config") == 0) {
        ret->config_file = value;
        return true;
    }
    if (strcmp(name, "check-config") == 0) {
        ret->check_config = true;
        return true;
    }
    if (strcmp(name, "help") == 0)
        print_help();
    else
        printf("memscoped %s\n", MEMSCOPE_VERSION);
    ret->status = 0;
    return false;
}

bool options_parse(int argc, char **argv, settings_t *settings, options_t *ret)
{
    struct option options[ARRAY_SIZE(table) + 1] = {0};
    int c;

    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        options[i] = (struct option){table[i].name,
                table[i].value ? required_argument : no_argument, NULL, FIRST_OPTION + (int) i};
    *ret = (options_t){.status = OPTIONS_STATUS_USAGE};
    opterr = 0;
    optind = 0; // from the start, for the second time as well
    while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        int index = c - FIRST_OPTION;
        const char *allowed;

        if (c < FIRST_OPTION)
            return refuse(c, argv[optind - 1]);
        if (!table[index].apply) {
            if (!apply_own(table[index].name, optarg, ret))
                return false;
            continue;
        }
        allowed = table[index].apply(settings, optarg);
        if (allowed) {
            log_error("--%s '%s': expected %s", table[index].name, optarg, allowed);
            return false;
        }
    }
    if (optind < argc) {
        log_error("unexpected '%s': try 'memscoped --help'", argv[optind]);
        return false;
    }
    return check(settings);
}
