#ifndef MEMSCOPE_CLIENT_MODEL_PATTERN_H
#define MEMSCOPE_CLIENT_MODEL_PATTERN_H

// Whether an extended regular expression may be compiled: the library copies what is repeated, and
// what is repeated within it again, so that a dozen signs can take all memory; and references back
// to a group can take for ever to match.

#include <stdbool.h>

bool pattern_is_bounded(const char *pattern);

#endif
