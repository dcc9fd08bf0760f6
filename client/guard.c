#include "client/guard.h"

#include "common/cleanup.h"
#include <signal.h>
#include <termios.h>

#define PATIENCE_S 1

static struct {
    struct termios modes;
    volatile sig_atomic_t ended;
} guard;

// Only what a signal handler may do, here and below.
static void abandon(int signal)
{
    (void) signal;
    tcflush(STDOUT_FILENO, TCOFLUSH);
    tcsetattr(STDOUT_FILENO, TCSANOW, &guard.modes);
    _exit(EXIT_FAILURE);
}

static void note_end(int signal)
{
    (void) signal;
    guard.ended = 1;
    alarm(PATIENCE_S);
}

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static void let_through(int how)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_SIZE(ending); i++)
        sigaddset(&set, ending[i]);
    sigprocmask(how, &set, NULL);
}

static void do_nothing(int signal)
{
    (void) signal;
}

void guard_open(void)
{
    struct sigaction end = {.sa_handler = note_end}, late = {.sa_handler = abandon};
    struct sigaction stop = {.sa_handler = do_nothing};

    tcgetattr(STDOUT_FILENO, &guard.modes);
    // While it draws, ncurses would ignore SIGTSTP, and that discards one that waits to be read: it
    // leaves a signal alone that somebody else handles.
    sigaction(SIGTSTP, &stop, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(ending); i++)
        sigaction(ending[i], &end, NULL);
    sigaction(SIGALRM, &late, NULL);
}

void guard_begin(void)
{
    let_through(SIG_UNBLOCK);
}

void guard_end(void)
{
    let_through(SIG_BLOCK);
    alarm(0);
}

void guard_last_words(void)
{
    struct termios modes;

    if (tcgetattr(STDOUT_FILENO, &modes) == 0) {
        modes.c_iflag &= ~(tcflag_t) IXON;
        tcsetattr(STDOUT_FILENO, TCSANOW, &modes);
    }
    alarm(PATIENCE_S);
}

bool guard_ended(void)
{
    return guard.ended != 0;
}
