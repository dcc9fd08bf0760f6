#ifndef MEMSCOPE_CLIENT_CLI_WRAPPED_H
#define MEMSCOPE_CLIENT_CLI_WRAPPED_H

// Text for people: on a terminal no word is broken at its edge, elsewhere a line stays a line.

#include <stddef.h>

// Of the terminal that stdout is; 0: it is none.
size_t wrapped_columns(void);

// A line, the rest of which is indented where it takes several of so many columns (0: one).
void wrapped_print(const char *text, size_t columns, size_t indent);

#endif
