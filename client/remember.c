#include "client/remember.h"

#include "common/cleanup.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

// Beyond that it is no settings file.
#define LINES_MAX 1000

// Whether a line sets that name.
static bool sets(const char *line, const char *name)
{
    size_t len = strlen(name);

    line += strspn(line, " \t");
    if (strncmp(line, name, len) != 0)
        return false;
    line += len;
    line += strspn(line, " \t");
    return *line == '=' || *line == ':';
}

static int copy_lines(const char *path, FILE *out, const char *name, const char *value)
{
    _cleanup_fclose_ FILE *in = fopen(path, "re");
    _cleanup_free_ char *line = NULL;
    bool done = false;
    size_t cap = 0;
    ssize_t len;

    if (!in && errno != ENOENT)
        return -errno;
    for (unsigned n = 0; in && (len = getline(&line, &cap, in)) > 0; n++) {
        if (n == LINES_MAX)
            return -E2BIG;
        if (!sets(line, name))
            fprintf(out, "%s%s", line, line[len - 1] == '\n' ? "" : "\n");
        else if (!done)
            fprintf(out, "%s = %s\n", name, value);
        done |= sets(line, name);
    }
    if (!done)
        fprintf(out, "%s = %s\n", name, value);
    return fflush(out) == 0 && !ferror(out) ? 0 : -EIO;
}

// The file's directory and the one above, for their owner alone: a home that is not there is not
// made.
static void make_directories(const char *path)
{
    char dir[PATH_MAX], above[PATH_MAX], *slash;

    if (snprintf(dir, sizeof(dir), "%s", path) >= (int) sizeof(dir))
        return;
    slash = strrchr(dir, '/');
    if (!slash)
        return;
    *slash = '\0';
    memcpy(above, dir, sizeof(above));
    slash = strrchr(above, '/');
    if (slash && slash > above) {
        *slash = '\0';
        mkdir(above, 0700);
    }
    mkdir(dir, 0700);
}

int remember(const char *path, const char *name, const char *value)
{
    _cleanup_fclose_ FILE *out = NULL;
    char fresh[PATH_MAX], real[PATH_MAX];
    int fd, r;

    // A link to where the settings are kept stays one.
    if (realpath(path, real))
        path = real;
    if (snprintf(fresh, sizeof(fresh), "%s.XXXXXX", path) >= (int) sizeof(fresh))
        return -ENAMETOOLONG;
    make_directories(path);
    fd = mkostemp(fresh, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    out = fdopen(fd, "w");
    r = out ? copy_lines(path, out, name, value) : -errno;
    if (!out)
        close(fd);
    if (r == 0 && rename(fresh, path) < 0)
        r = -errno;
    if (r < 0)
        unlink(fresh);
    return r;
}
