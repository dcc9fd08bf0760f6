#ifndef MEMSCOPE_DAEMON_FORENSICS_LEAK_RULE_H
#define MEMSCOPE_DAEMON_FORENSICS_LEAK_RULE_H

// The judgement behind LEAK: what the floors of a process say at this moment.

#include "daemon/forensics/leak.h"
#include "daemon/forensics/trend.h"

// So young a process is warming up, unless growth is large and steady.
#define LEAK_WARMUP_S 690

typedef struct {
    trend_t trend;
    bool measured;        // `trend` holds the window that came closest
    leak_tag_t tag;       // what the window is good for
    leak_reason_t reason; // what is missing for LEAK_SET
    floors_level_t level; // of the window
    unsigned needed;      // blocks of that level
} leak_judgement_t;

// Looks at windows of 7 to 60 minutes, and of half a day.
void leak_judge(const leak_state_t *s, leak_judgement_t *ret);

// Steady fast growth over the last 45 s, in a process that has not held and given back as much.
// Most programs grow as they start: a young one is judged later and has to grow evenly. `closed`:
// fine blocks that the newest sample closed, more than one where samples are sparse.
bool leak_judge_fast(const leak_state_t *s, uint64_t now_ms, unsigned closed, trend_t *ret);

// Growth by doubling, v[from..n) as trend_judge() takes it: judged on a scale of doublings, where
// it is straight and its steps are equal. False where it is not that.
bool leak_trend_of_doublings(
        const uint32_t *v, unsigned n, unsigned from, unsigned held, trend_t *ret);

// The trend since the tag's growth began, or over the last 20 to 60 minutes of it; of growth that
// was told over half a day, that long. False where it is too short.
bool leak_trend_since(const leak_state_t *s, trend_t *ret_trend, floors_level_t *ret_level);

// The same over seconds, for growth that is younger than that: the last 50 s of it.
bool leak_trend_at_first(const leak_state_t *s, trend_t *ret);

// It clearly slows down since then.
bool leak_slows_since(const leak_state_t *s);

#endif
