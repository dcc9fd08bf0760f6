#ifndef MEMSCOPE_TESTS_COUNTED_MALLOC_H
#define MEMSCOPE_TESTS_COUNTED_MALLOC_H

// Counts the calls of malloc, calloc and realloc from everything linked statically, and the bytes
// that they asked for.

#include <stddef.h>

extern size_t counted_mallocs, counted_bytes;
extern size_t counted_failure; // the call of this number finds no memory; 0: none does

#endif
