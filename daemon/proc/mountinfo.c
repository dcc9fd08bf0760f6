#include "daemon/proc/mountinfo.h"
#include "daemon/proc/number.h"

#define AT_MOUNT_POINT 4 // fields before it
#define SEPARATOR      "-"

typedef struct {
    const char *at, *end;
} field_t;

// The next field of a line, or option of a list, which may be empty; false: there is none. *at is
// NULL behind the last one.
static bool next(const char **at, const char *end, char separator, field_t *ret)
{
    const char *stop;

    if (!*at)
        return false;
    stop = memchr(*at, separator, (size_t) (end - *at));
    *ret = (field_t){*at, stop ? stop : end};
    *at = stop ? stop + 1 : NULL;
    return true;
}

static bool is(const field_t *f, const char *text)
{
    const char *after;

    return line_key(f->at, f->end, text, &after) && after == f->end;
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

// Blanks and backslashes of a path are given as \ and three octal digits.
static bool is_path(const field_t *f, const char *path)
{
    const char *p = f->at;

    for (; *path; path++) {
        int c;

        if (p == f->end)
            return false;
        c = (unsigned char) *p++;
        if (c == '\\' && f->end - p >= 3 && is_octal(p[0]) && is_octal(p[1]) && is_octal(p[2])) {
            c = (p[0] - '0') << 6 | (p[1] - '0') << 3 | (p[2] - '0');
            p += 3;
        }
        if ((unsigned char) *path != (c & 0xff))
            return false;
    }
    return p == f->end;
}

static void parse_option(const field_t *f, mountinfo_proc_t *ret)
{
    const char *value;
    uint64_t gid;

    if (line_key(f->at, f->end, "hidepid=", &value)) {
        const field_t how = {value, f->end};

        ret->hidepid = !is(&how, "0") && !is(&how, "off");
    } else if (line_key(f->at, f->end, "gid=", &value) && number_parse(&value, f->end, &gid)) {
        ret->hidepid_group = (gid_t) gid;
    }
}

bool mountinfo_parse_proc(
        const char *line, size_t len, const char *mount_point, mountinfo_proc_t *ret)
{
    const char *p = line, *end = line_end(line, line + len);
    mountinfo_proc_t m = {.hidepid_group = (gid_t) -1};
    field_t f, options;

    for (int i = 0; i <= AT_MOUNT_POINT; i++)
        if (!next(&p, end, ' ', &f))
            return false;
    if (!is_path(&f, mount_point))
        return false;
    do // any number of optional fields
        if (!next(&p, end, ' ', &f))
            return false;
    while (!is(&f, SEPARATOR));
    if (!next(&p, end, ' ', &f) || !is(&f, "proc") || !next(&p, end, ' ', &f) ||
            !next(&p, end, ' ', &options))
        return false;
    for (p = options.at; next(&p, options.end, ',', &f);)
        parse_option(&f, &m);
    *ret = m;
    return true;
}
