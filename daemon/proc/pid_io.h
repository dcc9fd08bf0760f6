#ifndef MEMSCOPE_DAEMON_PROC_PID_IO_H
#define MEMSCOPE_DAEMON_PROC_PID_IO_H

// /proc/PID/io: bytes, for the whole process; readable with ptrace rights only.

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t rchar, wchar;            // through system calls
    uint64_t read_bytes, write_bytes; // storage
    uint64_t cancelled_write_bytes;   // dirtied, then truncated before it was written
} pid_io_t;

// 0, or -EBADMSG unless all of it is there.
int pid_io_parse(const char *text, size_t len, pid_io_t *ret);

#endif
