#ifndef MEMSCOPE_TESTS_SUPPORT_TERMINAL_PRIVATE_H
#define MEMSCOPE_TESTS_SUPPORT_TERMINAL_PRIVATE_H

// What the two halves of a terminal share: terminal.c has the program and the line to it,
// terminal_screen.c the emulator and what is on the screen.

#include "tests/support/terminal.h"

#include <vterm.h>

struct terminal {
    pid_t pid;
    int fd; // the master side; -1 after a hang-up
    bool reaped;
    int status;

    VTerm *vterm;
    VTermScreen *screen;
    bool alternate, cursor_visible;
    VTermPos cursor;

    unsigned clears, clearing; // CLEAR received: whole, and bytes of the one that has begun
    terminal_cell_t *cleared;  // the screen before the last one, as large as it was then

    char *received;
    size_t received_size, received_capacity;

    VTerm *stray_vterm; // sees the same bytes and only counts
    bool stray_alternate;
    size_t stray;

    char lines[TERMINAL_MAX_ROWS][TERMINAL_MAX_COLS * 32 + 1];
};

_Noreturn void terminal_give_up(const char *what);

terminal_t *terminal_screen_new(int rows, int cols);
void terminal_screen_free(terminal_t *t);
void terminal_screen_feed(terminal_t *t, const char *bytes, size_t size);
void terminal_screen_resize(terminal_t *t, int rows, int cols);

#endif
