#include "client/model/filter.h"

#include "client/model/pattern.h"
#include "common/cleanup.h"
#include <ctype.h>
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

typedef enum { TERM_TEXT, TERM_REGEX, TERM_USER, TERM_UNIT, TERM_TAG, TERM_PID, TERM_SIZE } kind_t;

typedef struct {
    kind_t kind;
    bool negated;
    bool less; // TERM_SIZE
    char text[FILTER_TEXT_MAX];
    uint64_t number;
    uint32_t tags;
    regex_t regex;
} term_t;

struct filter {
    term_t terms[FILTER_TERMS_MAX];
    size_t n;
};

// All tags whose word begins so: "leak" is LEAK and LEAK?.
static int parse_tag(term_t *t)
{
    size_t len = strlen(t->text);

    if (len > 0 && strncasecmp("any", t->text, len) == 0)
        t->tags = UINT32_MAX;
    for (uint32_t tag = 1; tag != 0 && len > 0; tag <<= 1) {
        const char *word = tag_word(tag);

        if (word && strncasecmp(word, t->text, len) == 0)
            t->tags |= tag;
    }
    return t->tags ? 0 : -EINVAL;
}

static int parse_size(term_t *t)
{
    static const char units[] = "kmgt";
    char *end;
    double size = strtod(t->text, &end);
    const char *unit = *end ? strchr(units, tolower((unsigned char) *end)) : units + 1;

    if (end == t->text || !unit || (*end && end[1]) || !(size >= 0) || size > 1e9)
        return -EINVAL;
    for (; unit > units; unit--)
        size *= 1024;
    t->number = (uint64_t) size;
    return 0;
}

static int parse_pid(term_t *t)
{
    char *end;

    t->number = strtoull(t->text, &end, 10);
    return isdigit((unsigned char) t->text[0]) && *end == '\0' ? 0 : -EINVAL;
}

static int parse_value(term_t *t)
{
    switch (t->kind) {
    case TERM_TAG:
        return parse_tag(t);
    case TERM_SIZE:
        return parse_size(t);
    case TERM_PID:
        return parse_pid(t);
    case TERM_REGEX:
        if (!pattern_is_bounded(t->text))
            return -E2BIG;
        return regcomp(&t->regex, t->text, REG_EXTENDED | REG_ICASE | REG_NOSUB) ? -EINVAL : 0;
    default:
        return t->text[0] ? 0 : -EINVAL;
    }
}

static int parse_term(term_t *t, const char *word, size_t len)
{
    static const struct {
        const char *prefix;
        kind_t kind;
    } prefixes[] = {{"user:", TERM_USER}, {"unit:", TERM_UNIT}, {"tag:", TERM_TAG},
            {"pid:", TERM_PID}, {">", TERM_SIZE}, {"<", TERM_SIZE},
            // What those who know other filters write.
            {"user=", TERM_USER}, {"unit=", TERM_UNIT}, {"tag=", TERM_TAG}, {"pid=", TERM_PID},
            {"rss>", TERM_SIZE}, {"rss<", TERM_SIZE}, {"mem>", TERM_SIZE}, {"mem<", TERM_SIZE}};

    *t = (term_t){.kind = TERM_TEXT};
    if (len > 1 && word[0] == '!') {
        t->negated = true;
        word++;
        len--;
    }
    if (word[0] == '/') {
        t->kind = TERM_REGEX;
        word++;
        len--;
        len -= len > 0 && word[len - 1] == '/';
    }
    for (size_t i = 0; t->kind == TERM_TEXT && i < ARRAY_SIZE(prefixes); i++) {
        size_t n = strlen(prefixes[i].prefix);

        if (len < n || strncasecmp(word, prefixes[i].prefix, n) != 0)
            continue;
        t->kind = prefixes[i].kind;
        t->less = word[n - 1] == '<';
        word += n;
        len -= n;
    }
    if (len >= sizeof(t->text))
        return -E2BIG;
    snprintf(t->text, sizeof(t->text), "%.*s", (int) len, word);
    return parse_value(t);
}

// A blank within /…/ does not end the term.
static size_t word_length(const char *line)
{
    const char *start = line + (*line == '!'), *end;

    if (*start == '/' && (end = strchr(start + 1, '/')))
        return (size_t) (end + 1 - line);
    return strcspn(line, " ");
}

// "'pid:x': expected a number"
static void explain(const term_t *t, int r, char *ret_error, size_t cap)
{
    static const char *const allowed[] = {
            [TERM_TEXT] = "a text",
            [TERM_USER] = "the name of a user",
            [TERM_UNIT] = "a part of a unit's name",
            [TERM_TAG] = "leak, spike, zombie, unreaped, blocked or any",
            [TERM_PID] = "a number",
            [TERM_SIZE] = "a number, with K, M, G or T",
            [TERM_REGEX] = "a regular expression",
    };

    if (r == -E2BIG)
        snprintf(ret_error, cap, "too long or too costly: see FILTER LINES in memscope(1)");
    else
        snprintf(ret_error, cap, "expected %s", allowed[t->kind]);
}

int filter_new(filter_t **ret, const char *line, char *ret_error, size_t cap)
{
    filter_t *f = calloc(1, sizeof(*f));
    char why[64];

    if (!f)
        return -ENOMEM;
    for (line += strspn(line, " "); *line; line += strspn(line, " ")) {
        size_t len = word_length(line);
        int r = f->n < FILTER_TERMS_MAX ? parse_term(&f->terms[f->n], line, len) : -ENOSPC;

        if (r == -ENOSPC)
            snprintf(why, sizeof(why), "there are %d terms at most", FILTER_TERMS_MAX);
        else if (r < 0)
            explain(&f->terms[f->n], r, why, sizeof(why));
        if (r < 0) {
            snprintf(ret_error, cap, "'%.*s': %s", (int) MIN(len, (size_t) 40), line, why);
            filter_free(f);
            return -EINVAL;
        }
        f->n++;
        line += len;
    }
    if (f->n == 0) {
        filter_free(f);
        f = NULL;
    }
    *ret = f;
    return 0;
}

void filter_free(filter_t *f)
{
    for (size_t i = 0; f && i < f->n; i++)
        if (f->terms[i].kind == TERM_REGEX)
            regfree(&f->terms[i].regex);
    free(f);
}

// The command line as people read it, or the name where there is none.
static const char *full_text(const model_t *m, const row_t *r, char *buf, size_t cap)
{
    return r->flags & ROW_GROUP ? model_name(m, r, buf, cap) : model_command(m, r, buf, cap);
}

static bool holds(const term_t *t, const model_t *m, const row_t *r)
{
    char text[INTERN_MAX_LEN];

    switch (t->kind) {
    case TERM_TEXT:
        return strcasestr(model_name(m, r, text, sizeof(text)), t->text) ||
               strcasestr(full_text(m, r, text, sizeof(text)), t->text);
    case TERM_REGEX:
        return regexec(&t->regex, model_name(m, r, text, sizeof(text)), 0, NULL, 0) == 0 ||
               regexec(&t->regex, full_text(m, r, text, sizeof(text)), 0, NULL, 0) == 0;
    case TERM_USER:
        return model_user(m, r) && strncmp(model_user(m, r), t->text, strlen(t->text)) == 0;
    case TERM_UNIT:
        return strcasestr(model_string(m, r->unit, text, sizeof(text)), t->text) != NULL;
    case TERM_TAG:
        return (r->tags & t->tags) != 0;
    case TERM_PID:
        return r->id.pid == t->number;
    case TERM_SIZE:
        return row_knows(r, VALUE_MEM) && (t->less ? r->values[VALUE_MEM] < (int64_t) t->number
                                                   : r->values[VALUE_MEM] > (int64_t) t->number);
    }
    return false;
}

bool filter_passes(const filter_t *f, const model_t *m, const row_t *process)
{
    for (size_t i = 0; f && i < f->n; i++)
        if (holds(&f->terms[i], m, process) == f->terms[i].negated)
            return false;
    return true;
}

bool filter_finds(const model_t *m, const row_t *r, const char *text)
{
    char buf[INTERN_MAX_LEN];

    if (!text[0])
        return false;
    if (r->flags & ROW_GROUP) {
        const char *user = m->grouped_by == GROUP_USER ? model_user(m, r) : NULL;

        return strcasestr(user ? user
                               : model_string(m, m->grouped_by == GROUP_UNIT ? r->unit : r->name,
                                         buf, sizeof(buf)),
                       text) != NULL;
    }
    snprintf(buf, sizeof(buf), "%llu", (unsigned long long) r->id.pid);
    return strcmp(buf, text) == 0 || strcasestr(model_name(m, r, buf, sizeof(buf)), text) ||
           strcasestr(model_command(m, r, buf, sizeof(buf)), text);
}
