#ifndef MEMSCOPE_CLIENT_MODEL_PATTERN_H
#define MEMSCOPE_CLIENT_MODEL_PATTERN_H

// Whether an extended regular expression may be compiled. For + and {} the library copies what is
// repeated, and what is repeated within it again, so that a dozen signs can take all memory or all
// time: only what has no repetition in itself is copied, and not too much of it (* and ? may stand
// anywhere). References back to a group can take for ever to match: there are none.

#include <stdbool.h>

bool pattern_is_bounded(const char *pattern);

#endif
