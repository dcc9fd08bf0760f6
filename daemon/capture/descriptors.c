#include "daemon/capture/descriptors.h"

#include <unistd.h>

#define NONE          UINT32_MAX
#define UNUSED_TICKS  5
#define GIVEN_AT_ONCE 16

const char *const proc_file_names[FILE_KINDS] = {"schedstat", "statm", "stat", "io"};

void descriptor_pool_init(descriptor_pool_t *pool, size_t limit,
        descriptors_t *(*get)(void *user, uint32_t slot), void *user)
{
    *pool = (descriptor_pool_t){
            .get = get, .user = user, .limit = limit, .lru_newest = NONE, .lru_oldest = NONE};
}

void descriptors_init(descriptors_t *d)
{
    *d = (descriptors_t){.lru_prev = NONE, .lru_next = NONE, .watch = FILE_KINDS};
    for (int i = 0; i < FILE_KINDS; i++)
        d->fd[i] = -1;
}

static void lru_remove(descriptor_pool_t *pool, descriptors_t *d)
{
    if (!d->in_lru)
        return;
    if (d->lru_prev != NONE)
        pool->get(pool->user, d->lru_prev)->lru_next = d->lru_next;
    else
        pool->lru_oldest = d->lru_next;
    if (d->lru_next != NONE)
        pool->get(pool->user, d->lru_next)->lru_prev = d->lru_prev;
    else
        pool->lru_newest = d->lru_prev;
    d->lru_prev = d->lru_next = NONE;
    d->in_lru = false;
}

static void lru_append(descriptor_pool_t *pool, uint32_t slot, descriptors_t *d)
{
    d->lru_prev = pool->lru_newest;
    d->lru_next = NONE;
    if (pool->lru_newest != NONE)
        pool->get(pool->user, pool->lru_newest)->lru_next = slot;
    else
        pool->lru_oldest = slot;
    pool->lru_newest = slot;
    d->in_lru = true;
    d->used_at = pool->tick;
}

static void close_one(descriptor_pool_t *pool, descriptors_t *d, proc_file_t file)
{
    if (d->fd[file] < 0)
        return;
    close(d->fd[file]);
    d->fd[file] = -1;
    pool->used--;
}

void descriptors_close_one(descriptor_pool_t *pool, uint32_t slot, proc_file_t file)
{
    close_one(pool, pool->get(pool->user, slot), file);
}

void descriptors_close(descriptor_pool_t *pool, uint32_t slot)
{
    descriptors_t *d = pool->get(pool->user, slot);

    for (int i = 0; i < FILE_KINDS; i++)
        close_one(pool, d, (proc_file_t) i);
    lru_remove(pool, d);
}

// Files used every tick are left alone: taking turns with them would open each anew every time.
static void make_room(descriptor_pool_t *pool, uint32_t slot, bool watch)
{
    descriptors_t *oldest;

    if (pool->lru_oldest == NONE || pool->lru_oldest == slot)
        return;
    oldest = pool->get(pool->user, pool->lru_oldest);
    if (!watch && pool->tick - oldest->used_at < UNUSED_TICKS)
        return;
    for (int i = 0; i < FILE_KINDS; i++)
        if ((proc_file_t) i != oldest->watch)
            close_one(pool, oldest, (proc_file_t) i);
    lru_remove(pool, oldest);
}

bool descriptors_keep(descriptor_pool_t *pool, uint32_t slot, proc_file_t file, int fd, bool watch)
{
    descriptors_t *d = pool->get(pool->user, slot);

    if (pool->used >= pool->limit)
        make_room(pool, slot, watch);
    if (pool->used >= pool->limit)
        return false;
    d->fd[file] = fd;
    pool->used++;
    if (!watch && !d->in_lru)
        lru_append(pool, slot, d);
    return true;
}

void descriptors_used(descriptor_pool_t *pool, uint32_t slot)
{
    descriptors_t *d = pool->get(pool->user, slot);

    if (!d->in_lru)
        return;
    lru_remove(pool, d);
    lru_append(pool, slot, d);
}

bool descriptors_give_way(descriptor_pool_t *pool, uint32_t slot)
{
    size_t used = pool->used;

    pool->limit = used > GIVEN_AT_ONCE ? used - GIVEN_AT_ONCE : 0;
    make_room(pool, slot, true);
    return pool->used < used;
}

void descriptors_settle(descriptor_pool_t *pool, uint32_t slot)
{
    if (pool->used > pool->limit)
        descriptors_close(pool, slot);
}
