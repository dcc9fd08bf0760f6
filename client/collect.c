#include "client/collect.h"

#include "client/guard.h"
#include "common/cleanup.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>

#define PIECE 32768

static struct {
    int file, terminal; // -1: not open
    bool open;
} collect = {-1, -1, false};

void collect_begin(void)
{
    if (collect.file < 0)
        collect.file = memfd_create("memscope-picture", MFD_CLOEXEC);
    if (collect.terminal < 0)
        collect.terminal = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    collect.open = collect.file >= 0 && collect.terminal >= 0 &&
                   dup2(collect.file, STDOUT_FILENO) == STDOUT_FILENO;
}

static bool put(const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, data, len);

        if (n < 0 && (errno != EINTR || guard_ended()))
            return false;
        if (n > 0) {
            data += n;
            len -= (size_t) n;
        }
    }
    return true;
}

void collect_end(void)
{
    char piece[PIECE];
    off_t size, at = 0;
    ssize_t n;

    if (!collect.open)
        return;
    collect.open = false;
    dup2(collect.terminal, STDOUT_FILENO);
    size = lseek(collect.file, 0, SEEK_CUR);
    while (at < size && (n = pread(collect.file, piece, sizeof(piece), at)) > 0) {
        at += n;
        if (at > size)
            n -= (ssize_t) (at - size);
        if (!put(piece, (size_t) n))
            break;
    }
    // Written over by the next one.
    lseek(collect.file, 0, SEEK_SET);
}

void collect_done(void)
{
    if (collect.file >= 0)
        close(take_fd(&collect.file));
    if (collect.terminal >= 0)
        close(take_fd(&collect.terminal));
}
