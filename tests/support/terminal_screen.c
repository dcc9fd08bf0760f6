#include "tests/support/terminal_private.h"

#include "common/cleanup.h"
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLEAR "\033[2J"

static void on_reply(const char *bytes, size_t size, void *user)
{
    terminal_send_bytes(user, bytes, size);
}

static int on_property(VTermProp property, VTermValue *value, void *user)
{
    terminal_t *t = user;

    if (property == VTERM_PROP_ALTSCREEN)
        t->alternate = value->boolean;
    else if (property == VTERM_PROP_CURSORVISIBLE)
        t->cursor_visible = value->boolean;
    return 1;
}

static int on_move(VTermPos pos, VTermPos old, int visible, void *user)
{
    (void) old;
    (void) visible;
    ((terminal_t *) user)->cursor = pos;
    return 1;
}

static int on_stray_property(VTermProp property, VTermValue *value, void *user)
{
    if (property == VTERM_PROP_ALTSCREEN)
        ((terminal_t *) user)->stray_alternate = value->boolean;
    return 1;
}

static int on_stray_glyph(VTermGlyphInfo *glyph, VTermPos pos, void *user)
{
    terminal_t *t = user;

    (void) pos;
    if (!t->stray_alternate && glyph->chars[0] != ' ')
        t->stray++;
    return 1;
}

static int on_stray_scroll(VTermRect rect, int downward, int rightward, void *user)
{
    (void) rect;
    (void) downward;
    (void) rightward;
    (void) user;
    return 1; // done, as far as counting goes
}

static const VTermScreenCallbacks screen_callbacks = {
        .settermprop = on_property,
        .movecursor = on_move,
};

static const VTermStateCallbacks stray_callbacks = {
        .settermprop = on_stray_property,
        .putglyph = on_stray_glyph,
        .scrollrect = on_stray_scroll,
};

terminal_t *terminal_screen_new(int rows, int cols)
{
    terminal_t *t = calloc(1, sizeof(*t));

    if (!t || !(t->vterm = vterm_new(rows, cols)) || !(t->stray_vterm = vterm_new(rows, cols)))
        terminal_give_up("no memory");
    t->fd = -1;
    t->cursor_visible = true;

    vterm_set_utf8(t->vterm, 1);
    vterm_output_set_callback(t->vterm, on_reply, t);
    t->screen = vterm_obtain_screen(t->vterm);
    vterm_screen_enable_altscreen(t->screen, 1);
    vterm_screen_set_callbacks(t->screen, &screen_callbacks, t);
    vterm_screen_reset(t->screen, 1);

    VTermState *stray = vterm_obtain_state(t->stray_vterm);
    vterm_set_utf8(t->stray_vterm, 1);
    vterm_state_set_callbacks(stray, &stray_callbacks, t);
    vterm_state_reset(stray, 1);
    return t;
}

void terminal_screen_free(terminal_t *t)
{
    vterm_free(t->vterm);
    vterm_free(t->stray_vterm);
    free(t->cleared);
    free(t);
}

static void keep_screen(terminal_t *t)
{
    size_t cols = (size_t) terminal_cols(t), n = (size_t) terminal_rows(t) * cols;

    free(t->cleared);
    t->cleared = calloc(n, sizeof(*t->cleared));
    if (!t->cleared)
        terminal_give_up("calloc");
    for (size_t i = 0; i < n; i++)
        t->cleared[i] = terminal_cell(t, (int) (i / cols), (int) (i % cols));
    t->clears++;
}

// Where the last byte of CLEAR is fed, all that came before it is on the screen.
void terminal_screen_feed(terminal_t *t, const char *bytes, size_t size)
{
    size_t fed = 0;

    for (size_t i = 0; i < size; i++) {
        t->clearing = bytes[i] == CLEAR[t->clearing] ? t->clearing + 1 : bytes[i] == CLEAR[0];
        if (t->clearing < strlen(CLEAR))
            continue;
        vterm_input_write(t->vterm, bytes + fed, i - fed);
        fed = i;
        t->clearing = 0;
        keep_screen(t);
    }
    vterm_input_write(t->vterm, bytes + fed, size - fed);
    vterm_input_write(t->stray_vterm, bytes, size);
}

unsigned terminal_clears(const terminal_t *t)
{
    return t->clears;
}

const terminal_cell_t *terminal_cleared(const terminal_t *t)
{
    return t->cleared;
}

void terminal_screen_resize(terminal_t *t, int rows, int cols)
{
    vterm_set_size(t->vterm, rows, cols);
    vterm_set_size(t->stray_vterm, rows, cols);
}

int terminal_rows(const terminal_t *t)
{
    int rows, cols;

    vterm_get_size(t->vterm, &rows, &cols);
    return MIN(rows, TERMINAL_MAX_ROWS);
}

int terminal_cols(const terminal_t *t)
{
    int rows, cols;

    vterm_get_size(t->vterm, &rows, &cols);
    return MIN(cols, TERMINAL_MAX_COLS);
}

static int color_index(const VTermColor *color, bool is_default)
{
    return is_default || !VTERM_COLOR_IS_INDEXED(color) ? -1 : color->indexed.idx;
}

terminal_cell_t terminal_cell(const terminal_t *t, int row, int col)
{
    terminal_cell_t cell = {.text = " ", .fg = -1, .bg = -1};
    VTermScreenCell c;
    size_t n = 0;

    if (!vterm_screen_get_cell(t->screen, (VTermPos){.row = row, .col = col}, &c))
        return cell;
    if (c.chars[0] == (uint32_t) -1) {
        cell.text[0] = '\0';
    } else if (c.chars[0] != 0) {
        for (size_t i = 0; i < VTERM_MAX_CHARS_PER_CELL && c.chars[i]; i++)
            n += text_encode(c.chars[i], cell.text + n);
        cell.text[n] = '\0';
    }
    cell.bold = c.attrs.bold;
    cell.reverse = c.attrs.reverse;
    cell.underline = c.attrs.underline != VTERM_UNDERLINE_OFF;
    cell.fg = color_index(&c.fg, VTERM_COLOR_IS_DEFAULT_FG(&c.fg));
    cell.bg = color_index(&c.bg, VTERM_COLOR_IS_DEFAULT_BG(&c.bg));
    return cell;
}

const char *terminal_line(const terminal_t *t, int row)
{
    if (row < 0 || row >= terminal_rows(t))
        return "";

    // The buffer is a cache of the screen, which is what the terminal is as seen from outside.
    char *line = ((terminal_t *) (uintptr_t) t)->lines[row];
    size_t size = 0, used = 0;

    for (int col = 0; col < terminal_cols(t); col++) {
        terminal_cell_t cell = terminal_cell(t, row, col);
        size_t n = strlen(cell.text);

        memcpy(line + size, cell.text, n);
        size += n;
        if (n > 0 && strcmp(cell.text, " ") != 0)
            used = size;
    }
    line[used] = '\0';
    return line;
}

static int column_of(const terminal_t *t, int row, size_t bytes)
{
    size_t size = 0;
    int col = 0;

    while (col < terminal_cols(t) && size < bytes)
        size += strlen(terminal_cell(t, row, col++).text);
    return col;
}

bool terminal_find(const terminal_t *t, const char *text, int *ret_row, int *ret_col)
{
    for (int row = 0; row < terminal_rows(t); row++) {
        const char *line = terminal_line(t, row);
        const char *at = strstr(line, text);

        if (!at)
            continue;
        if (ret_row)
            *ret_row = row;
        if (ret_col)
            *ret_col = column_of(t, row, (size_t) (at - line));
        return true;
    }
    return false;
}

void terminal_cursor(const terminal_t *t, int *ret_row, int *ret_col, bool *ret_visible)
{
    *ret_row = t->cursor.row;
    *ret_col = t->cursor.col;
    *ret_visible = t->cursor_visible;
}

bool terminal_is_alternate(const terminal_t *t)
{
    return t->alternate;
}

bool terminal_is_blank(const terminal_t *t)
{
    for (int row = 0; row < terminal_rows(t); row++)
        if (terminal_line(t, row)[0] != '\0')
            return false;
    return true;
}

void terminal_dump(const terminal_t *t)
{
    for (int row = 0; row < terminal_rows(t); row++)
        fprintf(stderr, "%3d|%s\n", row, terminal_line(t, row));
}

size_t terminal_stray(const terminal_t *t)
{
    return t->stray;
}
