// A process that takes memory and gives it back:
//
//     hog MB TAKE_MS HOLD_MS [workers N | file PATH | fork copy | fork original]
//
// takes so much within TAKE_MS (0: as fast as it can), keeps it for HOLD_MS, and ends. With workers
// N children take an equal part each; with a file it writes to that. With a fork it has all of it
// before, and the copy or the original writes to it. Whoever takes memory says "pid PID" on
// standard output before it begins (with a fork the copy, whose it is), and the first one "taken"
// when all is there.

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <signal.h>

#define STEP        ((size_t) 1 << 20)
#define SEEN_MS     2500 // so long after a fork both have been seen
#define WORKERS_MAX 64
#define MS_PER_S    1000
#define NS_PER_MS   1000000

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "hog: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void say(const char *what, int number)
{
    char line[32];
    int n = number ? snprintf(line, sizeof(line), "%s %d\n", what, number)
                   : snprintf(line, sizeof(line), "%s\n", what);

    if (write(STDOUT_FILENO, line, (size_t) n) != n)
        fail("write");
}

static uint64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t) ts.tv_sec * MS_PER_S + (uint64_t) ts.tv_nsec / NS_PER_MS;
}

static void wait_until(uint64_t ms)
{
    uint64_t now = now_ms();

    if (now < ms)
        usleep((useconds_t) (ms - now) * 1000);
}

// A mebibyte of new memory, or of the file; every page is written to.
static void take_step(char *at, int file, size_t size)
{
    static char block[STEP];

    memset(file >= 0 ? block : at, 0x5a, size);
    for (size_t done = 0; file >= 0 && done < size;) {
        ssize_t n = write(file, block + done, size - done);

        if (n < 0)
            fail("write");
        done += (size_t) n;
    }
}

static char *map(size_t mb)
{
    void *at = mmap(NULL, mb * STEP, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (at == MAP_FAILED)
        fail("mmap");
    return at;
}

static void fill(char *at, size_t mb, uint64_t take_ms, int file)
{
    uint64_t begin = now_ms();

    for (size_t i = 0; i < mb; i++) {
        take_step(at + i * STEP, file, STEP);
        wait_until(begin + take_ms * (i + 1) / mb);
    }
}

static void take(size_t mb, uint64_t take_ms, int file)
{
    fill(file < 0 ? map(mb) : NULL, mb, take_ms, file);
}

static void take_by_workers(size_t mb, uint64_t take_ms, int workers)
{
    int ready[2];
    char byte = 0;

    if (pipe(ready) < 0)
        fail("pipe");
    for (int i = 0; i < workers; i++) {
        pid_t pid = fork();

        if (pid < 0)
            fail("fork");
        if (pid > 0)
            continue;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        say("pid", (int) getpid());
        take(mb / (size_t) workers, take_ms, -1);
        if (write(ready[1], &byte, 1) != 1)
            fail("write");
        pause();
        _exit(0);
    }
    for (int i = 0; i < workers; i++)
        if (read(ready[0], &byte, 1) != 1)
            fail("read");
}

static void take_by_fork(size_t mb, uint64_t take_ms, bool copy_writes)
{
    char *at = map(mb), byte = 0;
    int ready[2];
    pid_t pid;

    if (pipe(ready) < 0)
        fail("pipe");
    fill(at, mb, 0, -1);
    pid = fork();
    if (pid < 0)
        fail("fork");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        usleep(SEEN_MS * 1000);
        say("pid", (int) getpid());
        if (copy_writes)
            fill(at, mb, take_ms, -1);
        if (write(ready[1], &byte, 1) != 1)
            fail("write");
        pause();
        _exit(0);
    }
    if (read(ready[0], &byte, 1) != 1)
        fail("read");
    if (!copy_writes)
        fill(at, mb, take_ms, -1);
}

int main(int argc, char **argv)
{
    const char *what = argc == 6 ? argv[4] : "";
    int file = -1, workers = 0;
    size_t mb;
    uint64_t take_ms;

    if (argc != 4 && argc != 6)
        return 2;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    mb = strtoul(argv[1], NULL, 10);
    take_ms = strtoul(argv[2], NULL, 10);
    if (strcmp(what, "workers") == 0) {
        workers = atoi(argv[5]);
        if (workers < 1 || workers > WORKERS_MAX)
            return 2;
    } else if (strcmp(what, "file") == 0) {
        file = open(argv[5], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (file < 0)
            fail(argv[5]);
    }
    if (strcmp(what, "fork") != 0)
        say("pid", (int) getpid());
    if (strcmp(what, "fork") == 0)
        take_by_fork(mb, take_ms, strcmp(argv[5], "copy") == 0);
    else if (workers)
        take_by_workers(mb, take_ms, workers);
    else
        take(mb, take_ms, file);
    say("taken", 0);
    usleep((useconds_t) strtoul(argv[3], NULL, 10) * 1000);
    return 0;
}
