#ifndef MEMSCOPE_COMMON_INTERN_H
#define MEMSCOPE_COMMON_INTERN_H

// Strings stored once, counted, and named by a small number: equal strings have equal ids, so that
// two records compare with memcmp. Id 0 is "none". Strings are bytes with a length and a final NUL;
// they may hold anything but are at most INTERN_MAX_LEN long.

#include <stddef.h>
#include <stdint.h>

#define INTERN_MAX_LEN 4096

typedef struct intern intern_t;

int intern_new(intern_t **ret);
void intern_free(intern_t *t);

// Takes one reference and returns the id (longer strings are cut); 0 if memory ran out.
uint32_t intern_ref(intern_t *t, const char *s, size_t len);
// Takes one more reference of a living id (0 is fine); returns the id.
uint32_t intern_ref_id(intern_t *t, uint32_t id);
void intern_unref(intern_t *t, uint32_t id);

// "" with length 0 for id 0 and for ids that are not alive. Valid until the id's last unref.
const char *intern_get(const intern_t *t, uint32_t id, size_t *ret_len);

// Copies as much of it as there is room for, without the final NUL; returns how many bytes.
size_t intern_copy(const intern_t *t, uint32_t id, char *to, size_t cap);

// Bytes that the table holds in all.
size_t intern_bytes(const intern_t *t);
size_t intern_count(const intern_t *t);

#endif
