#ifndef MEMSCOPE_TESTS_PICTURES_SVG_H
#define MEMSCOPE_TESTS_PICTURES_SVG_H

// What is on a terminal, as a picture that looks the same wherever it is shown: on a dark ground of
// its own, every character in its cell whatever font there is, and blocks and lines drawn rather
// than written.

#include "tests/support/terminal.h"

#include <stdbool.h>
#include <stdio.h>

// Down to the last line that has anything on it, below a bar with `title` (UTF-8). False: not
// written.
bool svg_write(FILE *out, const terminal_t *t, const char *title);

#endif
