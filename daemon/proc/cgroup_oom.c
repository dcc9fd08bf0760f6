#include "daemon/proc/cgroup_oom.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/hash.h"
#include "daemon/proc/cgroup.h"
#include "daemon/proc/number.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LIMITS_MAX 16 // groups that reached their limit, in one look

typedef struct {
    uint64_t path, unit; // hashes
    uint64_t inode;      // a group that is made anew in its place has another one
    bool is_new;         // since the look before
    cgroup_counts_t counts;
} seen_t;

struct cgroup_oom {
    int fd;
    hash_key_t key;
    seen_t *seen, *now; // sorted by path; what is being gathered
    size_t n_seen, n_now;
    bool looked;
    bool is_v1; // where kills are counted, and limits that were reached are not
    char path[PATH_MAX];
    char limits[LIMITS_MAX][PATH_MAX]; // of the present look
    size_t n_limits;
    cgroup_kills_t found;
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

void cgroup_counts_parse(const char *text, size_t len, cgroup_counts_t *ret)
{
    const char *end = text + len;

    *ret = (cgroup_counts_t){0};
    for (const char *p = text; p < end;) {
        const char *eol = line_end(p, end), *after;

        ret->has_ooms |= line_key(p, eol, "oom ", &after) && number_parse(&after, eol, &ret->ooms);
        ret->has_kills |=
                line_key(p, eol, "oom_kill ", &after) && number_parse(&after, eol, &ret->kills);
        ret->has_whole |= line_key(p, eol, "oom_group_kill ", &after) &&
                          number_parse(&after, eol, &ret->whole);
        p = eol + 1;
    }
}

static bool read_counts(cgroup_oom_t *c, int fd, cgroup_counts_t *ret)
{
    static const char *const files[] = {
            "memory.events.local", "memory.events", "memory.oom_control"};
    char text[512];

    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        ssize_t n = file_read_at(fd, files[i], text, sizeof(text));

        if (n <= 0)
            continue;
        cgroup_counts_parse(text, (size_t) n, ret);
        if (!ret->has_ooms && !ret->has_kills)
            continue;
        c->is_v1 = !ret->has_ooms;
        return true;
    }
    return false;
}

// Where inodes are used again, a group that was made anew may look as if it was not.
static uint64_t rise(uint64_t before, uint64_t now)
{
    return now >= before ? now - before : now;
}

static void look_at(cgroup_oom_t *c, int fd)
{
    size_t len = strlen(c->path), unit_len;
    seen_t s = {.path = hash_blob(c->key, c->path, len)};
    cgroup_kills_t *found = &c->found;
    cgroup_counts_t before = {0};
    const seen_t *seen;
    const char *unit;
    struct stat st;

    cgroup_unit_of(c->path, len, &unit, &unit_len);
    s.unit = hash_blob(c->key, unit, unit_len);
    if (fstat(fd, &st) < 0 || !read_counts(c, fd, &s.counts))
        return;
    s.inode = st.st_ino;
    seen = c->n_seen ? bsearch(&s, c->seen, c->n_seen, sizeof(seen_t), by_path) : NULL;
    s.is_new = !seen || seen->inode != s.inode;
    if (!s.is_new)
        before = seen->counts;
    c->now[c->n_now++] = s;
    if (!c->looked)
        return;
    found->whole += rise(before.whole, s.counts.whole);
    if (rise(before.ooms, s.counts.ooms) > 0 && c->n_limits < LIMITS_MAX)
        snprintf(c->limits[c->n_limits++], PATH_MAX, "%s", c->path);
    if (rise(before.kills, s.counts.kills) > 0 && found->n_victims < CGROUP_OOM_VICTIMS) {
        size_t at = found->n_victims++;

        snprintf(found->victims[at].path, PATH_MAX, "%s", c->path);
        found->victims[at].kills = rise(before.kills, s.counts.kills);
    }
}

static bool is_within(const char *path, const char *group)
{
    size_t len = strlen(group);

    return strncmp(path, group, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

// Where descendants are counted too, a group is no victim for what happened further down.
static void drop_ancestors(cgroup_kills_t *f)
{
    for (size_t i = 0; i < f->n_victims;) {
        bool above = false;

        for (size_t k = 0; k < f->n_victims; k++)
            above |= k != i && is_within(f->victims[k].path, f->victims[i].path);
        if (above)
            f->victims[i] = f->victims[--f->n_victims];
        else
            i++;
    }
}

// Whether a group of v1 has a limit and once reached it.
static bool is_full(const cgroup_oom_t *c, const char *path)
{
    _cleanup_close_ int fd = openat(c->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    uint64_t limit, most;

    return fd >= 0 && cgroup_read_number(fd, "memory.limit_in_bytes", &limit) == 0 &&
           cgroup_read_number(fd, "memory.max_usage_in_bytes", &most) == 0 &&
           most >= limit - limit / 64;
}

// From the first victim's group up.
static void choose_limit_v1(cgroup_oom_t *c)
{
    char path[PATH_MAX], *slash;

    if (c->found.n_victims == 0)
        return;
    snprintf(path, sizeof(path), "%s", c->found.victims[0].path);
    for (; (slash = strrchr(path, '/')); *slash = '\0') {
        if (!is_full(c, path + 1))
            continue;
        snprintf(c->found.limit, sizeof(c->found.limit), "%s", path);
        return;
    }
}

static void choose_limit(cgroup_oom_t *c)
{
    cgroup_kills_t *f = &c->found;
    size_t best = 0;

    if (c->is_v1)
        choose_limit_v1(c);

    for (size_t i = 0; i < c->n_limits; i++) {
        bool holds = f->n_victims == 0;

        for (size_t k = 0; k < f->n_victims; k++)
            holds |= is_within(f->victims[k].path, c->limits[i]);
        if (!holds || strlen(c->limits[i]) + 1 <= best)
            continue;
        best = strlen(c->limits[i]) + 1;
        snprintf(f->limit, sizeof(f->limit), "%s", best > 1 ? c->limits[i] : "/");
    }
}

static void walk(cgroup_oom_t *c, int dir_fd, const char *name, size_t depth)
{
    _cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    _cleanup_closedir_ DIR *dir = NULL;
    size_t len = strlen(c->path);
    struct dirent *d;

    if (fd < 0 || c->n_now == CGROUP_OOM_MAX)
        return;
    look_at(c, fd);
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

const cgroup_kills_t *cgroup_oom_look(cgroup_oom_t *c)
{
    seen_t *swap = c->seen;

    c->found.limit[0] = '\0';
    c->found.n_victims = c->n_limits = c->n_now = 0;
    c->found.whole = 0;
    c->path[0] = '\0';
    if (c->fd >= 0)
        walk(c, c->fd, ".", 0);
    drop_ancestors(&c->found);
    choose_limit(c);
    qsort(c->now, c->n_now, sizeof(seen_t), by_path);
    c->seen = c->now;
    c->n_seen = c->n_now;
    c->now = swap;
    c->looked = true;
    return &c->found;
}

bool cgroup_oom_spared(const cgroup_oom_t *c, const char *unit, size_t len)
{
    uint64_t hash = hash_blob(c->key, unit, len);
    bool exists = false;

    for (size_t i = 0; i < c->n_seen && !exists && len > 0; i++)
        exists = c->seen[i].unit == hash && !c->seen[i].is_new;
    for (size_t i = 0; i < c->found.n_victims && exists; i++) {
        const char *path = c->found.victims[i].path, *killed;
        size_t killed_len;

        cgroup_unit_of(path, strlen(path), &killed, &killed_len);
        exists = killed_len != len || memcmp(killed, unit, len) != 0;
    }
    return exists;
}
