#include "daemon/forensics/floors.h"

#include <string.h>

static const struct {
    unsigned len;   // blocks held
    unsigned fines; // fine blocks in one of them
} levels[FLOORS_LEVELS] = {
        [FLOORS_FINE] = {FLOORS_FINE_LEN, 1},
        [FLOORS_MID] = {FLOORS_MID_LEN, FLOORS_FINE_PER_MID},
        [FLOORS_COARSE] = {FLOORS_COARSE_LEN, FLOORS_FINE_PER_COARSE},
};

static const uint32_t *ring(const floors_t *f, floors_level_t level)
{
    switch (level) {
    case FLOORS_FINE:
        return f->fine_kb;
    case FLOORS_MID:
        return f->mid_kb;
    default:
        return f->coarse_kb;
    }
}

void floors_init(floors_t *f, uint64_t now_ms, uint32_t kb)
{
    memset(f, 0, sizeof(*f));
    f->end_ms = now_ms + FLOORS_BLOCK_MS;
    f->last_kb = kb;
    for (unsigned i = 0; i < FLOORS_LEVELS; i++)
        f->low_kb[i] = kb;
}

// The open block is over; the next one begins with the value that the process has since.
static void close_block(floors_t *f)
{
    uint32_t low = f->low_kb[FLOORS_FINE];

    f->fine_kb[f->blocks % FLOORS_FINE_LEN] = low;
    f->low_kb[FLOORS_FINE] = f->last_kb;
    if (low < f->low_kb[FLOORS_MID])
        f->low_kb[FLOORS_MID] = low;
    f->blocks++;
    if (f->blocks % FLOORS_FINE_PER_MID != 0)
        return;

    low = f->low_kb[FLOORS_MID];
    f->mid_kb[(f->blocks / FLOORS_FINE_PER_MID - 1) % FLOORS_MID_LEN] = low;
    f->low_kb[FLOORS_MID] = UINT32_MAX;
    if (low < f->low_kb[FLOORS_COARSE])
        f->low_kb[FLOORS_COARSE] = low;
    if (f->blocks % FLOORS_FINE_PER_COARSE != 0)
        return;

    f->coarse_kb[(f->blocks / FLOORS_FINE_PER_COARSE - 1) % FLOORS_COARSE_LEN] =
            f->low_kb[FLOORS_COARSE];
    f->low_kb[FLOORS_COARSE] = UINT32_MAX;
}

unsigned floors_add(floors_t *f, uint64_t now_ms, uint32_t kb)
{
    unsigned closed = 0;

    if (now_ms >= f->end_ms + FLOORS_GAP_MS)
        f->end_ms = now_ms + 1; // not observed, not counted
    for (; now_ms >= f->end_ms; f->end_ms += FLOORS_BLOCK_MS, closed++)
        close_block(f);
    f->last_kb = kb;
    if (kb < f->low_kb[FLOORS_FINE])
        f->low_kb[FLOORS_FINE] = kb;
    return closed;
}

unsigned floors_read(const floors_t *f, floors_level_t level, uint32_t ret_kb[FLOORS_MAX])
{
    unsigned len = levels[level].len;
    unsigned total = f->blocks / levels[level].fines;
    unsigned n = total < len ? total : len;
    const uint32_t *kb = ring(f, level);

    for (unsigned i = 0; i < n; i++)
        ret_kb[i] = kb[(total - n + i) % len];
    return n;
}

bool floors_back(const floors_t *f, floors_level_t level, unsigned steps, uint32_t *ret_kb)
{
    unsigned len = levels[level].len;
    unsigned total = f->blocks / levels[level].fines;

    if (steps >= total || steps >= len)
        return false;
    *ret_kb = ring(f, level)[(total - 1 - steps) % len];
    return true;
}
