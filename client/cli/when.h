#ifndef MEMSCOPE_CLIENT_CLI_WHEN_H
#define MEMSCOPE_CLIENT_CLI_WHEN_H

// Moments as people write and read them.

#include "protocol/snapshot.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHEN_ALLOWED \
    "now, -10m, -1h30m, 14:02, 14:02:10, 2026-11-21, 2026-11-21T14:02:10+01:00 or @1795271400"
#define WHEN_MAX 32

// CLOCK_REALTIME in ms. A time of day is of today or, when that is yet to come, of yesterday; local
// time unless a zone is given; seconds may have a fraction. False: not understood.
bool when_parse(const char *text, uint64_t now_ms, uint64_t *ret_ms);

// What --since and --until mean, where they are given (NULL: not, and its end stays untouched). Who
// writes 14:02:41 means up to the end of that second, for so is it written by memscope.
// CLI_OK or, after saying what is wrong with them, CLI_USAGE.
int when_span(const char *since, const char *until, uint64_t now_ms, uint64_t *ret_from_ms,
        uint64_t *ret_to_ms);

// The clock of a daemon against that of people, as of a tick.
typedef struct {
    uint64_t now_ms;  // CLOCK_REALTIME
    int64_t ahead_ms; // CLOCK_REALTIME less CLOCK_BOOTTIME
} when_clock_t;

when_clock_t when_clock_of(const system_snapshot_t *s);
uint64_t when_real_ms(const when_clock_t *c, uint64_t boot_ms);
// At least 1: what was before the boot, too.
uint64_t when_boot_ms(const when_clock_t *c, uint64_t real_ms);

// "14:02:10", with the date in front where that is not the day of `now_ms`. Returns `buf`.
char *when_format(char *buf, size_t cap, uint64_t ms, uint64_t now_ms);

#endif
