#ifndef MEMSCOPE_COMMON_FORMAT_H
#define MEMSCOPE_COMMON_FORMAT_H

// Numbers as people read them. Every function writes at most `cap` bytes with the final NUL and
// returns `buf`, so that it can stand among printf arguments. Units are binary (1 MB = 1024 kB), as
// everywhere in the kernel and its tools.

#include <stddef.h>
#include <stdint.h>

#define FORMAT_MAX 32 // enough for any of these

// 483.7 MB, 12.00 GB, 640 kB, 0 kB
char *format_kb(char *buf, size_t cap, uint64_t kb);

// +12.30 MB, -0.01 MB, +1.20 GB: always a sign, two decimals, at least MB
char *format_delta_kb(char *buf, size_t cap, int64_t kb);

// At most five columns: 484M, 1.2G, 640K
char *format_kb_short(char *buf, size_t cap, uint64_t kb);

// 12.4/32G: both in the unit of the second
char *format_kb_of(char *buf, size_t cap, uint64_t kb, uint64_t total_kb);

// per mille of one core as 2.1%, 100.0%, 1600%
char *format_permille(char *buf, size_t cap, uint64_t permille);

// 59 s, 12 min, 3 h 05 min, 2 d 4 h
char *format_duration(char *buf, size_t cap, uint64_t seconds);

// 1,204
char *format_count(char *buf, size_t cap, uint64_t n);

// "name, user or unit" of "name|user|unit"
char *format_words(char *buf, size_t cap, const char *words);

// A text that is put together in a buffer, and cut where that is full. Begins empty.
typedef struct {
    char *buf;
    size_t cap, len;
} line_t;

__attribute__((format(printf, 2, 3))) void line_add(line_t *l, const char *format, ...);

#endif
