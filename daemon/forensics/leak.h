#ifndef MEMSCOPE_DAEMON_FORENSICS_LEAK_H
#define MEMSCOPE_DAEMON_FORENSICS_LEAK_H

// LEAK: a process whose private memory (anonymous + swap) has a floor that keeps rising.
//
// Two steps, for the first rise of a five-minute job and a leak look alike until one of them stops:
// suspected within a minute of fast growth, set once the floor has risen so long and so evenly that
// no ordinary explanation is left. Cleared when growth has stopped or memory was given back.
//
// Pure functions of a series and a time: no I/O, no allocation, no globals. The state holds no
// pointers and may be copied as bytes. Times are CLOCK_BOOTTIME in ms, memory is in KiB. Swapping
// moves memory from anonymous to swap and back: the sum, and so the rule, does not notice.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/forensics/floors.h"

typedef enum {
    LEAK_NONE,
    LEAK_SUSPECTED,
    LEAK_SET,
} leak_tag_t;

// What stands between a process and LEAK, the farthest from it first, or what ended the tag.
typedef enum {
    LEAK_REASON_NONE,       // nothing: it is set
    LEAK_REASON_NO_GROWTH,  // the floor does not rise, or not by an amount that matters
    LEAK_REASON_GIVES_BACK, // it has given back as much before
    LEAK_REASON_STEPS,      // one or a few steps
    LEAK_REASON_NOISE,      // within what it wanders anyway
    LEAK_REASON_DAY_CURVE,  // slow, and no onset was seen: it may be a day's curve
    LEAK_REASON_SLOWING,    // ever slower, as a cache that fills
    LEAK_REASON_TOO_SHORT,  // it rises, but not yet long enough
    LEAK_REASON_WARMUP,     // not observed, or not alive, long enough
    LEAK_REASON_STOPPED,    // cleared: growth has stopped
    LEAK_REASON_SLOWED,     // cleared: growth has become ever slower
    LEAK_REASON_RETURNED,   // cleared: memory was given back
    LEAK_REASONS
} leak_reason_t;

// Ordinary explanations that were looked at and ruled out.
enum {
    LEAK_RULED_FILE_PAGES = 1 << 0, // only private memory is counted
    LEAK_RULED_SWAP_IN = 1 << 1,    // anonymous and swap are counted together
    LEAK_RULED_WARMUP = 1 << 2,     // lasts longer than a start
    LEAK_RULED_SAWTOOTH = 1 << 3,   // what is given back is not counted
    LEAK_RULED_CACHE = 1 << 4,      // does not slow down
    LEAK_RULED_STEPS = 1 << 5,      // spread over many rises
    LEAK_RULED_NOISE = 1 << 6,      // far more than it wanders
};
#define LEAK_RULED_BITS 7

typedef struct {
    floors_t floors;
    uint64_t first_ms; // first seen
    uint64_t since_ms; // of the growth that is tagged
    uint32_t since_kb; // kept level then
    uint32_t since;    // fine blocks closed by then
    uint32_t top_kb;   // highest kept level since
    uint32_t noise_kb; // what the kept level strays from a straight line
    uint32_t high_kb;  // highest value in the open mid block
    uint32_t back_kb;  // most that was given back at once, fading
    uint32_t age_s;    // of the process when first seen; UINT32_MAX: unknown
    uint32_t anchor; // fine block at which the last LEAK ended: earlier growth does not count again
    uint32_t doubted; // fine block at which the last suspicion ended
    uint8_t tag;      // leak_tag_t
    uint8_t reason;   // leak_reason_t of the last judgement
    uint8_t held;     // mid blocks for which it was seen to hold memory and give it back
    uint8_t pause;    // mid blocks of the longest pause seen in the growth
    uint8_t quiet;    // mid blocks since growth last went on as before
    uint8_t alarms;   // suspicions that came to nothing
    uint8_t ended;    // LEAK tags that ended
    bool ended_now;   // a tag has just ended: what is kept above is still of that one
    uint8_t level;    // floors_level_t of the growth that is tagged
} leak_state_t;

typedef struct {
    leak_tag_t tag;
    leak_tag_t was; // differs from tag: this is a transition
} leak_verdict_t;

// `age_ms`: how old the process is; UINT64_MAX: unknown, taken as old.
void leak_init(leak_state_t *s, uint64_t now_ms, uint64_t age_ms, uint64_t private_kb);

// Takes the sample of a tick. A process whose memory could not be read this time is not updated.
leak_verdict_t leak_update(leak_state_t *s, uint64_t now_ms, uint64_t private_kb);

typedef struct {
    leak_tag_t tag;
    leak_reason_t reason; // why it is not LEAK, or why a tag ended
    uint64_t since_ms;    // where tagged, or just cleared: since when it grows or grew
    uint64_t growth_kb;   // by how much; both are 0 elsewhere
    double rate_kb_s;     // where growth was measured, with bounds of two sigmas; 0 otherwise
    double rate_low_kb_s;
    double rate_high_kb_s;
    unsigned confidence; // per cent; 0 where nothing is suspected
    uint64_t left_s;     // until the headroom is used up; UINT64_MAX: unknown
    uint32_t ruled_out;  // LEAK_RULED_*
    unsigned rises;      // times that the floor rose
    uint64_t seen_s;     // of the time needed, where that is what is missing
    uint64_t needed_s;
} leak_receipt_t;

// `headroom_kb`: what is left below the limit that applies; UINT64_MAX: no limit known.
void leak_receipt(
        const leak_state_t *s, uint64_t now_ms, uint64_t headroom_kb, leak_receipt_t *ret);

// One line of text; returns `buf`. LEAK_TEXT_MAX is enough for any receipt.
#define LEAK_TEXT_MAX 320
char *leak_format(const leak_receipt_t *r, uint64_t now_ms, char *buf, size_t cap);

const char *leak_reason_name(leak_reason_t reason); // "too_short": for machines
const char *leak_ruled_out_name(unsigned bit);      // 0..LEAK_RULED_BITS-1: "sawtooth"

#endif
