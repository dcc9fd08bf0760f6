#ifndef MEMSCOPE_DAEMON_FORENSICS_FLOORS_H
#define MEMSCOPE_DAEMON_FORENSICS_FLOORS_H

// The floor of a series at four resolutions: the lowest value of every 5 s of the last 50 s, of
// every 30 s of the last 20 min, of every 4 min of the last hour, of every 32 min of the last 13 h.
// O(1) per sample, no pointers. Where samples are further apart than blocks, blocks without one
// lie on the straight line between those before and after; the finest alone hold the sample before.
// Time that was not observed (a gap longer than FLOORS_GAP_MS) is not counted: the clock of the
// blocks stands still meanwhile, so that a gap neither looks like a plateau nor like growth.

#include <stdbool.h>
#include <stdint.h>

#define FLOORS_BLOCK_MS 5000u
#define FLOORS_GAP_MS   90000u

typedef enum { FLOORS_FINE, FLOORS_MID, FLOORS_COARSE, FLOORS_LONG, FLOORS_LEVELS } floors_level_t;

#define FLOORS_FINE_LEN   10
#define FLOORS_MID_LEN    40
#define FLOORS_COARSE_LEN 15
#define FLOORS_LONG_LEN   24
#define FLOORS_MAX        FLOORS_MID_LEN
#define FLOORS_HELD       (FLOORS_FINE_LEN + FLOORS_MID_LEN + FLOORS_COARSE_LEN + FLOORS_LONG_LEN)

#define FLOORS_FINE_PER_MID    6
#define FLOORS_MID_PER_COARSE  8
#define FLOORS_FINE_PER_COARSE (FLOORS_FINE_PER_MID * FLOORS_MID_PER_COARSE)

#define FLOORS_COARSE_PER_LONG 8
#define FLOORS_FINE_PER_LONG   (FLOORS_FINE_PER_COARSE * FLOORS_COARSE_PER_LONG)

#define FLOORS_MID_MS (FLOORS_BLOCK_MS * FLOORS_FINE_PER_MID)

typedef struct {
    uint64_t end_ms; // when the open fine block ends
    uint32_t blocks; // fine blocks closed so far
    uint32_t last_kb;
    uint32_t step;                  // fine blocks closed by the newest sample that closed any
    uint32_t low_kb[FLOORS_LEVELS]; // of the open block of each level
    uint32_t kb[FLOORS_HELD];       // of the closed ones, level by level
} floors_t;

// How long a block of the level lasts.
unsigned floors_block_ms(floors_level_t level);

void floors_init(floors_t *f, uint64_t now_ms, uint32_t kb);

// Takes a sample. Returns the number of fine blocks that it closed; a sample older than the one
// before it counts as of the same time.
unsigned floors_add(floors_t *f, uint64_t now_ms, uint32_t kb);

// Closed blocks of a level that are still held, oldest first; returns how many (FLOORS_MAX at
// most).
unsigned floors_read(const floors_t *f, floors_level_t level, uint32_t ret_kb[FLOORS_MAX]);

// The newest closed block of a level, 0 steps back or more; false where there is none.
bool floors_back(const floors_t *f, floors_level_t level, unsigned steps, uint32_t *ret_kb);

#endif
