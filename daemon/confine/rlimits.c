#include "daemon/confine/rlimits.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "daemon/confine/filter.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define HEAP_KEEPS (64 << 20)

size_t rlimits_raise_files(unsigned subscribers_max)
{
    struct rlimit limit;
    size_t reserve = 64 + (size_t) subscribers_max * 2;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 0;
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
            getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur <= reserve * 2)
        return limit.rlim_cur > 128 ? limit.rlim_cur / 4 : 0;
    return (size_t) limit.rlim_cur - reserve;
}

// Memory that was freed and is used again is not faulted in again.
static void keep_heap(void)
{
#ifdef __GLIBC__
    mallopt(M_TRIM_THRESHOLD, HEAP_KEEPS);
    mallopt(M_MMAP_THRESHOLD, HEAP_KEEPS / 2);
#endif
}

// As much as is allowed. Returns KiB.
static size_t lock_code(void)
{
    _cleanup_fclose_ FILE *maps = fopen("/proc/self/maps", "re");
    char line[PATH_MAX + 128], mode[8], path[2];
    unsigned long from, to;
    size_t locked = 0;

    while (maps && fgets(line, sizeof(line), maps))
        if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %1s", &from, &to, mode, path) == 4 &&
                strcmp(mode, "r-xp") == 0 && *path == '/' &&
                mlock2((void *) from, to - from, MLOCK_ONFAULT) == 0)
            locked += (to - from) / 1024;
    return locked;
}

static bool is_unlimited(struct rlimit *ret)
{
    *ret = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
    if (setrlimit(RLIMIT_MEMLOCK, ret) == 0)
        return true;
    if (getrlimit(RLIMIT_MEMLOCK, ret) < 0)
        return false;
    ret->rlim_cur = ret->rlim_max;
    setrlimit(RLIMIT_MEMLOCK, ret);
    return ret->rlim_cur == RLIM_INFINITY;
}

void rlimits_lock_memory(void)
{
    struct rlimit limit;

    if (FILTER_SANITIZED)
        return;
    keep_heap();
    // With a limit, what is mapped later would fail rather than stay unlocked.
    if (!is_unlimited(&limit)) {
        size_t locked = lock_code();

        log_info("memory is not locked, but for %zu KiB of code: the limit on it (LimitMEMLOCK=, "
                 "ulimit -l) is %llu KiB",
                locked, (unsigned long long) limit.rlim_cur / 1024);
    } else if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0) {
        log_info("memory is not locked: %s", strerror(errno));
    }
}
