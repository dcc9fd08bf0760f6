#include "tests/support/temporary.h"

#include "common/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

temporary_t temporary_new(void)
{
    const char *base = getenv("TMPDIR");
    temporary_t t;

    if (!base || !base[0] || strlen(base) > TEMPORARY_MAX - 32)
        base = "/tmp";
    snprintf(t.path, sizeof(t.path), "%s/memscope-test-XXXXXX", base);
    if (!mkdtemp(t.path)) {
        perror(t.path);
        exit(1);
    }
    return t;
}

void temporary_remove(const temporary_t *t)
{
    _cleanup_closedir_ DIR *dir = opendir(t->path);
    struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(dir), entry->d_name, 0);
    rmdir(t->path);
}

const char *temporary_path(const temporary_t *t, const char *name)
{
    static char path[TEMPORARY_MAX + 32];

    snprintf(path, sizeof(path), "%s/%s", t->path, name);
    return path;
}
