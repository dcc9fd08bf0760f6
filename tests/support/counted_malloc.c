#include "tests/support/counted_malloc.h"

size_t counted_mallocs, counted_bytes;

// The linker's --wrap sends calls of malloc here.
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *__wrap_malloc(size_t size)
{
    counted_mallocs++;
    counted_bytes += size;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    counted_mallocs++;
    counted_bytes += n * size;
    return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    counted_mallocs++;
    counted_bytes += size;
    return __real_realloc(p, size);
}
