#ifndef MEMSCOPE_CLIENT_GUARD_H
#define MEMSCOPE_CLIENT_GUARD_H

// Keeps a terminal that takes nothing any more (stopped, or its other end hangs) from holding a
// program that was told to end. Signals that end are blocked and taken from a descriptor; only
// while something is written they come through. Then writing has a second left, after which the
// terminal's modes are put back and the program exits.

#include <stdbool.h>

// Remembers the modes of the terminal on stdout, and sets the handlers up.
void guard_open(void);

// Around what may block.
void guard_begin(void);
void guard_end(void);

// Before the last of the output: the second begins, and ^S no longer stops it. Ended by guard_end.
void guard_last_words(void);

// Whether a signal to end came in between.
bool guard_ended(void);

#endif
