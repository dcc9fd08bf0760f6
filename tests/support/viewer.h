#ifndef MEMSCOPE_TESTS_SUPPORT_VIEWER_H
#define MEMSCOPE_TESTS_SUPPORT_VIEWER_H

// memscope on a terminal, as somebody sees it who looks for one process. Whatever else runs on the
// host is in the list as well, so that nothing here counts on a row's place.

#include "tests/support/expect.h"
#include "tests/support/process.h"

// With a private daemon and the list on screen.
terminal_t *viewer_start(int rows, int cols);
terminal_t *viewer_start_with(
        const char *const argv[], const char *const env[], int rows, int cols);
void viewer_await_list(terminal_t *t);
// With `q`; the program has to end well and to have left nothing on the screen.
void viewer_quit(terminal_t *t);

// Row on screen of this process (in the list, wherever it is scrolled to), -1: not on this page.
int viewer_row(const terminal_t *t, pid_t pid);
// Pages through the list until it is there and returns its row; fails the test when it is nowhere.
int viewer_seek(terminal_t *t, pid_t pid);
// Moves the selection to it.
void viewer_select(terminal_t *t, pid_t pid);
int viewer_selected_row(const terminal_t *t); // -1: none
bool viewer_is_selected(const terminal_t *t, pid_t pid);
void viewer_await_selected(terminal_t *t, pid_t pid);
// The row of the columns' titles: it stands lower where the screen is tall; -1: none. Two below it
// the list begins.
int viewer_titles(const terminal_t *t);
// Where in the list the selection is, from 1, and how many rows there are.
bool viewer_position(const terminal_t *t, long *ret_at, long *ret_of);
// Selects and opens it.
void viewer_inspect(terminal_t *t, pid_t pid);

// The text below a column's heading in a row; "" where there is no such column.
const char *viewer_field(const terminal_t *t, int row, const char *column);
// A size or change in kB as memscope writes it ("518.2 MB", "+46.80 MB"); false for anything else.
bool viewer_parse_kb(const char *text, double *ret_kb);
// Wait until this holds of a process's row. They move the selection only where the row is not on
// the page.
void viewer_await_kb(terminal_t *t, pid_t pid, const char *column, double min_kb, double max_kb);
void viewer_await_field(terminal_t *t, pid_t pid, const char *column, const char *part);
// The same, for some seconds only.
bool viewer_wait_field(terminal_t *t, pid_t pid, const char *column, const char *part, int seconds);

// Waits until the first size behind `label` ("Anon ", "Total RSS:") on screen is this one, give or
// take a share of it and what the last digit shown is worth.
void viewer_await_labelled(terminal_t *t, const char *label, double kb, double share);

#endif
