#ifndef MEMSCOPE_TESTS_BENCH_FORENSICS_SERIES_H
#define MEMSCOPE_TESTS_BENCH_FORENSICS_SERIES_H

// Labelled series of private memory, for scoring the forensic rules: what a generator hands out.

#include <stdbool.h>
#include <stdint.h>

#define SERIES_MAX        14400 // samples of one process
#define SERIES_SPIKES_MAX 16

typedef struct {
    uint64_t state;
} rng_t;

static inline uint64_t rng_next(rng_t *r) // splitmix64
{
    uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

double rng_uniform(rng_t *r, double low, double high);
double rng_log(rng_t *r, double low, double high); // uniform in the logarithm
double rng_normal(rng_t *r);
double rng_exponential(rng_t *r, double mean);
bool rng_chance(rng_t *r, double p);

// What to hold a delay against.
typedef enum {
    SERIES_ANY,
    SERIES_FAST,  // 1 MB/s or more
    SERIES_MILD,  // about 100 kB/s, in steps, or under a sawtooth
    SERIES_SPIKY, // spikes are labelled
} series_class_t;

typedef struct {
    unsigned len;
    double kb[SERIES_MAX];        // the signal, one value per second
    uint64_t time_ms[SERIES_MAX]; // when it was sampled; 0: it was not
    uint64_t age_ms;              // of the process at the first sample; UINT64_MAX: unknown
    unsigned onset, end;          // it leaks from the one to the other; both 0: it does not
    series_class_t cls;
    double mem_total_kb;
    unsigned spike_count; // seconds at which a spike begins
    unsigned spike_at[SERIES_SPIKES_MAX];
} series_t;

typedef struct {
    const char *name;
    bool leaks;
    unsigned share; // processes made of this family per round: short-lived ones come in numbers
    void (*make)(rng_t *r, series_t *s);
} family_t;

// Closed curves with noise.
extern const family_t forensics_healthy[];
extern const unsigned forensics_healthy_count;
extern const family_t forensics_leaking[];
extern const unsigned forensics_leaking_count;
// Small simulations of programs: an allocator, requests, collectors. Not tuned against.
extern const family_t forensics_mechanisms[];
extern const unsigned forensics_mechanisms_count;
// Programs put together at random from habits that programs have. Half of the seeds (1000 and
// above) are looked at when all else is done.
extern const family_t forensics_compositions[];
extern const unsigned forensics_compositions_count;
extern const family_t forensics_composed_leaks[];
extern const unsigned forensics_composed_leaks_count;
// Healthy ones that grow like a leak for longer than a leak may go untold: in no total.
extern const family_t forensics_beyond[];
extern const unsigned forensics_beyond_count;
// Containers as cluster traces show them. Not tuned against.
extern const family_t forensics_containers[];
extern const unsigned forensics_containers_count;
// Series with labelled spikes, and without.
extern const family_t forensics_spikes[];
extern const unsigned forensics_spikes_count;
extern const family_t forensics_composed_spikes[];
extern const unsigned forensics_composed_spikes_count;

// Shared by generators: what sampling does to a series (jitter, missing seconds, gaps).
void series_sample(rng_t *r, series_t *s);

#endif
