#include "common/arena.h"
#include "common/cleanup.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif

static size_t page_align(size_t n)
{
    size_t page = (size_t) sysconf(_SC_PAGESIZE);

    return (n + page - 1) & ~(page - 1);
}

int arena_init(arena_t *a, size_t cap)
{
    size_t reserved = page_align(cap);
    void *base;

    if (reserved < cap || cap == 0)
        return -EINVAL;
    base = mmap(NULL, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
            -1, 0);
    if (base == MAP_FAILED)
        return -errno;
    *a = (arena_t){.base = base, .reserved = reserved};
    return 0;
}

void arena_done(arena_t *a)
{
    if (a->base)
        munmap(a->base, a->reserved);
    *a = (arena_t){0};
}

void *arena_alloc(arena_t *a, size_t size, size_t align)
{
    size_t start = (a->used + align - 1) & ~(align - 1);

    if (start > a->reserved || size > a->reserved - start)
        return NULL;
    a->used = start + size;
    if (a->used > a->touched)
        a->touched = a->used;
    return a->base + start;
}

void arena_touch(void *at, size_t len)
{
    size_t page = page_align(1);

    for (size_t i = 0; i < len; i += page - ((uintptr_t) at + i) % page) {
        volatile unsigned char *byte = (unsigned char *) at + i;

        *byte = *byte;
    }
}

void arena_prepare(arena_t *a, size_t ahead)
{
    size_t from = MAX(a->ready, page_align(a->touched));
    size_t to = a->used + MIN(page_align(ahead), a->reserved - a->used);

    if (to <= from)
        return;
    arena_touch(a->base + from, to - from);
    a->ready = page_align(to);
}

void arena_reset(arena_t *a, size_t keep)
{
    size_t kept = page_align(keep), resident = MAX(page_align(a->touched), a->ready);

    a->used = 0;
    if (resident > kept) {
        // Locked pages go back only to kernels that know the first.
        if (madvise(a->base + kept, resident - kept, MADV_DONTNEED_LOCKED) < 0 &&
                madvise(a->base + kept, resident - kept, MADV_DONTNEED) < 0)
            return;
        a->touched = MIN(a->touched, kept);
        a->ready = MIN(a->ready, kept);
    }
}
