#include "tests/support/terminal_private.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "tests/support/process.h"

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

#define PICTURE_GAP_MS 3

_Noreturn void terminal_give_up(const char *what)
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
    process_default_signals();
    set_environment();
    for (const char *const *e = o->env; e && *e; e++)
        putenv((char *) (uintptr_t) *e);

    execvp(o->argv[0], (char *const *) (uintptr_t) o->argv);
    fprintf(stderr, "%s: %s\n", o->argv[0], strerror(errno));
    _exit(127);
}

terminal_t *terminal_start(const terminal_options_t *options)
{
    struct winsize size = {
            .ws_row = (unsigned short) options->rows,
            .ws_col = (unsigned short) options->cols,
    };
    terminal_t *t = terminal_screen_new(options->rows, options->cols);
    pid_t parent = getpid();

    fflush(NULL);
    t->pid = forkpty(&t->fd, NULL, NULL, &size);
    if (t->pid < 0)
        terminal_give_up("no pseudoterminal");
    if (t->pid == 0)
        run_program(options, parent);
    if (fcntl(t->fd, F_SETFL, O_NONBLOCK) < 0 || fcntl(t->fd, F_SETFD, FD_CLOEXEC) < 0)
        terminal_give_up("fcntl");
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
    free(t->received);
    terminal_screen_free(t);
}

pid_t terminal_pid(const terminal_t *t)
{
    return t->pid;
}

void terminal_send_bytes(terminal_t *t, const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size > 0 && t->fd >= 0) {
        ssize_t n = write(t->fd, at, size);

        if (n < 0 && errno == EAGAIN) {
            poll(&(struct pollfd){.fd = t->fd, .events = POLLOUT}, 1, 1000);
        } else if (n < 0 && errno != EINTR) {
            return; // the program is gone, which its exit status tells better
        } else if (n > 0) {
            at += n;
            size -= (size_t) n;
        }
    }
}

void terminal_send(terminal_t *t, const char *keys)
{
    terminal_send_bytes(t, keys, strlen(keys));
}

void terminal_resize(terminal_t *t, int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short) rows, .ws_col = (unsigned short) cols};

    // The emulator first, as with a window: it has its new size before the program knows.
    terminal_screen_resize(t, rows, cols);
    if (ioctl(t->fd, TIOCSWINSZ, &size) < 0)
        terminal_give_up("resize");
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
            terminal_give_up("no memory");
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
    terminal_screen_feed(t, buf, (size_t) n);
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

const char *terminal_received(const terminal_t *t, size_t *ret_size)
{
    *ret_size = t->received_size;
    return t->received;
}

void terminal_forget(terminal_t *t)
{
    t->received_size = 0;
}

struct termios terminal_modes(const terminal_t *t)
{
    struct termios modes;

    if (tcgetattr(t->fd, &modes) < 0)
        terminal_give_up("tcgetattr");
    return modes;
}
