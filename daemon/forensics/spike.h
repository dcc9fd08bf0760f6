#ifndef MEMSCOPE_DAEMON_FORENSICS_SPIKE_H
#define MEMSCOPE_DAEMON_FORENSICS_SPIKE_H

// SPIKE: private memory (anonymous + swap) taken within five seconds that matters to the host, and
// that is unusual for the process: several times what it takes in five seconds on average. A
// process younger than that is measured from nothing. Never about CPU.
//
// Pure functions of a series and a time; the state may be copied as bytes. CLOCK_BOOTTIME ms, KiB.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPIKE_WINDOW_S 5

typedef struct {
    uint32_t min_kb;       // taken at least this, and
    uint32_t ram_permille; // at least this share of RAM: matters to the host; or
    uint32_t own_percent;  // at least this share of its own size, where that is
    uint32_t own_min_kb;   // at least this
    uint64_t mem_total_kb; // RAM of the host
} spike_config_t;

// 32 MiB and 0.5% of RAM, or 20% of its own size if that is 128 MiB or more.
void spike_config_default(spike_config_t *ret, uint64_t mem_total_kb);

typedef enum {
    SPIKE_NONE,
    SPIKE_RISING, // memory is being taken
    SPIKE_HIGH,   // no longer rising, not given back
} spike_phase_t;

typedef enum {
    SPIKE_OPEN,     // not over yet
    SPIKE_RETURNED, // half of it or more was given back
    SPIKE_KEPT,     // still there a minute after it stopped rising
} spike_outcome_t;

typedef struct {
    uint64_t first_ms;
    uint32_t low_kb[SPIKE_WINDOW_S + 1]; // lowest value of each of the last seconds
    uint32_t second;                     // of the newest of them, since first_ms
    uint32_t base_kb;                    // before the spike
    uint32_t peak_kb;                    // highest since
    uint32_t start_s;                    // when it began, since first_ms
    uint32_t peak_s;                     // when it last rose
    uint32_t highest_s;                  // when it was highest: a slow rise goes on after a spike
    float mean_kb;                       // taken within a window on average, over the last minutes
    uint16_t lasted_s;                   // of a spike that is over, saturating
    uint16_t seen;                       // seconds observed, saturating
    uint8_t learn_s;                     // of those, before anything can be unusual
    uint8_t phase;                       // spike_phase_t
    uint8_t outcome;                     // spike_outcome_t of the last spike
} spike_state_t;

typedef struct {
    bool tagged;
    bool was; // differs from tagged: this is a transition
} spike_verdict_t;

void spike_init(spike_state_t *s, uint64_t now_ms, uint64_t age_ms, uint64_t private_kb);
// So much of what a newborn has it did not take, but began with as a copy of another process.
void spike_copied(spike_state_t *s, uint64_t kb);
spike_verdict_t spike_update(
        spike_state_t *s, const spike_config_t *c, uint64_t now_ms, uint64_t private_kb);

// Of the spike that is on, or of the last one; false where there was none.
typedef struct {
    uint64_t since_ms;
    uint64_t base_kb;
    uint64_t height_kb;
    uint64_t rise_s;   // from the start to the highest value
    uint64_t lasted_s; // until half of it was given back, or until now
    spike_outcome_t outcome;
} spike_receipt_t;

bool spike_receipt(const spike_state_t *s, spike_receipt_t *ret);

// One line of text; returns `buf`. SPIKE_TEXT_MAX is enough.
#define SPIKE_TEXT_MAX 128
char *spike_format(const spike_receipt_t *r, char *buf, size_t cap);
const char *spike_outcome_name(spike_outcome_t outcome); // "open", "given_back", "kept"

#endif
