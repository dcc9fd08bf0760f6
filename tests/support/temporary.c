#include "tests/support/temporary.h"

#include <ftw.h>
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

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void) st;
    (void) type;
    (void) ftw;
    return remove(path);
}

bool temporary_remove_tree(const char *path)
{
    return nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) == 0;
}

void temporary_remove(const temporary_t *t)
{
    temporary_remove_tree(t->path);
}

const char *temporary_path(const temporary_t *t, const char *name)
{
    static char path[TEMPORARY_MAX + 32];

    snprintf(path, sizeof(path), "%s/%s", t->path, name);
    return path;
}
