#ifndef MEMSCOPE_CLIENT_MODEL_TRACKS_H
#define MEMSCOPE_CLIENT_MODEL_TRACKS_H

// What this viewer remembers of each process from one tick to the next: its recent private memory
// (for TREND and RATE) and, after a reset, a baseline of the viewer's own. Memory per process is
// fixed and small.

#include "client/model/row.h"
#include "common/procmap.h"
#include "protocol/message.h"
#include <stddef.h>

#define TRACK_POINTS  24
#define TRACK_STEP_MS 10000
#define TRACK_GAP     UINT32_MAX
#define TRACK_RATE_MS 60000 // what a rate looks back at

typedef struct {
    identity_t id;
    int64_t baseline_kb; // counts where has_baseline
    uint32_t slot;       // in the snapshot, this tick
    uint32_t seen;       // tick that last had it
    bool has_baseline;
    bool asked;                    // for what it had before this viewer came
    uint32_t points[TRACK_POINTS]; // private KiB, at the places that tracks_t keeps
} track_t;

typedef struct {
    track_t *items;
    size_t n, cap;
    procmap_t map;
    uint32_t *by_slot; // a guess at the place in `items`
    size_t n_slots;
    uint32_t tick;
    // One clock for all: point `at` is the newest of `filled`, taken at times[at].
    uint64_t times[TRACK_POINTS];
    size_t at, filled;
    size_t recent; // the oldest of them that a rate looks back at
    size_t live;   // of these, those that were seen here; what is older is known from histories
    uint64_t now_ms;
    bool sampling;     // this tick writes point `at`
    uint32_t patience; // ticks for which one that is not seen is kept
} tracks_t;

void tracks_done(tracks_t *t);

// A tick: begin, then one tracks_touch for each living process, then end, which forgets the dead,
// which may move tracks: their place in `items` is good from then to the next begin.
void tracks_begin(tracks_t *t, uint64_t now_ms);
// `slot`: where the process stands in the snapshot, which is where it stood in the one before.
int tracks_touch(tracks_t *t, identity_t id, uint32_t slot, track_t **ret);
// Its private memory now, after its tracks_touch; that of several is added up.
void track_add(const tracks_t *t, track_t *track, uint64_t private_kb);
void tracks_end(tracks_t *t);

// Puts a HISTORY where nothing is known yet. False: it is malformed, or of nobody who lives.
bool tracks_history(tracks_t *t, const history_message_t *h);

// NULL where there is no such process.
const track_t *tracks_find(const tracks_t *t, identity_t id);

// KiB a minute from the oldest point of the last minute to now; false without 15 seconds of past.
bool track_rate(const tracks_t *t, const track_t *track, uint64_t private_kb, int64_t *ret_kb);

// Adds the points, oldest first, to those in values[] (SPARKLINE_GAP: none there yet). Returns how
// many places there are, the same for all tracks. `live`: only what was seen here, which is there
// of every track.
size_t track_series(
        const tracks_t *t, const track_t *track, bool live, int64_t values[TRACK_POINTS]);

#endif
