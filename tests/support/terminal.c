#include "tests/support/terminal.h"

#include "common/cleanup.h"
#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <vterm.h>

#define PICTURE_GAP_MS 3

struct terminal {
    pid_t pid;
    int fd; // the master side; -1 after a hang-up
    bool reaped;
    int status;

    VTerm *vterm;
    VTermScreen *screen;
    bool alternate, cursor_visible;
    VTermPos cursor;

    char *received;
    size_t received_size, received_capacity;

    VTerm *stray_vterm; // sees the same bytes and only counts
    bool stray_alternate;
    size_t stray;

    char lines[TERMINAL_MAX_ROWS][TERMINAL_MAX_COLS * 32 + 1];
};

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "terminal: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_us(void)
{
    return clock_monotonic_us();
}

static int remaining_ms(uint64_t deadline_us)
{
    uint64_t now = now_us();

    return now >= deadline_us ? 0 : (int) ((deadline_us - now + 999) / 1000);
}

static uint64_t deadline_after(int timeout_ms)
{
    return now_us() + (uint64_t) timeout_ms * 1000;
}

static void write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0 && fd >= 0) {
        ssize_t n = write(fd, bytes, size);

        if (n < 0 && errno == EAGAIN) {
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, 1000);
        } else if (n < 0 && errno != EINTR) {
            return; // the program is gone, which its exit status tells better
        } else if (n > 0) {
            bytes += n;
            size -= (size_t) n;
        }
    }
}

static void on_reply(const char *bytes, size_t size, void *user)
{
    write_all(((terminal_t *) user)->fd, bytes, size);
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

// Nothing of what the person who runs the tests has set may change what is on the screen.
static void set_environment(void)
{
    static const char *const unwanted[] = {"LC_CTYPE", "LANG", "LINES", "COLUMNS", "NO_COLOR",
            "COLORTERM", "ESCDELAY", "MEMSCOPED", "XDG_CONFIG_HOME"};

    for (size_t i = 0; i < ARRAY_SIZE(unwanted); i++)
        unsetenv(unwanted[i]);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("TERM", "xterm-256color", 1);
    setenv("HOME", "/nonexistent", 1);
}

static _Noreturn void run_program(const terminal_options_t *o, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);

    if (o->stdin_path) {
        int fd = open(o->stdin_path, O_RDONLY | O_NOCTTY);

        if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
            _exit(127);
        close(fd);
    }
    set_environment();
    for (const char *const *e = o->env; e && *e; e++)
        putenv((char *) (uintptr_t) *e);

    execvp(o->argv[0], (char *const *) (uintptr_t) o->argv);
    fprintf(stderr, "%s: %s\n", o->argv[0], strerror(errno));
    _exit(127);
}

static terminal_t *terminal_new(int rows, int cols)
{
    terminal_t *t = calloc(1, sizeof(*t));

    if (!t || !(t->vterm = vterm_new(rows, cols)) || !(t->stray_vterm = vterm_new(rows, cols)))
        give_up("no memory");
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

terminal_t *terminal_start(const terminal_options_t *options)
{
    struct winsize size = {
            .ws_row = (unsigned short) options->rows,
            .ws_col = (unsigned short) options->cols,
    };
    terminal_t *t = terminal_new(options->rows, options->cols);
    pid_t parent = getpid();

    fflush(NULL);
    t->pid = forkpty(&t->fd, NULL, NULL, &size);
    if (t->pid < 0)
        give_up("no pseudoterminal");
    if (t->pid == 0)
        run_program(options, parent);
    if (fcntl(t->fd, F_SETFL, O_NONBLOCK) < 0 || fcntl(t->fd, F_SETFD, FD_CLOEXEC) < 0)
        give_up("fcntl");
    return t;
}

void terminal_free(terminal_t *t)
{
    if (!t)
        return;
    if (!t->reaped) {
        kill(t->pid, SIGKILL);
        while (waitpid(t->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    terminal_hang_up(t);
    vterm_free(t->vterm);
    vterm_free(t->stray_vterm);
    free(t->received);
    free(t);
}

pid_t terminal_pid(const terminal_t *t)
{
    return t->pid;
}

void terminal_send_bytes(terminal_t *t, const void *bytes, size_t size)
{
    write_all(t->fd, bytes, size);
}

void terminal_send(terminal_t *t, const char *keys)
{
    terminal_send_bytes(t, keys, strlen(keys));
}

void terminal_resize(terminal_t *t, int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short) rows, .ws_col = (unsigned short) cols};

    // The emulator first, as with a window: it has its new size before the program knows.
    vterm_set_size(t->vterm, rows, cols);
    vterm_set_size(t->stray_vterm, rows, cols);
    if (ioctl(t->fd, TIOCSWINSZ, &size) < 0)
        give_up("resize");
}

void terminal_hang_up(terminal_t *t)
{
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
}

static void keep(terminal_t *t, const char *bytes, size_t size)
{
    if (t->received_size + size > t->received_capacity) {
        size_t capacity = MAX(2 * t->received_capacity, t->received_size + size);
        char *p = realloc(t->received, capacity);

        if (!p)
            give_up("no memory");
        t->received = p;
        t->received_capacity = capacity;
    }
    memcpy(t->received + t->received_size, bytes, size);
    t->received_size += size;
}

bool terminal_pump(terminal_t *t, int timeout_ms)
{
    struct pollfd p = {.fd = t->fd, .events = POLLIN};
    char buf[65536];

    if (t->fd < 0)
        return false;
    if (poll(&p, 1, timeout_ms) <= 0)
        return true;

    ssize_t n = read(t->fd, buf, sizeof(buf));
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return false;
    keep(t, buf, (size_t) n);
    vterm_input_write(t->vterm, buf, (size_t) n);
    vterm_input_write(t->stray_vterm, buf, (size_t) n);
    return true;
}

// The rest of a picture that comes in pieces. Half a picture is rarely what a test wants to judge.
static bool pump_picture(terminal_t *t, int timeout_ms)
{
    size_t before = t->received_size;
    bool open = terminal_pump(t, timeout_ms);

    while (open && t->received_size > before) {
        before = t->received_size;
        open = terminal_pump(t, PICTURE_GAP_MS);
    }
    return open;
}

bool terminal_wait(
        terminal_t *t, bool (*holds)(const terminal_t *t, void *user), void *user, int timeout_ms)
{
    uint64_t deadline = deadline_after(timeout_ms);

    for (;;) {
        if (holds(t, user))
            return true;

        int left = remaining_ms(deadline);
        if (left == 0)
            return false;
        if (!pump_picture(t, left))
            return holds(t, user);
    }
}

static bool has_text(const terminal_t *t, void *user)
{
    return terminal_find(t, user, NULL, NULL);
}

static bool has_no_text(const terminal_t *t, void *user)
{
    return !terminal_find(t, user, NULL, NULL);
}

bool terminal_wait_text(terminal_t *t, const char *text, int timeout_ms)
{
    return terminal_wait(t, has_text, (void *) (uintptr_t) text, timeout_ms);
}

bool terminal_wait_gone(terminal_t *t, const char *text, int timeout_ms)
{
    return terminal_wait(t, has_no_text, (void *) (uintptr_t) text, timeout_ms);
}

static bool try_reap(terminal_t *t)
{
    if (!t->reaped && waitpid(t->pid, &t->status, WNOHANG) == t->pid)
        t->reaped = true;
    return t->reaped;
}

int terminal_wait_exit(terminal_t *t, int timeout_ms)
{
    uint64_t deadline = deadline_after(timeout_ms);
    bool open = true;

    while (!try_reap(t)) {
        int left = remaining_ms(deadline);

        if (left == 0)
            return -1;
        // The last one to close the terminal ends the poll; a short nap only where somebody
        // else still has it open, or it was hung up.
        if (open)
            open = terminal_pump(t, MIN(left, 50));
        else
            poll(NULL, 0, MIN(left, 5));
    }
    while (open && t->fd >= 0) {
        size_t before = t->received_size;

        open = terminal_pump(t, 0) && t->received_size > before;
    }
    return t->status;
}

int64_t terminal_response_us(terminal_t *t, const char *keys, int timeout_ms)
{
    uint64_t deadline = deadline_after(timeout_ms);
    size_t before;

    do {
        before = t->received_size;
        if (!terminal_pump(t, 0))
            return -1;
    } while (t->received_size > before);

    uint64_t sent = now_us();
    terminal_send(t, keys);
    while (t->received_size == before) {
        int left = remaining_ms(deadline);

        if (left == 0 || !terminal_pump(t, left))
            return -1;
    }
    return (int64_t) (now_us() - sent);
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

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char) c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char) (0xc0 | c >> 6);
        out[1] = (char) (0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char) (0xe0 | c >> 12);
        out[1] = (char) (0x80 | (c >> 6 & 0x3f));
        out[2] = (char) (0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char) (0xf0 | c >> 18);
    out[1] = (char) (0x80 | (c >> 12 & 0x3f));
    out[2] = (char) (0x80 | (c >> 6 & 0x3f));
    out[3] = (char) (0x80 | (c & 0x3f));
    return 4;
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
            n += put_utf8(cell.text + n, c.chars[i]);
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

const char *terminal_received(const terminal_t *t, size_t *ret_size)
{
    *ret_size = t->received_size;
    return t->received;
}

void terminal_forget(terminal_t *t)
{
    t->received_size = 0;
}

size_t terminal_stray(const terminal_t *t)
{
    return t->stray;
}

struct termios terminal_modes(const terminal_t *t)
{
    struct termios modes;

    if (tcgetattr(t->fd, &modes) < 0)
        give_up("tcgetattr");
    return modes;
}
