#include "client/link/send_signal.h"

#include "common/cleanup.h"
#include "common/file.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FIELDS_TO_START 20 // behind the name, which may hold anything

static int start_of(uint64_t pid, uint64_t *ret)
{
    char path[64], text[1024];
    const char *at;
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/%" PRIu64 "/stat", pid);
    n = file_read_at(AT_FDCWD, path, text, sizeof(text));
    if (n < 0)
        return n == -ENOENT ? -ESRCH : (int) n;
    at = strrchr(text, ')');
    for (int i = 0; at && i < FIELDS_TO_START; i++)
        at = strchr(at + 1, ' ');
    if (!at)
        return -EBADMSG;
    *ret = strtoull(at + 1, NULL, 10);
    return 0;
}

int send_signal(uint64_t pid, uint64_t start_time, int number)
{
    _cleanup_close_ int fd = -1;
    uint64_t start;
    int r;

    if (pid == 0 || pid > INT_MAX)
        return -ESRCH;
    // The descriptor stands for one process: whoever has the number when its start is read is that
    // one, or the one is gone and so is what the descriptor stands for.
    fd = (int) syscall(SYS_pidfd_open, (pid_t) pid, 0);
    if (fd < 0)
        return -errno;
    r = start_of(pid, &start);
    if (r < 0)
        return r;
    if (start != start_time)
        return -ESRCH;
    return syscall(SYS_pidfd_send_signal, fd, number, NULL, 0) < 0 ? -errno : 0;
}
