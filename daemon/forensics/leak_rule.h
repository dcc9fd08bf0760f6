#ifndef MEMSCOPE_DAEMON_FORENSICS_LEAK_RULE_H
#define MEMSCOPE_DAEMON_FORENSICS_LEAK_RULE_H

// The judgement behind LEAK: what the floors of a process say at this moment.

#include "daemon/forensics/leak.h"
#include "daemon/forensics/trend.h"

typedef struct {
    trend_t trend;
    bool measured;        // `trend` holds the window that came closest
    leak_tag_t tag;       // what the window is good for
    leak_reason_t reason; // what is missing for LEAK_SET
    floors_level_t level; // of the window
    unsigned needed;      // blocks of that level
} leak_judgement_t;

// Looks at windows of 7 to 60 minutes. `strict` counts the tags that ended before.
void leak_judge(const floors_t *f, uint32_t anchor, unsigned strict, leak_judgement_t *ret);

// Steady fast growth over the last 45 s, in a process that has not held and given back as much.
bool leak_judge_fast(const floors_t *f, uint32_t anchor, trend_t *ret);

// Milliseconds of a block.
unsigned leak_block_ms(floors_level_t level);

#endif
