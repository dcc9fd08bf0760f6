#include "tests/support/counted_malloc.h"

#include <stdbool.h>

size_t counted_mallocs, counted_bytes, counted_failure;

// The linker's --wrap sends calls of malloc here.
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static bool count(size_t size)
{
    counted_bytes += size;
    return ++counted_mallocs != counted_failure;
}

void *__wrap_malloc(size_t size)
{
    return count(size) ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t n, size_t size)
{
    return count(n * size) ? __real_calloc(n, size) : NULL;
}

void *__wrap_realloc(void *p, size_t size)
{
    return count(size) ? __real_realloc(p, size) : NULL;
}
