#ifndef MEMSCOPE_DAEMON_CAPTURE_READER_H
#define MEMSCOPE_DAEMON_CAPTURE_READER_H

// Reads beside the tick what can block: cmdline, exe and the smaps files take the target's mmap
// lock or touch its memory, and a target can make that last for ever. Requests go in, results come
// out; a read that does not return holds one thread and costs only its own process. When all
// threads are held, another is started, up to READER_THREADS_MAX.

#include "daemon/proc/owner.h"
#include "daemon/proc/procfs.h"
#include "daemon/proc/smaps.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define READER_THREADS_MAX  32
#define READER_PER_USER     (READER_THREADS_MAX / 2)
#define READER_CMDLINE_MAX  4096
#define READER_EXE_MAX      1024
#define READER_REQUESTS_MAX 1024

enum {
    READER_CMDLINE = 1 << 0,
    READER_SMAPS = 1 << 1,
    READER_EXE = 1 << 2,
};

typedef struct {
    uint64_t pid, start_time; // verified: a recycled PID answers -ESRCH
    uint64_t user;            // no user's reads hold more than READER_PER_USER threads:
                              // -EBUSY then
    uint32_t slot;            // handed back
    unsigned what;            // READER_*
    bool urgent;              // somebody looks at it: before all that are not, and in full
    bool minor;               // handed back
} reader_request_t;

typedef struct {
    reader_request_t request;
    int cmdline_error, smaps_error, exe_error; // 0 or -errno each, of what was asked
    size_t cmdline_len, exe_len;
    char cmdline[READER_CMDLINE_MAX];
    char exe[READER_EXE_MAX];
    smaps_breakdown_t smaps; // of what is not urgent, the totals
    owner_t owner;           // with READER_EXE: whose it was while all this was read
    uint64_t time_ms;        // CLOCK_BOOTTIME after the smaps read
    uint64_t smaps_us;       // how long that read took
    uint64_t cpu_us;         // the CPU time that the whole request cost us
} reader_result_t;

// Whether there is in it what its owner alone may see.
bool reader_result_is_private(const reader_result_t *result);

typedef struct reader reader_t;

int reader_new(reader_t **ret, const procfs_t *fs);
// Waits for reads that return; those that do not are left behind with what they need.
void reader_free(reader_t *r);

// Readable when there are results that should not wait for the next capture.
int reader_fd(const reader_t *r);

// 0; -EAGAIN when the queue is full: ask again at a later tick.
int reader_submit(reader_t *r, const reader_request_t *request);

// Hands every result to `done` and returns how many there were.
size_t reader_drain(
        reader_t *r, void (*done)(void *user, const reader_result_t *result), void *user);

// Calls `stuck` for every read under way for longer than `min_us`, and sees to it that there is a
// thread for the others.
void reader_check(reader_t *r, uint64_t min_us,
        void (*stuck)(void *user, const reader_request_t *request, uint64_t since_us), void *user);

#endif
