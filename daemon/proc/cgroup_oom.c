#include "daemon/proc/cgroup_oom.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/hash.h"
#include "daemon/proc/number.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    uint64_t path; // hash
    uint64_t count;
} seen_t;

struct cgroup_oom {
    int fd;
    hash_key_t key;
    seen_t *seen, *now; // sorted by path; what is being gathered
    size_t n_seen, n_now;
    bool looked;
    char path[PATH_MAX];
    char *found; // of the present look
    size_t found_cap, found_depth;
};

int cgroup_oom_new(cgroup_oom_t **ret, int cgroup_fd)
{
    cgroup_oom_t *c = calloc(1, sizeof(*c));

    if (!c)
        return -ENOMEM;
    c->fd = cgroup_fd;
    c->key = hash_key_random();
    c->seen = calloc(CGROUP_OOM_MAX, sizeof(seen_t));
    c->now = calloc(CGROUP_OOM_MAX, sizeof(seen_t));
    if (!c->seen || !c->now) {
        cgroup_oom_free(c);
        return -ENOMEM;
    }
    *ret = c;
    return 0;
}

void cgroup_oom_free(cgroup_oom_t *c)
{
    if (!c)
        return;
    free(c->seen);
    free(c->now);
    free(c);
}

static int by_path(const void *x, const void *y)
{
    const seen_t *a = x, *b = y;

    return a->path < b->path ? -1 : a->path > b->path;
}

static bool read_count(int fd, uint64_t *ret)
{
    static const char *const files[] = {"memory.events.local", "memory.events"};
    char text[512];
    ssize_t n = -1;

    for (size_t i = 0; i < ARRAY_SIZE(files) && n < 0; i++)
        n = file_read_at(fd, files[i], text, sizeof(text));
    for (const char *p = text, *end = text + MAX(n, 0); p < end;) {
        const char *eol = line_end(p, end), *after;

        if (line_key(p, eol, "oom ", &after) && number_parse(&after, eol, ret))
            return true;
        p = eol + 1;
    }
    return false;
}

// A group of the same name may have been made anew meanwhile: its count began with 0.
static bool has_risen(const cgroup_oom_t *c, const seen_t *s)
{
    const seen_t *before =
            c->n_seen ? bsearch(s, c->seen, c->n_seen, sizeof(seen_t), by_path) : NULL;

    return s->count > 0 && (!before || before->count != s->count);
}

static void look_at(cgroup_oom_t *c, int fd, size_t depth)
{
    seen_t s = {.path = hash_blob(c->key, c->path, strlen(c->path))};

    if (!read_count(fd, &s.count))
        return;
    c->now[c->n_now++] = s;
    if (!c->looked || !has_risen(c, &s) || (c->found[0] && depth <= c->found_depth))
        return;
    snprintf(c->found, c->found_cap, "%s", depth ? c->path : "/");
    c->found_depth = depth;
}

static void walk(cgroup_oom_t *c, int dir_fd, const char *name, size_t depth)
{
    _cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    _cleanup_closedir_ DIR *dir = NULL;
    size_t len = strlen(c->path);
    struct dirent *d;

    if (fd < 0 || c->n_now == CGROUP_OOM_MAX)
        return;
    look_at(c, fd, depth);
    dir = depth < CGROUP_OOM_DEPTH ? fdopendir(fd) : NULL;
    if (!dir)
        return;
    fd = -1;
    while (c->n_now < CGROUP_OOM_MAX && (d = readdir(dir))) {
        if (d->d_type != DT_DIR || d->d_name[0] == '.' ||
                (size_t) snprintf(c->path + len, sizeof(c->path) - len, "/%s", d->d_name) >=
                        sizeof(c->path) - len)
            continue;
        walk(c, dirfd(dir), d->d_name, depth + 1);
        c->path[len] = '\0';
    }
}

void cgroup_oom_look(cgroup_oom_t *c, char *ret_path, size_t cap)
{
    seen_t *swap = c->seen;

    ret_path[0] = '\0';
    c->found = ret_path;
    c->found_cap = cap;
    c->found_depth = 0;
    c->n_now = 0;
    c->path[0] = '\0';
    if (c->fd >= 0)
        walk(c, c->fd, ".", 0);
    qsort(c->now, c->n_now, sizeof(seen_t), by_path);
    c->seen = c->now;
    c->n_seen = c->n_now;
    c->now = swap;
    c->looked = true;
}
