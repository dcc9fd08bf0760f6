#ifndef MEMSCOPE_DAEMON_CAPTURE_PSS_SCHEDULE_H
#define MEMSCOPE_DAEMON_CAPTURE_PSS_SCHEDULE_H

// Whose PSS is read next, within a budget of CPU time. Large processes that were never read come
// first. Tagged ones come round every PSS_TAGGED_S, the others by largest change of RSS since their
// last reading (all of it where there was none), then by age: not before PSS_CHANGED_S, and after
// PSS_UNCHANGED_S where RSS hardly changed. A process whose reading cost much is left alone for
// PSS_BACKOFF times as long. The budget is a limit, not a target; a daemon that begins has what it
// would be in PSS_START_S, so that a small host is read at once.
//
// One reading may cost more than there is: while that is paid back, with half of the budget, the
// other half is for those that cost less.
//
// What matters least comes last and has a small share of the budget, so that neither a host where
// processes come and go nor one that sleeps is worth noticing: first readings of processes under
// PSS_SMALL_KB that began within PSS_SETTLED_S, and readings again of those that neither ran nor
// changed, which are twice as far apart each time, up to PSS_CALM_S. That share is a tenth, or an
// eighth of what the captures cost if that is more.

#include "daemon/capture/track.h"

#define PSS_TAGGED_S    10
#define PSS_CHANGED_S   5
#define PSS_UNCHANGED_S 120
#define PSS_CALM_S      960
#define PSS_SLIGHT_KB   16384
#define PSS_SMALL_KB    8192
#define PSS_SETTLED_S   10
#define PSS_BACKOFF     1000
#define PSS_START_S     20
#define PSS_TICK_MAX    64 // readings asked for in one tick

typedef struct {
    uint64_t budget_ppm; // of one core; 0: nothing is read unless somebody looks
    double tokens_us;    // that can be spent
    double debt_us;      // was spent beyond them
    double minor_us;     // of the tokens, for what matters least
    uint64_t spent_us;   // since the start
} pss_schedule_t;

// CPU that a reading is expected to take: what the last one took, or a guess.
double pss_schedule_cost_us(const tracked_t *t, uint64_t rss_kb);

void pss_schedule_init(pss_schedule_t *s, uint64_t budget_ppm);
// What was saved up of a larger one is lost.
void pss_schedule_set_budget(pss_schedule_t *s, uint64_t budget_ppm);
// `capture_us`: CPU time of the last capture.
void pss_schedule_refill(pss_schedule_t *s, uint64_t elapsed_us, uint64_t capture_us);
void pss_schedule_spend(pss_schedule_t *s, uint64_t cost_us, bool minor);

typedef struct {
    uint32_t slots[PSS_TICK_MAX]; // most urgent first
    size_t count;
    size_t minor_from; // from here on they are of those that matter least
} pss_choice_t;

// Who is to be read now.
void pss_schedule_choose(const pss_schedule_t *s, const snapshot_t *snapshot,
        const tracked_t *tracked, uint64_t now_ms, pss_choice_t *ret);

#endif
