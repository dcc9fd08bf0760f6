#include "tests/bench/crowd.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORK_BYTES    (256 * 1024)
#define WORK_SLEEP_US 200000

static _Noreturn void do_a_little(void)
{
    for (;;) {
        void *p =
                mmap(NULL, WORK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (p != MAP_FAILED) {
            memset(p, 1, WORK_BYTES);
            usleep(WORK_SLEEP_US);
            munmap(p, WORK_BYTES);
        }
    }
}

crowd_t crowd_start(size_t count, size_t active)
{
    return crowd_start_with(count, active, NULL);
}

crowd_t crowd_start_with(size_t count, size_t active, void (*work)(void))
{
    crowd_t c = {.pids = calloc(count ? count : 1, sizeof(pid_t))};
    pid_t parent = getpid();

    for (; c.pids && c.count < count; c.count++) {
        pid_t pid = fork();

        if (pid < 0)
            break;
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (getppid() != parent)
                _exit(0);
            if (c.count < active)
                (work ? work : do_a_little)();
            for (;;)
                pause();
        }
        c.pids[c.count] = pid;
    }
    if (c.count < count) {
        crowd_stop(&c);
        fprintf(stderr, "cannot start %zu processes: raise ulimit -u or kernel.pid_max\n", count);
        exit(1);
    }
    return c;
}

void crowd_stop(crowd_t *c)
{
    for (size_t i = 0; i < c->count; i++)
        kill(c->pids[i], SIGKILL);
    for (size_t i = 0; i < c->count; i++)
        waitpid(c->pids[i], NULL, 0);
    free(c->pids);
    *c = (crowd_t){0};
}
