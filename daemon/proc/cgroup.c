#include "daemon/proc/cgroup.h"
#include "common/file.h"
#include "daemon/proc/number.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#define DELETED " (deleted)" // what the kernel adds for a cgroup that was removed

static bool has_suffix(const char *s, size_t len, const char *suffix)
{
    size_t n = strlen(suffix);

    return len > n && memcmp(s + len - n, suffix, n) == 0;
}

void cgroup_unit_of(const char *path, size_t len, const char **ret_unit, size_t *ret_len)
{
    const char *service = NULL, *slice = NULL, *last = path + len;
    size_t service_len = 0, slice_len = 0, last_len = 0;

    for (size_t at = 0; at < len;) {
        size_t n = 0;

        while (at < len && path[at] == '/')
            at++;
        while (at + n < len && path[at + n] != '/')
            n++;
        if (n == 0)
            break;
        last = path + at, last_len = n;
        if (has_suffix(last, n, ".service") || has_suffix(last, n, ".scope"))
            service = last, service_len = n;
        else if (has_suffix(last, n, ".slice"))
            slice = last, slice_len = n;
        at += n;
    }
    if (service)
        *ret_unit = service, *ret_len = service_len;
    else if (slice)
        *ret_unit = slice, *ret_len = slice_len;
    else
        *ret_unit = last, *ret_len = last_len;
}

int cgroup_parse(const char *text, size_t len, cgroup_t *ret)
{
    static const char *const wanted[] = {"", "name=systemd", "memory"};
    const char *end = text + len;
    const char *best = NULL, *best_end = NULL;
    size_t best_rank = SIZE_MAX;

    for (const char *p = text; p < end;) {
        const char *eol = line_end(p, end);
        const char *controllers = memchr(p, ':', (size_t) (eol - p));
        const char *path;

        if (controllers &&
                (path = memchr(controllers + 1, ':', (size_t) (eol - controllers - 1)))) {
            size_t n = (size_t) (path - controllers - 1);

            path++;
            for (size_t rank = 0; rank < sizeof(wanted) / sizeof(wanted[0]); rank++) {
                bool top = eol - path <= 1; // "/" says least, so it counts after all others
                size_t value = rank + (top ? 10 : 0);

                if (n != strlen(wanted[rank]) || memcmp(controllers + 1, wanted[rank], n) != 0)
                    continue;
                if (value < best_rank)
                    best_rank = value, best = path, best_end = eol;
            }
        }
        p = eol + 1;
    }
    if (!best)
        return -EBADMSG;
    ret->path = best;
    ret->path_len = (size_t) (best_end - best);
    if (has_suffix(best, ret->path_len, DELETED))
        ret->path_len -= strlen(DELETED);
    cgroup_unit_of(best, ret->path_len, &ret->unit, &ret->unit_len);
    return 0;
}

int cgroup_read_number(int fd, const char *name, uint64_t *ret)
{
    char text[64];
    const char *p = text;
    ssize_t n = file_read_at(fd, name, text, sizeof(text));

    if (n < 0)
        return (int) n;
    return number_parse(&p, text + n, ret) ? 0 : -ENODATA;
}

static int read_limit(int fd, const char *path, size_t len, const char *file, uint64_t *ret_bytes)
{
    char name[PATH_MAX];

    while (len > 0 && *path == '/')
        path++, len--;
    if ((size_t) snprintf(name, sizeof(name), "%.*s%s%s", (int) len, path, len ? "/" : "", file) >=
            sizeof(name))
        return -ENAMETOOLONG;
    return cgroup_read_number(fd, name, ret_bytes);
}

// "max" of v2 is no number; without a limit v1 says the most that a counter of pages can hold.
#define UNLIMITED (UINT64_C(1) << 60)

static bool read_group(
        int fd, const char *path, size_t len, uint64_t *ret_limit, uint64_t *ret_used)
{
    if (read_limit(fd, path, len, "memory.max", ret_limit) == 0)
        return read_limit(fd, path, len, "memory.current", ret_used) == 0;
    return read_limit(fd, path, len, "memory.limit_in_bytes", ret_limit) == 0 &&
           *ret_limit < UNLIMITED &&
           read_limit(fd, path, len, "memory.usage_in_bytes", ret_used) == 0;
}

int cgroup_memory_limit(
        int cgroup_fd, const char *path, size_t len, uint64_t *ret_limit_kb, uint64_t *ret_used_kb)
{
    uint64_t limit = UINT64_MAX, used = 0;

    if (cgroup_fd < 0 || memmem(path, len, "..", 2))
        return -ENODATA;
    for (;;) {
        uint64_t max, current;

        if (read_group(cgroup_fd, path, len, &max, &current) && max < limit)
            limit = max, used = current;
        while (len > 0 && path[len - 1] != '/')
            len--;
        while (len > 0 && path[len - 1] == '/')
            len--;
        if (len == 0)
            break;
    }
    if (limit == UINT64_MAX)
        return -ENODATA;
    *ret_limit_kb = limit / 1024;
    *ret_used_kb = used / 1024;
    return 0;
}

int cgroup_memory_limit_of(
        const procfs_t *fs, uint64_t pid, uint64_t *ret_limit_kb, uint64_t *ret_used_kb)
{
    char text[CGROUP_FILE_MAX];
    ssize_t n = procfs_read(fs, pid, "cgroup", text, sizeof(text));
    cgroup_t cg;

    if (n < 0)
        return (int) n;
    if (cgroup_parse(text, (size_t) n, &cg) < 0)
        return -ENODATA;
    return cgroup_memory_limit(fs->cgroup_fd, cg.path, cg.path_len, ret_limit_kb, ret_used_kb);
}
