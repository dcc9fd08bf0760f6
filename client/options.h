#ifndef MEMSCOPE_CLIENT_OPTIONS_H
#define MEMSCOPE_CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

typedef struct {
    const char *socket; // NULL: the system's
    bool private_daemon;
    bool help, version;
} options_t;

// 0, or -EINVAL with one line in `ret_error`.
int options_parse(options_t *o, int argc, char **argv, char *ret_error, size_t cap);
void options_print_help(FILE *out);

#endif
