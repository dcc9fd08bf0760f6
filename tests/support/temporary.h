#ifndef MEMSCOPE_TESTS_SUPPORT_TEMPORARY_H
#define MEMSCOPE_TESTS_SUPPORT_TEMPORARY_H

// A directory for a test's files.

#include <stdbool.h>

#define TEMPORARY_MAX 90 // short enough for the name of a socket

typedef struct {
    char path[TEMPORARY_MAX];
} temporary_t;

temporary_t temporary_new(void);
void temporary_remove(const temporary_t *t); // with all in it
// "DIRECTORY/name", valid until the next call.
const char *temporary_path(const temporary_t *t, const char *name);

// A file, or a directory with all in it, but what is mounted there. False: errno says why.
bool temporary_remove_tree(const char *path);

#endif
