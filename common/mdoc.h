#ifndef MEMSCOPE_COMMON_MDOC_H
#define MEMSCOPE_COMMON_MDOC_H

// Makes manual pages of templates: what the program declares in tables goes to their places. Writes
// to stdout.

#include <stdbool.h>
#include <stddef.h>

// A line of text as mdoc(7) has it: wrapped, and with nothing in it that is taken for a request.
void mdoc_put_text(const char *s);

// Copies the template. For @NAME@ it calls `place`, with `alone` where that is a line of its own;
// false: it knows no such place. The program's exit status, after saying what is wrong.
int mdoc_fill(const char *template_path, bool (*place)(const char *name, size_t len, bool alone));

// Whether the place of `len` bytes has this name.
bool mdoc_is(const char *name, size_t len, const char *expected);

#endif
