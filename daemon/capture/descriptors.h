#ifndef MEMSCOPE_DAEMON_CAPTURE_DESCRIPTORS_H
#define MEMSCOPE_DAEMON_CAPTURE_DESCRIPTORS_H

// Which files of which process stay open: one that it is watched with, each tick, and those that it
// is measured with when there is something to measure. Where the limit is too low, the measuring
// files are given up first, least recently used first; then files are opened, read and closed. What
// is read is the same at any limit.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { FILE_SCHEDSTAT, FILE_STATM, FILE_STAT, FILE_IO, FILE_KINDS } proc_file_t;

extern const char *const proc_file_names[FILE_KINDS];

typedef struct {
    int fd[FILE_KINDS];          // -1: not open
    uint32_t lru_prev, lru_next; // among those that hold measuring files
    uint32_t used_at;            // the pool's tick
    proc_file_t watch;           // never given up for others
    bool in_lru;
} descriptors_t;

typedef struct {
    descriptors_t *(*get)(void *user, uint32_t slot);
    void *user;
    size_t limit, used;
    uint32_t tick;                   // advanced by the owner
    uint32_t lru_newest, lru_oldest; // UINT32_MAX: none
} descriptor_pool_t;

void descriptor_pool_init(descriptor_pool_t *pool, size_t limit,
        descriptors_t *(*get)(void *user, uint32_t slot), void *user);

void descriptors_init(descriptors_t *d);
void descriptors_close(descriptor_pool_t *pool, uint32_t slot);
void descriptors_close_one(descriptor_pool_t *pool, uint32_t slot, proc_file_t file);

// Keeps `fd` if the limit lets it and returns true; otherwise the caller closes it. At the limit
// others' measuring files make room: any for a file to `watch` with, unused ones for the rest.
bool descriptors_keep(descriptor_pool_t *pool, uint32_t slot, proc_file_t file, int fd, bool watch);

// The system has no more files for us: closes some of another slot and lowers the limit. False if
// nobody has any to give; those that are visited do then, with descriptors_settle.
bool descriptors_give_way(descriptor_pool_t *pool, uint32_t slot);
// After a visit: closes the slot's files while there are more than the limit allows.
void descriptors_settle(descriptor_pool_t *pool, uint32_t slot);

// Moves the slot to the recent end of those that may be asked to give up.
void descriptors_used(descriptor_pool_t *pool, uint32_t slot);

#endif
