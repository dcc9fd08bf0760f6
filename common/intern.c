#include "common/intern.h"
#include "common/cleanup.h"
#include "common/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// Short ones are all given this much, which stays with the id when it is free: names that change
// (those of kernel workers do all the time) cost no allocation.
#define SHORT_CAP 56

typedef struct {
    char *data;
    uint32_t len, cap; // cap: bytes at `data`
    uint32_t refs;     // 0: the id is free
    uint32_t hash;
    uint32_t next; // in the bucket, or in the free list
} entry_t;

struct intern {
    entry_t *entries; // by id; entry 0 is never used
    uint32_t n_entries, cap_entries;
    uint32_t *buckets;
    uint32_t n_buckets; // a power of two
    uint32_t free_list;
    uint32_t alive;
    size_t bytes;
    hash_key_t key;
};

int intern_new(intern_t **ret)
{
    intern_t *t = calloc(1, sizeof(*t));

    if (!t)
        return -ENOMEM;
    t->key = hash_key_random();
    t->n_buckets = 256;
    t->cap_entries = 64;
    t->n_entries = 1;
    t->buckets = calloc(t->n_buckets, sizeof(*t->buckets));
    t->entries = calloc(t->cap_entries, sizeof(*t->entries));
    if (!t->buckets || !t->entries) {
        intern_free(t);
        return -ENOMEM;
    }
    *ret = t;
    return 0;
}

void intern_free(intern_t *t)
{
    if (!t)
        return;
    for (uint32_t i = 1; t->entries && i < t->n_entries; i++)
        free(t->entries[i].data);
    free(t->entries);
    free(t->buckets);
    free(t);
}

static void grow_buckets(intern_t *t)
{
    uint32_t n = t->n_buckets * 2;
    uint32_t *buckets = calloc(n, sizeof(*buckets));

    if (!buckets)
        return; // longer chains, nothing worse
    for (uint32_t id = 1; id < t->n_entries; id++) {
        entry_t *e = &t->entries[id];

        if (e->refs > 0) {
            e->next = buckets[e->hash & (n - 1)];
            buckets[e->hash & (n - 1)] = id;
        }
    }
    free(t->buckets);
    t->buckets = buckets;
    t->n_buckets = n;
}

// A free id with room for `size` bytes; 0 if memory ran out.
static uint32_t new_id(intern_t *t, size_t size)
{
    uint32_t id = t->free_list ? t->free_list : t->n_entries, cap;
    entry_t *e;
    char *data;

    if (id == t->cap_entries) {
        e = realloc(t->entries, (size_t) t->cap_entries * 2 * sizeof(*e));
        if (!e)
            return 0;
        t->entries = e;
        t->cap_entries *= 2;
    }
    e = &t->entries[id];
    if (id == t->n_entries)
        *e = (entry_t){0};
    if (e->cap < size) {
        cap = size < SHORT_CAP ? SHORT_CAP : (uint32_t) size;
        data = realloc(e->data, cap);
        if (!data)
            return 0;
        t->bytes += cap - e->cap;
        e->data = data;
        e->cap = cap;
    }
    if (id == t->free_list)
        t->free_list = e->next;
    else
        t->n_entries++;
    return id;
}

uint32_t intern_ref(intern_t *t, const char *s, size_t len)
{
    uint32_t hash, id;
    entry_t *e;

    if (len > INTERN_MAX_LEN)
        len = INTERN_MAX_LEN;
    hash = (uint32_t) hash_blob(t->key, s, len);
    for (id = t->buckets[hash & (t->n_buckets - 1)]; id; id = t->entries[id].next) {
        e = &t->entries[id];
        if (e->hash == hash && e->len == len && memcmp(e->data, s, len) == 0) {
            e->refs++;
            return id;
        }
    }
    id = new_id(t, len + 1);
    if (!id)
        return 0;
    e = &t->entries[id];
    if (len > 0)
        memcpy(e->data, s, len);
    e->data[len] = '\0';
    e->len = (uint32_t) len;
    e->refs = 1;
    e->hash = hash;
    e->next = t->buckets[hash & (t->n_buckets - 1)];
    t->buckets[hash & (t->n_buckets - 1)] = id;
    if (++t->alive > t->n_buckets)
        grow_buckets(t);
    return id;
}

uint32_t intern_ref_id(intern_t *t, uint32_t id)
{
    if (id)
        t->entries[id].refs++;
    return id;
}

void intern_unref(intern_t *t, uint32_t id)
{
    entry_t *e;
    uint32_t *link;

    if (!id || --t->entries[id].refs > 0)
        return;
    e = &t->entries[id];
    for (link = &t->buckets[e->hash & (t->n_buckets - 1)]; *link != id;)
        link = &t->entries[*link].next;
    *link = e->next;
    t->alive--;
    if (e->cap > SHORT_CAP) {
        t->bytes -= e->cap;
        free(e->data);
        e->data = NULL;
        e->cap = 0;
    }
    e->next = t->free_list;
    t->free_list = id;
}

const char *intern_get(const intern_t *t, uint32_t id, size_t *ret_len)
{
    if (id == 0 || id >= t->n_entries || t->entries[id].refs == 0) {
        *ret_len = 0;
        return "";
    }
    *ret_len = t->entries[id].len;
    return t->entries[id].data;
}

size_t intern_copy(const intern_t *t, uint32_t id, char *to, size_t cap)
{
    size_t len;
    const char *text = intern_get(t, id, &len);

    len = MIN(len, cap);
    memcpy(to, text, len);
    return len;
}

size_t intern_bytes(const intern_t *t)
{
    return t->bytes + t->cap_entries * sizeof(entry_t) + t->n_buckets * sizeof(uint32_t);
}

size_t intern_count(const intern_t *t)
{
    return t->alive;
}
