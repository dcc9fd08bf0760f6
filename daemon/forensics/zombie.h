#ifndef MEMSCOPE_DAEMON_FORENSICS_ZOMBIE_H
#define MEMSCOPE_DAEMON_FORENSICS_ZOMBIE_H

// ZOMBIE: a process that stays in state Z for more than two ticks, and the parent that does not
// reap: how many it has, and how fast they become more.
//
// Pure functions; states may be copied as bytes. Times are CLOCK_BOOTTIME in ms.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t since_ms; // first seen as a zombie; meaningful while ticks > 0
    uint8_t ticks;     // seen as one in a row, saturating
    bool tagged;
} zombie_state_t;

typedef struct {
    bool tagged;
    bool was; // differs from tagged: this is a transition
} zombie_verdict_t;

// A zeroed state is a fresh one. `is_zombie`: state Z in this sample.
zombie_verdict_t zombie_update(zombie_state_t *s, uint64_t now_ms, bool is_zombie);

#define ZOMBIE_MINUTES 8

// Of a process that has children in state Z. A zeroed state is a fresh one.
typedef struct {
    uint64_t since_ms; // since when it has had one without a break
    uint64_t minute_ms;
    uint32_t count;
    uint32_t peak;
    uint32_t total;                    // that ever were tagged
    uint32_t total_at[ZOMBIE_MINUTES]; // `total` at the end of the last minutes
    uint32_t minutes;
} zombie_parent_t;

// `count`: its tagged zombies now; `fresh`: how many of them were tagged in this tick.
zombie_verdict_t zombie_parent_update(
        zombie_parent_t *p, uint64_t now_ms, uint32_t count, uint32_t fresh);

typedef struct {
    uint64_t since_ms;
    uint32_t count; // of the zombie itself: 0
    uint32_t peak;
    double per_minute; // new ones, over the last minutes; negative: not known yet
} zombie_receipt_t;

void zombie_receipt(const zombie_state_t *s, zombie_receipt_t *ret);
void zombie_parent_receipt(const zombie_parent_t *p, uint64_t now_ms, zombie_receipt_t *ret);

// One line of text; returns `buf`. ZOMBIE_TEXT_MAX is enough.
#define ZOMBIE_TEXT_MAX 128
char *zombie_format(const zombie_receipt_t *r, uint64_t now_ms, char *buf, size_t cap);

#endif
