#ifndef MEMSCOPE_COMMON_HASH_H
#define MEMSCOPE_COMMON_HASH_H

// Hashes under a secret key: who names processes, or writes a recording, cannot choose names that
// fall into one bucket.

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t a, b;
} hash_key_t;

hash_key_t hash_key_random(void);

static inline uint64_t hash_pair(hash_key_t key, uint64_t x, uint64_t y)
{
    __extension__ typedef unsigned __int128 wide_t;
    wide_t product = (wide_t) (x ^ key.a) * (y ^ key.b);

    return (uint64_t) product ^ (uint64_t) (product >> 64);
}

uint64_t hash_blob(hash_key_t key, const void *data, size_t len);

#endif
