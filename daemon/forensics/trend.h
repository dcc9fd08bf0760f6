#ifndef MEMSCOPE_DAEMON_FORENSICS_TREND_H
#define MEMSCOPE_DAEMON_FORENSICS_TREND_H

// What a series of floors says about memory that was taken and never given back.
//
// The kept level at a time is the lowest floor from that time until now: it can only rise, and what
// a process has given back is not in it, whatever the rhythm. What was taken most recently may yet
// be given back, so the newest floors are set aside for as long as the process has been seen to
// hold memory before it gave it back: a process that cleans up every ten minutes is judged by what
// is older than that.

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    unsigned n;        // floors judged: those of the window that are old enough
    unsigned held;     // floors set aside: the longest run held and then given back
    unsigned quiet;    // floors after the last rise that are a pause like those before; not judged
    unsigned rises;    // floors clearly above the one before
    unsigned pause;    // longest run without such a rise
    double spread;     // over how many equal rises the growth is spread; a single step: 1
    double start_kb;   // kept level at the start
    double growth_kb;  // of the kept level, first to last
    double slope_kb;   // of the kept level, per block
    double slope_se;   // its standard error
    double noise_kb;   // standard deviation of the kept level about the line
    double late;       // rate over as long as its longest pause and one floor more, at the end,
                       // as a share of the whole rate
    double bend;       // (late - early) / all growth, halves: 0 straight, < 0 slowing down
    double bend_se;    // from how uneven growth is apart from that
    double patience;   // how much longer so uneven growth has to last to say as much as even growth
    unsigned before_n; // blocks that are known before the window, as many as are in it at most
    double before;     // rate of growth in those, as a share of the rate in the window
    double just_before; // the same in the last of them, a third of the window; 0: not known
    double faster;      // in as many blocks as are in it, or in up to twice as many, if it grew in
                        // all of them; 0: it did not. A logarithm is straight in any short window.
    double slowest;     // of the stretches that those are looked at in, a third of the window each
    unsigned mark_n;    // where the last of them ended
    double mark_kb;
} trend_t;

#define TREND_HOLD_SHARE 0.18 // memory held and given back counts from this share of the growth on

// Judges the floors v[from..n), oldest first, with what v[0..from) tells about how long memory is
// held; at least `held` floors are set aside. False where fewer than TREND_MIN remain.
#define TREND_MIN 6
bool trend_judge(const uint32_t *v, unsigned n, unsigned from, unsigned held, trend_t *ret);

// Adds what is known of the time before the window: the level kept `blocks` earlier, nearest first.
void trend_look_before(trend_t *t, double kept_kb, unsigned blocks);

// The longest run of floors more than `excess_kb` above what was kept of them.
unsigned trend_longest_hold(const uint32_t *v, unsigned n, double excess_kb);

#endif
