#include "daemon/watch.h"
#include "daemon/proc/meminfo.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

// MemAvailable is the third line of meminfo.
#define HEAD_SIZE 256

int watch_init(watch_t *w, int proc_fd)
{
    *w = (watch_t){.fd = openat(proc_fd, "meminfo", O_RDONLY | O_CLOEXEC)};
    return w->fd < 0 ? -errno : 0;
}

void watch_done(watch_t *w)
{
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
}

bool watch_judge(watch_t *w, uint64_t available_kb, uint64_t mem_total_kb)
{
    uint64_t highest = 0;

    for (unsigned i = 0; i < w->count; i++)
        if (w->available_kb[i] > highest)
            highest = w->available_kb[i];
    if (highest > available_kb && highest - available_kb >= mem_total_kb / 100) {
        w->available_kb[0] = available_kb;
        w->count = 1;
        return true;
    }
    if (w->count < WATCH_LOOKS) {
        w->available_kb[w->count++] = available_kb;
    } else {
        for (unsigned i = 1; i < WATCH_LOOKS; i++)
            w->available_kb[i - 1] = w->available_kb[i];
        w->available_kb[WATCH_LOOKS - 1] = available_kb;
    }
    return false;
}

bool watch_look(watch_t *w, uint64_t mem_total_kb)
{
    char head[HEAD_SIZE];
    uint64_t available_kb;
    ssize_t n = pread(w->fd, head, sizeof(head), 0);

    if (n <= 0 || mem_total_kb == 0 || meminfo_parse_available(head, (size_t) n, &available_kb) < 0)
        return false;
    return watch_judge(w, available_kb, mem_total_kb);
}
