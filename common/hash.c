#include "common/hash.h"
#include "common/clock.h"

#include <string.h>
#include <sys/random.h>

hash_key_t hash_key_random(void)
{
    hash_key_t key;

    // Early in boot there may be no randomness yet: then a key that is merely hard to guess.
    if (getrandom(&key, sizeof(key), GRND_NONBLOCK) != (ssize_t) sizeof(key))
        key = (hash_key_t){clock_realtime_us() << 20, (uintptr_t) &key};
    return key;
}

uint64_t hash_blob(hash_key_t key, const void *data, size_t len)
{
    const unsigned char *at = data;
    uint64_t h = hash_pair(key, len, 0), word;

    for (size_t left = len; left > 0;) {
        size_t take = left < sizeof(word) ? left : sizeof(word);

        word = 0;
        memcpy(&word, at, take);
        h = hash_pair(key, h, word);
        at += take;
        left -= take;
    }
    return hash_pair(key, h, ~h);
}
