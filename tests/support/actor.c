// A process that does what a test tells it, one command a line on standard input, each answered
// with a line when it is done:
//
//     name TEXT       takes a new name; \xHH in TEXT is that byte
//     anon MB         writes to that much new anonymous memory
//     free            gives it all back
//     zombies N       makes children that end and are not reaped; answers with the last one's PID
//     children N      makes children that sleep; answers with the last one's PID, or with -1 where
//                     the system does not allow as many
//     reap            ends and reaps all children
//
// It ends with its standard input, and its children end with it.

#include "common/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_PIECES 64

static struct {
    char *start;
    size_t size;
} pieces[MAX_PIECES];
static size_t piece_count;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "actor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void take_name(const char *text)
{
    char name[16] = "";

    for (size_t n = 0; *text && n < sizeof(name) - 1; n++) {
        unsigned byte;

        if (sscanf(text, "\\x%2x", &byte) == 1) {
            name[n] = (char) byte;
            text += 4;
        } else {
            name[n] = *text++;
        }
    }
    prctl(PR_SET_NAME, name);
}

static void take_memory(size_t mb)
{
    size_t size = mb << 20;
    char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED || piece_count == MAX_PIECES)
        fail("anon");
    madvise(p, size, MADV_NOHUGEPAGE);
    for (size_t i = 0; i < size; i += 4096)
        p[i] = 1;
    pieces[piece_count].start = p;
    pieces[piece_count++].size = size;
}

static void free_memory(void)
{
    while (piece_count > 0) {
        piece_count--;
        munmap(pieces[piece_count].start, pieces[piece_count].size);
    }
}

static void wait_until_dead(pid_t pid)
{
    siginfo_t info;

    if (waitid(P_PID, (id_t) pid, &info, WEXITED | WNOWAIT) < 0)
        fail("waitid");
}

static pid_t make_children(int count, int asleep)
{
    pid_t pid = 0, parent = getpid();

    while (count-- > 0) {
        pid = fork();
        if (pid < 0)
            return -1;
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            while (asleep && getppid() == parent)
                pause();
            _exit(0);
        }
        if (!asleep)
            wait_until_dead(pid);
    }
    return pid;
}

static void reap(void)
{
    signal(SIGTERM, SIG_IGN);
    kill(0, SIGTERM);
    while (wait(NULL) > 0 || errno == EINTR)
        ;
    signal(SIGTERM, SIG_DFL);
}

static void obey(const char *command)
{
    pid_t pid = 0;

    if (strncmp(command, "name ", 5) == 0) {
        take_name(command + 5);
    } else if (strncmp(command, "anon ", 5) == 0) {
        take_memory(strtoul(command + 5, NULL, 10));
    } else if (strcmp(command, "free") == 0) {
        free_memory();
    } else if (strncmp(command, "zombies ", 8) == 0) {
        pid = make_children(atoi(command + 8), 0);
        if (pid < 0)
            fail("fork");
        wait_until_dead(pid);
    } else if (strncmp(command, "children ", 9) == 0) {
        pid = make_children(atoi(command + 9), 1);
    } else if (strcmp(command, "reap") == 0) {
        reap();
    } else {
        errno = EINVAL;
        fail(command);
    }
    printf("%d\n", (int) pid);
    fflush(stdout);
}

int main(void)
{
    char line[256];

    // Of its own process group, which "reap" speaks to.
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        obey(line);
    }
    return 0;
}
