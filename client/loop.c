#include "client/loop.h"

#include "client/app/actions.h"
#include "client/clipboard.h"
#include "client/guard.h"
#include "client/terminal.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>

#define FRAME_US (USEC_PER_SEC / 60)
// So many pictures may come before their time, for keys that come soon after a tick.
#define KEY_AHEAD 4

// The first picture is to be a whole one: two in a row would take longer, and flicker.
#define FIRST_SAMPLE_US (USEC_PER_SEC / 10)
#define FIRST_PAST_US   (8 * USEC_PER_MSEC)

static void taken_signals(sigset_t *set)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCHLD};

    sigemptyset(set);
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        sigaddset(set, signals[i]);
}

int loop_init(loop_t *l, app_t *app)
{
    sigset_t set;

    *l = (loop_t){
            .app = app, .attach = {.errors_fd = -1}, .names_fd = userdb_go_aside(app->model.users)};
    taken_signals(&set);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -errno;
    l->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return l->signal_fd < 0 ? -errno : 0;
}

void loop_done(loop_t *l)
{
    attach_done(&l->attach);
    close(l->signal_fd);
}

// ---- Events ------------------------------------------------------------------------------------

// Stops like any other job: with the shell's terminal as the shell had it.
static void stop(void)
{
    struct sigaction stop = {.sa_handler = SIG_DFL}, old;
    sigset_t set;

    terminal_suspend();
    sigaction(SIGTSTP, &stop, &old);
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    raise(SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    sigprocmask(SIG_BLOCK, &set, NULL);
    sigaction(SIGTSTP, &old, NULL);
    terminal_resume();
}

static void follow_size(loop_t *l)
{
    int rows, cols;

    terminal_size(&rows, &cols);
    if (app_resize(l->app, rows, cols) < 0) {
        snprintf(l->error, sizeof(l->error), "out of memory");
        l->done = true;
    }
}

static void daemon_ended(loop_t *l)
{
    if (!attach_reap(&l->attach))
        return;
    attach_ending(&l->attach, l->ended, sizeof(l->ended));
    app_link(l->app, LINK_LOST, l->ended, NULL);
    if (l->was_live && !l->attach.replayed)
        return;
    snprintf(l->error, sizeof(l->error), "%s", l->ended);
    l->done = true;
}

static void take_signals(loop_t *l)
{
    struct signalfd_siginfo info;

    while (read(l->signal_fd, &info, sizeof(info)) == (ssize_t) sizeof(info)) {
        switch (info.ssi_signo) {
        case SIGWINCH:
            // It may have been another size in between, which cut off what was there.
            l->app->redraw = true;
            follow_size(l);
            break;
        case SIGTSTP:
            stop();
            follow_size(l);
            break;
        case SIGCHLD:
            daemon_ended(l);
            break;
        default:
            l->done = true;
        }
    }
}

static void take_mouse(loop_t *l)
{
    int row, col, button = terminal_mouse(&row, &col);

    if (button == 1)
        app_mouse(l->app, MOUSE_PRESS, row, col);
    else if (button > 0)
        app_mouse(l->app, button == 4 ? MOUSE_WHEEL_UP : MOUSE_WHEEL_DOWN, row, col);
}

static void copy(loop_t *l)
{
    _cleanup_free_ char *text = app_take_clipboard(l->app);

    if (text && !clipboard_copy(text))
        app_say(l->app, "this terminal has no clipboard");
}

static void take_keys(loop_t *l, short events)
{
    int waiting = 0, key;
    bool told = ioctl(STDIN_FILENO, FIONREAD, &waiting) == 0, any = false;

    while ((key = terminal_key()) != KEY_CODE_NONE && !l->app->quit) {
        any = true;
        l->hold_us = 0;
        l->urgent = true;
        if (key == KEY_CODE_MOUSE)
            take_mouse(l);
        else if (terminal_is_pasting())
            app_paste(l->app, key);
        else
            app_key(l->app, key);
    }
    copy(l);
    // Readable, but with nothing to read: its end.
    if (events & (POLLERR | POLLNVAL) || (told ? waiting == 0 : !any))
        l->done = true;
}

// Each failure to connect may have another reason.
static void refresh_error(loop_t *l)
{
    const char *error = session_error(l->attach.session);

    if (l->app->link != LINK_LIVE && l->app->link != LINK_LOST &&
            strcmp(l->app->link_text, error) != 0)
        app_link(l->app, l->app->link, error, NULL);
}

static void check_session(loop_t *l, uint64_t now_us)
{
    if (l->give_up_us == 0 || now_us < l->give_up_us || l->done)
        return;
    attach_read_errors(&l->attach);
    attach_ending(&l->attach, l->error, sizeof(l->error));
    l->done = true;
}

static bool holds_back(loop_t *l, uint64_t now_us)
{
    app_t *a = l->app;

    if (l->hold_us == 0)
        return false;
    if (a->snapshot && !l->sampled) {
        l->sampled = true;
        l->hold_us = MIN(l->hold_us, now_us + FIRST_PAST_US);
    }
    if (app_settle(a) || a->link == LINK_RECONNECTING || a->link == LINK_LOST ||
            now_us >= l->hold_us)
        l->hold_us = 0;
    return l->hold_us != 0;
}

static uint64_t next_frame_us(const loop_t *l)
{
    uint64_t ahead = l->urgent ? KEY_AHEAD * FRAME_US : 0;

    return l->next_us > ahead ? l->next_us - ahead : 0;
}

static void draw(loop_t *l, uint64_t now_us)
{
    app_time(l->app, clock_boottime_us() / USEC_PER_MSEC);
    l->blocked = false;
    if (!l->app->dirty || now_us < next_frame_us(l) || holds_back(l, now_us))
        return;
    // Waiting for it inside ncurses would make us deaf to signals.
    l->blocked = !terminal_ready();
    if (l->blocked)
        return;
    if (l->app->redraw)
        terminal_forget();
    l->app->redraw = false;
    terminal_theme(l->app->theme);
    l->next_us = MAX(l->next_us, now_us) + FRAME_US;
    l->urgent = false;
    terminal_show(app_draw(l->app));
    l->done |= guard_ended();
}

static uint64_t next_deadline(const loop_t *l, uint64_t now_us)
{
    uint64_t deadline = session_deadline_us(l->attach.session), app = app_deadline_ms(l->app);

    if (l->hold_us)
        deadline = MIN(deadline, l->hold_us);
    else if (l->app->dirty && !l->blocked)
        deadline = MIN(deadline, next_frame_us(l));
    if (l->give_up_us)
        deadline = MIN(deadline, l->give_up_us);
    if (app != UINT64_MAX) {
        uint64_t now_ms = l->app->now_ms;

        deadline = MIN(deadline, now_us + (app > now_ms ? app - now_ms : 0) * USEC_PER_MSEC);
    }
    return deadline;
}

static void wait_and_take(loop_t *l)
{
    enum { SIGNALS, KEYS, SESSION, ERRORS, NAMES, SCREEN };
    session_t *s = l->attach.session;
    struct pollfd fds[] = {
            [SIGNALS] = {.fd = l->signal_fd, .events = POLLIN},
            [KEYS] = {.fd = STDIN_FILENO, .events = POLLIN},
            [SESSION] = {.fd = session_fd(s), .events = session_poll_events(s)},
            [ERRORS] = {.fd = l->attach.errors_fd, .events = POLLIN},
            [NAMES] = {.fd = l->names_fd, .events = POLLIN},
            [SCREEN] = {.fd = l->blocked ? STDOUT_FILENO : -1, .events = POLLOUT},
    };
    uint64_t now_us = clock_monotonic_us(), deadline = next_deadline(l, now_us);
    struct timespec timeout, *wait = NULL;

    if (deadline != UINT64_MAX) {
        uint64_t left = deadline > now_us ? deadline - now_us : 0;

        timeout = (struct timespec){.tv_sec = (time_t) (left / USEC_PER_SEC),
                .tv_nsec = (long) (left % USEC_PER_SEC) * 1000};
        wait = &timeout;
    }
    if (ppoll(fds, ARRAY_SIZE(fds), wait, NULL) < 0)
        return;
    if (fds[SIGNALS].revents)
        take_signals(l);
    if (fds[KEYS].revents && !l->done)
        take_keys(l, fds[KEYS].revents);
    if (fds[ERRORS].revents)
        attach_read_errors(&l->attach);
    if (fds[NAMES].revents)
        app_names(l->app);
    now_us = clock_monotonic_us();
    if (fds[SESSION].revents || now_us >= session_deadline_us(s))
        session_dispatch(s, now_us);
    refresh_error(l);
    check_session(l, now_us);
}

int loop_run(loop_t *l)
{
    follow_size(l);
    // What happened between the fork and now has no SIGCHLD of its own any more.
    daemon_ended(l);
    l->hold_us = clock_monotonic_us() + FIRST_SAMPLE_US;
    while (!l->done && !l->app->quit) {
        draw(l, clock_monotonic_us());
        wait_and_take(l);
    }
    return l->error[0] ? -ECONNABORTED : 0;
}
