#ifndef MEMSCOPE_TESTS_SUPPORT_TERMINAL_H
#define MEMSCOPE_TESTS_SUPPORT_TERMINAL_H

// A real program on a pseudoterminal whose other end is a terminal emulator: what a person would
// type and see. Nothing here sleeps: every wait polls the terminal and ends as soon as the screen
// holds what is waited for, or at its deadline. Setting up ends the test program with a message
// when the system refuses (no pty, no memory): there is nothing left to test then.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <termios.h>

#define TERMINAL_MAX_ROWS 100
#define TERMINAL_MAX_COLS 400

typedef struct terminal terminal_t;

typedef struct {
    char text[32]; // UTF-8; "" for the second half of a wide character, " " where nothing is
    bool bold, reverse, underline;
    int fg, bg; // palette index, or -1: the terminal's own
} terminal_cell_t;

typedef struct {
    const char *const *argv; // the program is looked for in PATH; NULL-terminated
    const char *const *env;  // "NAME=VALUE" on top of a fixed small environment, or NULL
    int rows, cols;
    const char *stdin_path; // standard input from there instead of the terminal, or NULL
} terminal_options_t;

// The program is killed when this process ends, however that happens.
terminal_t *terminal_start(const terminal_options_t *options);
// Kills the program where it still runs, and reaps it.
void terminal_free(terminal_t *t);

pid_t terminal_pid(const terminal_t *t);

void terminal_send(terminal_t *t, const char *keys);
void terminal_send_bytes(terminal_t *t, const void *bytes, size_t size);
void terminal_resize(terminal_t *t, int rows, int cols); // the program gets SIGWINCH
void terminal_hang_up(terminal_t *t);                    // the window is closed: SIGHUP, then EOF

// Reads what the program has written so far; false once the other end is closed and empty.
bool terminal_pump(terminal_t *t, int timeout_ms);
bool terminal_wait(
        terminal_t *t, bool (*holds)(const terminal_t *t, void *user), void *user, int timeout_ms);
bool terminal_wait_text(terminal_t *t, const char *text, int timeout_ms);
bool terminal_wait_gone(terminal_t *t, const char *text, int timeout_ms);
// The wait status, also when it was asked for before; -1 when it still runs at the deadline.
int terminal_wait_exit(terminal_t *t, int timeout_ms);
// Microseconds from sending `keys` to the program's first byte after it; -1 at the deadline.
int64_t terminal_response_us(terminal_t *t, const char *keys, int timeout_ms);

// The screen, as of the last pump. Lines are UTF-8 without trailing blanks; the string lives
// until the next call for the same row.
int terminal_rows(const terminal_t *t);
int terminal_cols(const terminal_t *t);
const char *terminal_line(const terminal_t *t, int row);
// First row and column (of the cell, not the byte) where `text` stands within one line. The
// outputs may be NULL.
bool terminal_find(const terminal_t *t, const char *text, int *ret_row, int *ret_col);
terminal_cell_t terminal_cell(const terminal_t *t, int row, int col);
void terminal_cursor(const terminal_t *t, int *ret_row, int *ret_col, bool *ret_visible);
// How often the program has cleared the screen, as it does to draw it anew, and what was on it the
// last time just before: rows of cells, as large as the screen was; until the next time.
unsigned terminal_clears(const terminal_t *t);
const terminal_cell_t *terminal_cleared(const terminal_t *t);
bool terminal_is_alternate(const terminal_t *t); // the alternate screen is shown
bool terminal_is_blank(const terminal_t *t);
void terminal_dump(const terminal_t *t); // to stderr, for a failing test

// Everything received since the start (or since terminal_forget), as it came.
const char *terminal_received(const terminal_t *t, size_t *ret_size);
void terminal_forget(terminal_t *t);
// Characters written while the alternate screen was not shown: output that would stay in
// somebody's shell.
size_t terminal_stray(const terminal_t *t);

// The terminal's line settings, which the program shares.
struct termios terminal_modes(const terminal_t *t);

#endif
