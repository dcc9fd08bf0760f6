#ifndef MEMSCOPE_COMMON_FILE_H
#define MEMSCOPE_COMMON_FILE_H

// Small files, mostly of /proc, below a directory descriptor.

#include <stddef.h>
#include <sys/types.h>

// Reads `path` below `dirfd` to the end of the file or to `cap - 1` bytes, and ends it with a NUL.
// Returns the number of bytes (cap - 1: there may be more) or -errno.
ssize_t file_read_at(int dirfd, const char *path, char *buf, size_t cap);

// The same from offset 0 of a descriptor that stays open.
ssize_t file_pread_all(int fd, char *buf, size_t cap);

// Reads a file of any length into a heap buffer that the caller frees; refuses more than `max`
// bytes with -EFBIG. Ends it with a NUL that is not counted in *ret_len.
int file_read_alloc(int dirfd, const char *path, size_t max, char **ret_buf, size_t *ret_len);

// Where standard input, output or error is closed, the next file or socket would get its number,
// and what is said there would go into it. Takes the number with what refuses both (EBADF, as
// before). To be called first of all.
void file_occupy_standard(void);

#endif
