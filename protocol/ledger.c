#include "protocol/ledger.h"
#include "common/cleanup.h"

bool ledger_is_used(unsigned line)
{
    return line > 0 && line < LEDGER_LINES && line != LEDGER_CACHE_CLEAN &&
           line != LEDGER_CACHE_DIRTY && line != LEDGER_SLAB_RECLAIMABLE && line != LEDGER_FREE;
}

static int64_t at_least_0(int64_t v)
{
    return MAX(v, INT64_C(0));
}

// What is in swap and in RAM as well. Where a process has it mapped it is in AnonPages; otherwise
// it is a copy that the kernel drops when it needs the room, in no other line of meminfo.
static int64_t swap_copies_kb(const system_snapshot_t *s)
{
    int64_t unmapped = (int64_t) s->lru_anon_kb - (int64_t) (s->anon_kb + s->shmem_kb);

    return MIN(at_least_0(unmapped), (int64_t) s->swap_cached_kb);
}

// Shared memory is part of Cached, dirty pages are too, and Buffers are file pages of their own.
static void set_cache(const system_snapshot_t *s, ledger_t *l)
{
    int64_t file = at_least_0((int64_t) (s->buffers_kb + s->cached_kb) - (int64_t) s->shmem_kb);
    int64_t dirty = (int64_t) (s->dirty_kb + s->writeback_kb);

    l->kb[LEDGER_CACHE_DIRTY] = MIN(dirty, file);
    l->kb[LEDGER_CACHE_CLEAN] = file - l->kb[LEDGER_CACHE_DIRTY] + swap_copies_kb(s);
}

static void finish(ledger_t *l, uint64_t private_kb)
{
    for (unsigned i = 1; i < LEDGER_LINES; i++)
        if (ledger_is_used(i))
            l->used_kb += l->kb[i];
    l->gap_kb = l->kb[LEDGER_PROCESSES] + l->kb[LEDGER_SWAP] - (int64_t) private_kb;
}

bool ledger_of(const system_snapshot_t *s, uint64_t private_kb, ledger_t *ret)
{
    ledger_t l = {.time_ms = s->mono_ms};
    int64_t rest = (int64_t) s->mem_total_kb;

    if (!SYSTEM_KNOWN(s, mem_total_kb) || !SYSTEM_KNOWN(s, mem_free_kb))
        return false;
    l.kb[LEDGER_PROCESSES] = (int64_t) (SYSTEM_KNOWN(s, anon_kb) ? s->anon_kb : private_kb);
    l.kb[LEDGER_SHMEM] = (int64_t) s->shmem_kb;
    set_cache(s, &l);
    l.kb[LEDGER_SLAB_RECLAIMABLE] = (int64_t) s->slab_reclaimable_kb;
    l.kb[LEDGER_SLAB] = (int64_t) s->slab_unreclaimable_kb;
    l.kb[LEDGER_PAGE_TABLES] = (int64_t) s->page_tables_kb;
    l.kb[LEDGER_KERNEL_STACKS] = (int64_t) s->kernel_stack_kb;
    l.kb[LEDGER_PERCPU] = (int64_t) s->percpu_kb;
    // Kernel stacks lie in vmalloc space, and are counted there as well.
    l.kb[LEDGER_VMALLOC] = at_least_0((int64_t) s->vmalloc_kb - (int64_t) s->kernel_stack_kb);
    l.kb[LEDGER_HUGETLB] = (int64_t) s->hugetlb_kb;
    // zswap keeps its pages with zsmalloc, as zram does, or with an allocator of its own.
    l.kb[LEDGER_COMPRESSED] = (int64_t) MAX(s->zswap_kb, s->zsmalloc_kb);
    l.kb[LEDGER_FREE] = (int64_t) (s->mem_free_kb + s->percpu_free_kb);
    for (unsigned i = 1; i < LEDGER_UNEXPLAINED; i++)
        rest -= l.kb[i];
    l.kb[LEDGER_UNEXPLAINED] = rest;
    // Without what is in AnonPages as well.
    l.kb[LEDGER_SWAP] = at_least_0((int64_t) s->swap_total_kb - (int64_t) s->swap_free_kb -
                                   (int64_t) s->swap_cached_kb + swap_copies_kb(s));
    finish(&l, private_kb);
    *ret = l;
    return true;
}

// The part of the way from a to b.
static int64_t between(int64_t a, int64_t b, double part)
{
    return a + (int64_t) ((double) (b - a) * part);
}

bool ledger_between(const system_snapshot_t *before, const system_snapshot_t *after,
        uint64_t private_kb, int64_t gap_kb, ledger_t *ret)
{
    int64_t wanted = (int64_t) private_kb + gap_kb, a_kb, b_kb, rest;
    ledger_t a, b, l;
    double part = 1;

    if (!ledger_of(before, private_kb, &a) || !ledger_of(after, private_kb, &b))
        return false;
    a_kb = a.kb[LEDGER_PROCESSES] + a.kb[LEDGER_SWAP];
    b_kb = b.kb[LEDGER_PROCESSES] + b.kb[LEDGER_SWAP];
    if (a_kb != b_kb)
        part = MIN(MAX((double) (wanted - a_kb) / (double) (b_kb - a_kb), 0.0), 1.0);
    l = (ledger_t){.time_ms = b.time_ms};
    rest = (int64_t) after->mem_total_kb;
    for (unsigned i = 1; i < LEDGER_LINES; i++) {
        l.kb[i] = between(a.kb[i], b.kb[i], part);
        if (i < LEDGER_UNEXPLAINED)
            rest -= l.kb[i];
    }
    l.kb[LEDGER_UNEXPLAINED] = rest;
    finish(&l, private_kb);
    *ret = l;
    return true;
}
