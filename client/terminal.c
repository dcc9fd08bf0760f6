#include "client/terminal.h"

#include "client/collect.h"
#include "client/guard.h"
#include "client/model/keys.h"
#include "common/cleanup.h"
#include "common/clock.h"

// The wide-character interface: a cell is a base and its combining characters.
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>

// Longer than the bytes of one key are apart, too short to be felt.
#define ESCAPE_DELAY_MS 15

// ESC [ 200 ~ and ESC [ 201 ~
#define PASTE_BEGINS 200
#define PASTE_ENDS   201
// After such a pause what comes was typed, also where the end was lost on the way.
#define PASTE_PAUSE_US (USEC_PER_SEC / 2)

static struct {
    bool open;
    SCREEN *screen;
    const char *kind; // as terminfo knows it
    const theme_t *theme;
    grid_t shown; // what the terminal has
    bool colors;
    bool pasting;       // what comes was not typed
    uint64_t pasted_us; // when the last of that came
} terminal;

static bool is_usable(const char *name)
{
    int status;
    bool usable = setupterm(name, STDOUT_FILENO, &status) == OK;

    if (usable) {
        usable = cursor_address != NULL;
        del_curterm(cur_term);
    }
    return usable;
}

// A relative of xterm that this host has not heard of, where it came by ssh say, understands what
// xterm does. NULL: there is none.
static const char *find_kind(const char *name)
{
    static const char *const relatives[] = {"xterm-256color", "xterm"};

    if (is_usable(name))
        return name;
    for (size_t i = 0; i < ARRAY_SIZE(relatives) && strncmp(name, "xterm-", 6) == 0; i++)
        if (is_usable(relatives[i]))
            return relatives[i];
    return NULL;
}

int terminal_check(char *ret_error, size_t cap)
{
    const char *name = getenv("TERM");

    if (!isatty(STDOUT_FILENO)) {
        snprintf(ret_error, cap,
                "standard output is not a terminal: for scripts there is 'memscope snapshot'");
        return -ENOTTY;
    }
    if (!name || !name[0]) {
        snprintf(ret_error, cap,
                "TERM is not set: set it to the kind of the terminal, such as xterm");
        return -ENOENT;
    }
    terminal.kind = find_kind(name);
    if (terminal.kind)
        return 0;
    snprintf(ret_error, cap,
            "TERM '%.60s': no such terminal is known, or it cannot move its cursor: set TERM to "
            "another, such as xterm",
            name);
    return -ENOENT;
}

static void open_colors(void)
{
    terminal.colors = has_colors() && start_color() == OK && use_default_colors() == OK;
    for (short c = 0; terminal.colors && c < 8; c++)
        init_pair((short) (c + 1), c, -1);
}

// Terminals that can tell what is pasted from what is typed are asked to.
static void bracket_pastes(bool on)
{
    const char *sequence = tigetstr(on ? "BE" : "BD");

    if (!sequence || sequence == (const char *) -1)
        return;
    putp(sequence);
    fflush(stdout); // ncurses keeps it elsewhere than what it shows
}

int terminal_open(const theme_t *theme, bool mouse, char *ret_error, size_t cap)
{
    guard_open();
    terminal.screen = newterm(terminal.kind, stdout, stdin);
    if (!terminal.screen) {
        snprintf(ret_error, cap, "cannot set up the terminal");
        return -EIO;
    }
    terminal.open = true;
    terminal.theme = theme;
    set_escdelay(ESCAPE_DELAY_MS);
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    intrflush(stdscr, FALSE);
    typeahead(-1); // a picture is drawn to its end, whatever is typed meanwhile
    curs_set(0);
    open_colors();
    bracket_pastes(true);
    if (mouse) {
        mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
        mouseinterval(0);
    }
    return 0;
}

void terminal_close(void)
{
    if (!terminal.open)
        return;
    guard_last_words();
    bracket_pastes(false);
    endwin();
    guard_end();
    delscreen(terminal.screen);
    collect_done();
    grid_done(&terminal.shown);
    terminal.open = false;
}

void terminal_suspend(void)
{
    bracket_pastes(false);
    endwin();
}

void terminal_resume(void)
{
    terminal_forget();
    terminal.pasting = false;
    bracket_pastes(true);
    refresh();
}

void terminal_theme(const theme_t *theme)
{
    if (terminal.theme != theme)
        grid_done(&terminal.shown);
    terminal.theme = theme;
}

void terminal_forget(void)
{
    grid_done(&terminal.shown);
    clearok(curscr, TRUE);
}

bool terminal_ready(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

    return poll(&out, 1, 0) == 1;
}

void terminal_size(int *ret_rows, int *ret_cols)
{
    struct winsize size;

    *ret_rows = 24;
    *ret_cols = 80;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
        *ret_rows = size.ws_row;
        *ret_cols = size.ws_col;
    }
}

static void put_cell(int row, int col, const cell_t *cell)
{
    look_t look = terminal.theme->looks[(cell->style & STYLE_MASK) % STYLE_COUNT];
    wchar_t text[CCHARW_MAX + 1] = {0};
    attr_t attributes = A_NORMAL;
    short pair = 0;
    cchar_t c;

    if (look.attributes & LOOK_BOLD)
        attributes |= A_BOLD;
    if (look.attributes & LOOK_DIM)
        attributes |= A_DIM;
    if (look.attributes & LOOK_UNDERLINE)
        attributes |= A_UNDERLINE;
    if (look.attributes & LOOK_REVERSE)
        attributes |= A_REVERSE;
    // One bar, not a patchwork of what each cell's colour is in reverse.
    if (cell->style & STYLE_SELECTED)
        attributes = (attributes & ~(attr_t) A_DIM) | A_REVERSE;
    else if (terminal.colors && look.color != COLOR_OF_TERMINAL)
        pair = (short) (look.color + 1);
    for (size_t i = 0; i < ARRAY_SIZE(cell->text) && i < CCHARW_MAX; i++)
        text[i] = (wchar_t) cell->text[i];
    if (setcchar(&c, text, attributes, pair, NULL) == OK)
        mvadd_wch(row, col, &c);
}

static bool follow_size(const grid_t *g)
{
    if (terminal.shown.rows == g->rows && terminal.shown.cols == g->cols)
        return true;
    if (g->rows != LINES || g->cols != COLS)
        resizeterm(g->rows, g->cols);
    erase();
    return grid_resize(&terminal.shown, g->rows, g->cols) == 0;
}

// The other half of what is two columns wide differs wherever the one does.
static void put_changes(const grid_t *g)
{
    for (int row = 0; row < g->rows; row++) {
        const cell_t *cells = grid_row(g, row);
        size_t size = (size_t) g->cols * sizeof(*cells);
        cell_t *shown = terminal.shown.cells + (size_t) row * (size_t) g->cols;

        if (memcmp(cells, shown, size) == 0)
            continue;
        for (int col = 0; col < g->cols; col++)
            if (cells[col].width > 0 && memcmp(&cells[col], &shown[col], sizeof(*cells)) != 0)
                put_cell(row, col, &cells[col]);
        memcpy(shown, cells, size);
    }
}

void terminal_show(const grid_t *g)
{
    if (!follow_size(g))
        return;
    put_changes(g);
    collect_begin();
    refresh();
    guard_begin();
    collect_end();
    guard_end();
}

static void begin_pasting(bool begins)
{
    terminal.pasting = begins;
    terminal.pasted_us = clock_monotonic_us();
}

// A sequence that terminfo does not know (a key of some other terminal) is not ESC and what follows
// it. True: there was one, and it is gone. Around what is pasted there are two.
static bool skip_sequence(void)
{
    unsigned number = 0;
    wint_t c;

    if (get_wch(&c) != OK)
        return false;
    if (c != '[' && c != 'O') {
        unget_wch((wchar_t) c);
        return false;
    }
    while (get_wch(&c) == OK && (c < 0x40 || c > 0x7e))
        number = c >= '0' && c <= '9' ? number * 10 + (c - '0') : 0;
    if (c == '~' && (number == PASTE_BEGINS || number == PASTE_ENDS))
        begin_pasting(number == PASTE_BEGINS);
    return true;
}

static void go_on_pasting(void)
{
    uint64_t now_us = clock_monotonic_us();

    terminal.pasting = now_us < terminal.pasted_us + PASTE_PAUSE_US;
    terminal.pasted_us = now_us;
}

int terminal_key(void)
{
    static const struct {
        int from, to;
    } keys[] = {
            {KEY_UP, KEY_CODE_UP},
            {KEY_DOWN, KEY_CODE_DOWN},
            {KEY_LEFT, KEY_CODE_LEFT},
            {KEY_RIGHT, KEY_CODE_RIGHT},
            {KEY_PPAGE, KEY_CODE_PAGE_UP},
            {KEY_NPAGE, KEY_CODE_PAGE_DOWN},
            {KEY_HOME, KEY_CODE_HOME},
            {KEY_END, KEY_CODE_END},
            {KEY_F(1), KEY_CODE_F1},
            {KEY_F(3), KEY_CODE_F3},
            {KEY_F(4), KEY_CODE_F4},
            {KEY_F(5), KEY_CODE_F5},
            {KEY_F(9), KEY_CODE_F9},
            {KEY_F(10), KEY_CODE_F10},
            {KEY_MOUSE, KEY_CODE_MOUSE},
            {KEY_ENTER, KEY_CODE_ENTER},
            {KEY_BACKSPACE, KEY_CODE_BACKSPACE},
    };

    for (;;) {
        wint_t c;
        int kind = get_wch(&c);

        if (kind == ERR)
            return KEY_CODE_NONE;
        if (terminal.pasting)
            go_on_pasting();
        if (kind == OK && (c != KEY_CODE_ESCAPE || !skip_sequence()))
            return (int) c;
        if (kind == OK)
            continue;
        for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
            if ((int) c == keys[i].from)
                return keys[i].to;
    }
}

bool terminal_is_pasting(void)
{
    return terminal.pasting;
}

int terminal_mouse(int *ret_row, int *ret_col)
{
    MEVENT event;

    if (getmouse(&event) != OK)
        return 0;
    *ret_row = event.y;
    *ret_col = event.x;
    if (event.bstate & BUTTON1_PRESSED)
        return 1;
    if (event.bstate & BUTTON4_PRESSED)
        return 4;
    return event.bstate & BUTTON5_PRESSED ? 5 : 0;
}
