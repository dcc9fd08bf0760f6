#ifndef MEMSCOPE_CLIENT_CLI_WRAPPED_H
#define MEMSCOPE_CLIENT_CLI_WRAPPED_H

// Text for people: on a terminal no word is broken at its edge, elsewhere a line stays a line.

#include <stddef.h>
#include <stdio.h>

// Of the terminal that stdout is; 0: it is none.
size_t wrapped_columns(void);

// A line, the rest of which is indented where it takes several of so many columns (0: one).
void wrapped_print(const char *text, size_t columns, size_t indent);

// A paragraph of --help, an entry of a list, whose help is indented, and an option ("top", "N" or
// NULL): 80 columns wide where `out` is not a terminal.
void wrapped_help(FILE *out, const char *text);
void wrapped_entry(FILE *out, const char *left, size_t indent, const char *help);
void wrapped_option(FILE *out, const char *name, const char *argument, const char *help);

#endif
