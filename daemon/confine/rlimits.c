#include "daemon/confine/rlimits.h"
#include "common/log.h"
#include "daemon/confine/filter.h"

#include <errno.h>
#include <malloc.h>
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

void rlimits_lock_memory(void)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

    if (FILTER_SANITIZED)
        return;
    keep_heap();
    // With a limit, what is mapped later would fail rather than stay unlocked.
    if (setrlimit(RLIMIT_MEMLOCK, &limit) < 0 &&
            (getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || limit.rlim_cur != RLIM_INFINITY))
        log_info("memory is not locked: the limit on it (LimitMEMLOCK=, ulimit -l) is %llu KiB",
                (unsigned long long) limit.rlim_cur / 1024);
    else if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
        log_info("memory is not locked: %s", strerror(errno));
}
