#ifndef MEMSCOPE_CLIENT_CLI_WHEN_H
#define MEMSCOPE_CLIENT_CLI_WHEN_H

// Moments as people write and read them.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHEN_ALLOWED "-10m, -1h30m, 14:02, 14:02:10, 2026-11-21, 2026-11-21T14:02:10[Z|+01:00], now"
#define WHEN_MAX     32

// CLOCK_REALTIME in ms. A time of day is of today or, when that is yet to come, of yesterday; local
// time unless a zone is given. False: not understood.
bool when_parse(const char *text, uint64_t now_ms, uint64_t *ret_ms);

// "14:02:10", with the date in front where that is not the day of `now_ms`. Returns `buf`.
char *when_format(char *buf, size_t cap, uint64_t ms, uint64_t now_ms);

#endif
