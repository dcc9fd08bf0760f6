#include "client/model/pattern.h"
#include "common/cleanup.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64
#define COST_MAX  4096 // single matches that the expression is made of when all is written out

typedef struct {
    unsigned long sum[DEPTH_MAX]; // of the groups that are open
    size_t depth;
    bool repeats[DEPTH_MAX]; // something in the group is repeated
    unsigned long last;      // of what a repetition would be of
    bool last_repeats;       // it has one in itself
} cost_t;

static void add(cost_t *c, unsigned long cost)
{
    c->last = cost;
    c->last_repeats = false;
    c->sum[c->depth] += cost;
}

static bool repeat(cost_t *c, unsigned long times)
{
    if (times > 1 && c->last_repeats)
        return false;
    c->sum[c->depth] += c->last * (times - 1);
    c->last *= times;
    c->last_repeats = c->repeats[c->depth] = true;
    return true;
}

// Behind the "[...]" that begins here, or at the end.
static const char *skip_set(const char *p)
{
    p++;
    p += *p == '^';
    p += *p == ']';
    while (*p && *p != ']') {
        char kind = p[0] == '[' ? p[1] : '\0';
        const char *end = NULL;

        if (kind == ':' || kind == '.' || kind == '=')
            end = strstr(p + 2, (char[]){kind, ']', '\0'});
        p = end ? end + 2 : p + 1;
    }
    return *p ? p + 1 : p;
}

// "{m}", "{m,}" or "{m,n}": behind it, and how often at most; otherwise a sign like others.
static const char *take_interval(const char *p, unsigned long *ret_times)
{
    const char *at = p + 1;
    char *end;

    *ret_times = 0;
    for (int i = 0; i < 2; i++) {
        if (isdigit((unsigned char) *at)) {
            *ret_times = MAX(*ret_times, MIN(strtoul(at, &end, 10), COST_MAX + 1ul) + 1);
            at = end;
        }
        if (*at == ',')
            at++;
    }
    return *at == '}' ? at + 1 : p + 1;
}

static bool open_group(cost_t *c)
{
    if (c->depth + 1 == DEPTH_MAX)
        return false;
    c->sum[++c->depth] = 0;
    c->repeats[c->depth] = false;
    c->last = 0;
    c->last_repeats = false;
    return true;
}

static void close_group(cost_t *c)
{
    unsigned long sum = c->sum[c->depth] + 1;
    bool repeats = c->repeats[c->depth];

    if (c->depth == 0) { // a sign like others
        add(c, 1);
        return;
    }
    c->depth--;
    add(c, sum);
    c->last_repeats = repeats;
    c->repeats[c->depth] |= repeats;
}

bool pattern_is_bounded(const char *pattern)
{
    cost_t c = {0};
    unsigned long times;

    for (const char *p = pattern; *p;) {
        if (*p == '\\' && isdigit((unsigned char) p[1]))
            return false;
        if (*p == '(' && !open_group(&c))
            return false;
        switch (*p) {
        case '\\':
            add(&c, 1);
            p += p[1] ? 2 : 1;
            break;
        case '[':
            add(&c, 1);
            p = skip_set(p);
            break;
        case '(':
            p++;
            break;
        case ')':
            close_group(&c);
            p++;
            break;
        case '+':
            if (!repeat(&c, 2))
                return false;
            p++;
            break;
        case '*':
        case '?':
            repeat(&c, 1);
            p++;
            break;
        case '{':
            p = take_interval(p, &times);
            if (times == 0)
                add(&c, 1);
            else if (!repeat(&c, times))
                return false;
            break;
        default:
            add(&c, 1);
            p++;
        }
        // As what is too much is left at once, nothing grows beyond an integer.
        if (c.sum[c.depth] > COST_MAX)
            return false;
    }
    return true;
}
