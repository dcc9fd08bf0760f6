#ifndef MEMSCOPE_COMMON_ARENA_H
#define MEMSCOPE_COMMON_ARENA_H

// A bump allocator over one reserved range of addresses. It grows by using more of the range, so
// nothing that it handed out ever moves; reset gives all of it back at once and keeps the pages.
// Memory is zero on first use only.

#include <stddef.h>

typedef struct {
    unsigned char *base;
    size_t reserved; // bytes of address space: the hard cap
    size_t used;     // bytes handed out since the last reset
    size_t touched;  // bytes ever handed out
    size_t ready;    // bytes that are resident because somebody asked for it
} arena_t;

// Reserves `cap` bytes of address space (rounded up to pages); no memory yet. 0 or -errno.
int arena_init(arena_t *a, size_t cap);
void arena_done(arena_t *a);

// NULL once the cap is reached; never aborts. `align` is a power of two, at most a page.
void *arena_alloc(arena_t *a, size_t size, size_t align);

// Has the next `ahead` bytes that will be handed out resident, so that using them is no page fault.
void arena_prepare(arena_t *a, size_t ahead);
// The same of any memory; what it holds stays as it is.
void arena_touch(void *at, size_t len);

// Everything handed out becomes invalid. Pages beyond `keep` bytes go back to the kernel.
void arena_reset(arena_t *a, size_t keep);

#endif
