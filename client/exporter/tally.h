#ifndef MEMSCOPE_CLIENT_EXPORTER_TALLY_H
#define MEMSCOPE_CLIENT_EXPORTER_TALLY_H

// Sums of processes by name, user or unit, for metrics: so many groups with figures of their own,
// the rest as one, and counters that never go down though processes end. A counter counts for its
// line from when the line has it: as a group leaves the rest or goes back there, neither line
// jumps.

#include "client/model/model.h"

#define TALLY_NAME_MAX 256
#define TALLY_OTHER    "other" // of the rest, and of nothing else

// Tags by place in tally_tags.
#define TALLY_TAGS 6
extern const struct tally_tag {
    uint32_t tag; // TAG_*
    const char *name;
} tally_tags[TALLY_TAGS];

typedef struct {
    char name[TALLY_NAME_MAX]; // safe to show, and of this line alone
    // Now, of its processes. PSS counts where it is known of all that have memory.
    uint64_t processes;
    uint64_t private_kb, rss_kb, pss_kb, swap_kb;
    bool has_private, has_rss, has_pss, has_swap;
    uint64_t tagged[TALLY_TAGS];
    // Since the tally began; what this user may not see is not there.
    uint64_t cpu_us, read_bytes, written_bytes;
    bool has_cpu, has_io;
} tally_line_t;

typedef struct tally tally_t;

int tally_new(tally_t **ret, group_kind_t by, size_t top);
void tally_free(tally_t *t);

// Takes up a sample. `gap`: it does not follow the one before. 0 or -ENOMEM, and then there are no
// lines.
int tally_update(tally_t *t, const snapshot_t *s, bool gap);
// Without lines until the next sample; what was counted stays.
void tally_clear(tally_t *t);

// What leaks first, then by private memory, and the rest last if there ever was one.
size_t tally_count(const tally_t *t);
const tally_line_t *tally_line(const tally_t *t, size_t place);
// Private memory of all processes together.
uint64_t tally_private_kb(const tally_t *t);

#endif
