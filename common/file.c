#include "common/file.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

// /proc returns whole records and may stop short of the buffer, so only 0 is the end.
static ssize_t read_all(int fd, char *buf, size_t cap, off_t offset)
{
    size_t len = 0;

    if (cap == 0)
        return -EINVAL;
    while (len < cap - 1) {
        ssize_t n = pread(fd, buf + len, cap - 1 - len, offset + (off_t) len);

        if (n < 0) {
            if (errno == EINTR)
                continue;
            return -errno;
        }
        if (n == 0)
            break;
        len += (size_t) n;
    }
    buf[len] = '\0';
    return (ssize_t) len;
}

ssize_t file_read_at(int dirfd, const char *path, char *buf, size_t cap)
{
    _cleanup_close_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return -errno;
    return read_all(fd, buf, cap, 0);
}

ssize_t file_pread_all(int fd, char *buf, size_t cap)
{
    return read_all(fd, buf, cap, 0);
}

int file_read_alloc(int dirfd, const char *path, size_t max, char **ret_buf, size_t *ret_len)
{
    _cleanup_close_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    _cleanup_free_ char *buf = NULL;
    size_t cap = 4096, len = 0;

    if (fd < 0)
        return -errno;
    for (;;) {
        char *grown = realloc(buf, cap);
        ssize_t n;

        if (!grown)
            return -ENOMEM;
        buf = grown;
        n = read_all(fd, buf + len, cap - len, (off_t) len);
        if (n < 0)
            return (int) n;
        len += (size_t) n;
        if (len < cap - 1)
            break;
        if (len > max)
            return -EFBIG;
        cap *= 2;
    }
    if (len > max)
        return -EFBIG;
    *ret_buf = take_ptr(buf);
    *ret_len = len;
    return 0;
}

void file_occupy_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void) !open("/dev/null", O_PATH | O_CLOEXEC);
}
