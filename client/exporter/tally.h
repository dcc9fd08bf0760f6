#ifndef MEMSCOPE_CLIENT_EXPORTER_TALLY_H
#define MEMSCOPE_CLIENT_EXPORTER_TALLY_H

// Lines of metrics: so many groups with figures of their own, the rest as one, and counters that
// never go down though processes end. A counter counts for its line from when the line has it: as
// a group leaves the rest or goes back there, neither line jumps.

#include "client/exporter/groups.h"

typedef struct {
    char label[GROUP_LABEL_MAX]; // of this line alone; GROUP_OTHER: the rest
    group_sums_t sums;           // what was used, since the tally began
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
