#include "daemon/watch.h"
#include "daemon/proc/meminfo.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

// MemAvailable is the third line of meminfo.
#define HEAD_SIZE 256

#define SMALL_KB    (32 * 1024)
#define SMALL_PART  1024
#define SMALL_LOOKS 20 // between captures for a small fall, in the long run
#define SMALL_SAVED 8

// Some task waited for memory for 50 ms within a second; two seconds are the least that users
// without privileges may ask about.
static int open_trigger(int proc_fd)
{
    static const char *const triggers[] = {"some 50000 1000000", "some 100000 2000000"};

    for (size_t i = 0; i < sizeof(triggers) / sizeof(triggers[0]); i++) {
        int fd = openat(proc_fd, "pressure/memory", O_RDWR | O_NONBLOCK | O_CLOEXEC);

        if (fd < 0)
            return -1;
        if (write(fd, triggers[i], strlen(triggers[i]) + 1) > 0)
            return fd;
        close(fd);
    }
    return -1;
}

int watch_init(watch_t *w, int proc_fd, bool live)
{
    *w = (watch_t){.pressure_fd = -1, .fd = openat(proc_fd, "meminfo", O_RDONLY | O_CLOEXEC)};
    if (w->fd < 0)
        return -errno;
    if (live)
        w->pressure_fd = open_trigger(proc_fd);
    return 0;
}

void watch_done(watch_t *w)
{
    if (w->fd >= 0)
        close(w->fd);
    if (w->pressure_fd >= 0)
        close(w->pressure_fd);
    w->fd = w->pressure_fd = -1;
}

static bool is_enough(watch_t *w, uint64_t fall_kb, uint64_t mem_total_kb)
{
    uint64_t small_kb = mem_total_kb / SMALL_PART > SMALL_KB ? mem_total_kb / SMALL_PART : SMALL_KB;

    if (fall_kb >= mem_total_kb / 100)
        return true;
    if (fall_kb < small_kb || w->spent > (SMALL_SAVED - 1) * SMALL_LOOKS)
        return false;
    w->spent += SMALL_LOOKS;
    return true;
}

bool watch_judge(watch_t *w, uint64_t available_kb, uint64_t mem_total_kb)
{
    uint64_t highest = 0;

    for (unsigned i = 0; i < w->count; i++)
        if (w->available_kb[i] > highest)
            highest = w->available_kb[i];
    w->spent -= w->spent > 0;
    if (highest > available_kb && is_enough(w, highest - available_kb, mem_total_kb)) {
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

bool watch_pressure(watch_t *w, uint32_t events)
{
    if (!(events & EPOLLERR))
        return true;
    close(w->pressure_fd);
    w->pressure_fd = -1;
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
