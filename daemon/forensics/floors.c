#include "daemon/forensics/floors.h"
#include "common/cleanup.h"

#include <string.h>

static const struct {
    unsigned at;    // where its blocks are
    unsigned len;   // blocks held
    unsigned fines; // fine blocks in one of them
} levels[FLOORS_LEVELS] = {
        [FLOORS_FINE] = {0, FLOORS_FINE_LEN, 1},
        [FLOORS_MID] = {FLOORS_FINE_LEN, FLOORS_MID_LEN, FLOORS_FINE_PER_MID},
        [FLOORS_COARSE] = {FLOORS_FINE_LEN + FLOORS_MID_LEN, FLOORS_COARSE_LEN,
                FLOORS_FINE_PER_COARSE},
        [FLOORS_LONG] = {FLOORS_HELD - FLOORS_LONG_LEN, FLOORS_LONG_LEN, FLOORS_FINE_PER_LONG},
};

unsigned floors_block_ms(floors_level_t level)
{
    return FLOORS_BLOCK_MS * levels[level].fines;
}

void floors_init(floors_t *f, uint64_t now_ms, uint32_t kb)
{
    memset(f, 0, sizeof(*f));
    f->end_ms = now_ms + FLOORS_BLOCK_MS;
    f->last_kb = kb;
    for (unsigned i = 0; i < FLOORS_LEVELS; i++)
        f->low_kb[i] = kb;
}

static void hold(floors_t *f, floors_level_t level, uint32_t low)
{
    unsigned total = f->blocks / levels[level].fines;

    f->kb[levels[level].at + (total - 1) % levels[level].len] = low;
}

// The open block is over, and with it those above that it completes. `kb`: at its end.
static void close_block(floors_t *f, uint32_t kb)
{
    uint32_t low = kb;

    f->blocks++;
    hold(f, FLOORS_FINE, f->low_kb[FLOORS_FINE]);
    f->low_kb[FLOORS_FINE] = f->last_kb;
    for (unsigned i = FLOORS_MID; i < FLOORS_LEVELS; i++) {
        f->low_kb[i] = low = MIN(low, f->low_kb[i]);
        if (f->blocks % levels[i].fines != 0)
            return;
        hold(f, i, low);
        f->low_kb[i] = kb;
    }
}

// On the straight line from a to b, i of n parts along.
static uint32_t between(uint32_t a, uint32_t b, unsigned i, unsigned n)
{
    return (uint32_t) (a + ((int64_t) b - a) * i / n);
}

unsigned floors_add(floors_t *f, uint64_t now_ms, uint32_t kb)
{
    unsigned closed = 0;

    if (now_ms >= f->end_ms + FLOORS_GAP_MS)
        f->end_ms = now_ms + 1; // not observed, not counted
    if (now_ms >= f->end_ms)
        closed = (unsigned) ((now_ms - f->end_ms) / FLOORS_BLOCK_MS) + 1;
    for (unsigned i = 1; i <= closed; i++)
        close_block(f, between(f->last_kb, kb, i, closed));
    f->end_ms += (uint64_t) closed * FLOORS_BLOCK_MS;
    if (closed > 0)
        f->step = closed;
    f->last_kb = kb;
    for (unsigned i = FLOORS_FINE; i <= FLOORS_MID; i++)
        f->low_kb[i] = MIN(f->low_kb[i], kb);
    return closed;
}

unsigned floors_read(const floors_t *f, floors_level_t level, uint32_t ret_kb[FLOORS_MAX])
{
    unsigned len = levels[level].len;
    unsigned total = f->blocks / levels[level].fines;
    unsigned n = total < len ? total : len;
    const uint32_t *kb = f->kb + levels[level].at;

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
    *ret_kb = f->kb[levels[level].at + (total - 1 - steps) % len];
    return true;
}
