#ifndef MEMSCOPE_COMMON_PROCMAP_H
#define MEMSCOPE_COMMON_PROCMAP_H

// (pid, start_time) -> a number. Identity of a process is both: a recycled PID is another process.
// Open addressing with linear probing and backward-shift deletion; any number of entries.

#include "common/hash.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROCMAP_NONE UINT32_MAX

typedef struct {
    struct procmap_entry *entries;
    size_t capacity; // a power of two, or 0
    size_t count;
    hash_key_t key; // once there are entries
} procmap_t;

void procmap_done(procmap_t *m); // of a zeroed or used map
void procmap_clear(procmap_t *m);

// PROCMAP_NONE when absent.
uint32_t procmap_get(const procmap_t *m, uint64_t pid, uint64_t start_time);
// Inserts or replaces; `value` is not PROCMAP_NONE. 0 or -ENOMEM, and then the map is as it was.
int procmap_put(procmap_t *m, uint64_t pid, uint64_t start_time, uint32_t value);
// Returns the value that was there, or PROCMAP_NONE.
uint32_t procmap_remove(procmap_t *m, uint64_t pid, uint64_t start_time);

#endif
