#ifndef MEMSCOPE_CLIENT_MODEL_ROW_H
#define MEMSCOPE_CLIENT_MODEL_ROW_H

// One line of a list: a process, or several that are shown as one. Columns, sorting, filters and
// sums work on rows and need not know which of the two they have.

#include <stdbool.h>
#include <stdint.h>

// KiB unless it says otherwise. All but VALUE_PID, _PEAK and _PSS_AGE add up.
typedef enum {
    VALUE_PID,
    VALUE_COUNT, // processes
    VALUE_MEM,   // a process: RSS; several: PSS where it is known, otherwise RSS
    VALUE_RSS,
    VALUE_PSS,
    VALUE_PRIVATE, // anonymous + swap: what it alone can give back
    VALUE_SWAP,
    VALUE_CPU, // per mille of a core
    VALUE_THREADS,
    VALUE_READ,    // KiB/s
    VALUE_WRITE,   // KiB/s
    VALUE_DELTA,   // signed: private memory against the baseline
    VALUE_SUBTREE, // of a process in a tree, with all below it
    VALUE_RATE,    // signed: KiB a minute over the last minute
    VALUE_ANON,
    VALUE_FILE,
    VALUE_SHMEM,
    VALUE_USS,
    VALUE_PEAK,    // of RSS
    VALUE_PSS_AGE, // ms
    VALUE_MINFLT,  // a second
    VALUE_MAJFLT,
    VALUE_MAX,
} value_t;

// Who it is. A group has pid 0 and a hash of what it was grouped by.
typedef struct {
    uint64_t pid, start_time;
} identity_t;

static inline bool identity_equal(identity_t a, identity_t b)
{
    return a.pid == b.pid && a.start_time == b.start_time;
}

enum {
    ROW_GROUP = 1 << 0,
    ROW_KERNEL_THREAD = 1 << 1,
    ROW_PSS_ESTIMATED = 1 << 2,
    ROW_UID_KNOWN = 1 << 3,
    ROW_PPID_KNOWN = 1 << 4,
    ROW_LISTED = 1 << 5, // a process that passes what the list is restricted to
    ROW_PLACED = 1 << 6, // has a place in the list that is being made
    ROW_NAME_KNOWN = 1 << 7,
};

typedef struct {
    identity_t id;
    int64_t values[VALUE_MAX];
    uint32_t known;               // bit VALUE_x
    uint32_t name, cmdline, unit; // ids of the snapshot's strings
    uint32_t uid;
    uint64_t ppid;
    uint16_t depth;  // in a tree
    uint32_t rails;  // bit n: at depth n another one follows below, of those above it or of its own
    uint32_t slot;   // of a process, in the snapshot
    uint32_t track;  // of a process, in the model's tracks
    uint32_t member; // of a group, its first; of a process, the next one in the groups last made
    uint32_t tags;   // TAG_*
    uint32_t zombies;
    uint32_t from_pss, from_rss; // of a group: how many members VALUE_MEM took from which
    uint8_t flags;               // ROW_*
    char state;                  // '\0': unknown
} row_t;

#define ROW_NOBODY UINT32_MAX // no further member

static inline bool row_knows(const row_t *r, value_t v)
{
    return (r->known >> v & 1) != 0;
}

static inline void row_set(row_t *r, value_t v, int64_t value)
{
    r->values[v] = value;
    r->known |= UINT32_C(1) << v;
}

static inline void row_add(row_t *r, value_t v, int64_t value)
{
    row_set(r, v, row_knows(r, v) ? r->values[v] + value : value);
}

#endif
