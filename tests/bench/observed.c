#include "tests/bench/observed.h"

#include "common/cleanup.h"
#include "tests/support/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

double observed_cpu_us(pid_t pid)
{
    char path[64];
    double total = 0;
    struct dirent *e;

    snprintf(path, sizeof(path), "/proc/%d/task", (int) pid);
    _cleanup_closedir_ DIR *dir = opendir(path);
    while (dir && (e = readdir(dir))) {
        char name[340];
        unsigned long long ns;

        snprintf(name, sizeof(name), "%s/%s/schedstat", path, e->d_name);
        _cleanup_fclose_ FILE *f = fopen(name, "re");
        if (f && fscanf(f, "%llu", &ns) == 1)
            total += (double) ns / 1e3;
    }
    return total;
}

double observed_private_bytes(pid_t pid)
{
    return 1024.0 * (double) (proc_kb(pid, "smaps_rollup", "Private_Dirty") +
                              proc_kb(pid, "smaps_rollup", "Private_Clean"));
}

// asked.
bool observed_kernel_bytes(pid_t pid, double *ret)
{
    int pidfd = (int) syscall(SYS_pidfd_open, pid, 0);
    bool asked = false;
    char path[64];
    struct dirent *e;

    snprintf(path, sizeof(path), "/proc/%d/fd", (int) pid);
    _cleanup_closedir_ DIR *dir = opendir(path);
    *ret = 0;
    while (pidfd >= 0 && dir && (e = readdir(dir))) {
        unsigned mem[9] = {0}; // SK_MEMINFO_*: the third is what was written
        socklen_t len = sizeof(mem);
        char target[32] = "";
        int fd;

        if (readlinkat(dirfd(dir), e->d_name, target, sizeof(target) - 1) < 0 ||
                strncmp(target, "socket:", 7) != 0)
            continue;
        fd = (int) syscall(SYS_pidfd_getfd, pidfd, atoi(e->d_name), 0);
        if (fd < 0)
            continue;
        if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, mem, &len) == 0) {
            asked = true;
            *ret += mem[2];
        }
        close(fd);
    }
    if (pidfd >= 0)
        close(pidfd);
    return asked;
}
