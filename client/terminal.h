#ifndef MEMSCOPE_CLIENT_TERMINAL_H
#define MEMSCOPE_CLIENT_TERMINAL_H

// The terminal: shows grids and tells keys. One at a time. Signals are the caller's business: it
// has to block SIGWINCH, SIGTSTP and those that end a program before terminal_open; see
// client/guard.h.

#include "client/widget/grid.h"
#include "client/widget/theme.h"
#include <stdbool.h>
#include <stddef.h>

// Whether there is a terminal that can be used: 0, -ENOTTY (stdout is none) or -ENOENT (TERM is not
// set or not known), and then one line in `ret_error`.
int terminal_check(char *ret_error, size_t cap);

// Takes the terminal of stdin and stdout over. 0 or -errno with one line in `ret_error`.
int terminal_open(const theme_t *theme, bool mouse, char *ret_error, size_t cap);
// Gives it back as it was found. Harmless without an open one.
void terminal_close(void);

// Gives it back for as long as the program is stopped, and takes it over again.
void terminal_suspend(void);
void terminal_resume(void);

// The size as the system tells it now.
void terminal_size(int *ret_rows, int *ret_cols);

// From now on; what is shown is drawn anew where that changes it.
void terminal_theme(const theme_t *theme);

// Whether it takes what is shown now: not while it is stopped (^S) or nobody reads it.
bool terminal_ready(void);
// Shows a grid: only what differs from what is there.
void terminal_show(const grid_t *g);
// The next grid is shown in full.
void terminal_forget(void);

// The next key that was typed (client/model/keys.h), without waiting; KEY_CODE_NONE: none.
int terminal_key(void);
// Whether it was not typed, but is of a text that is being pasted.
bool terminal_is_pasting(void);

// After KEY_CODE_MOUSE: where, and which button (1, or 4 and 5 for the wheel; 0: none of these).
int terminal_mouse(int *ret_row, int *ret_col);

#endif
