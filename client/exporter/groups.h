#ifndef MEMSCOPE_CLIENT_EXPORTER_GROUPS_H
#define MEMSCOPE_CLIENT_EXPORTER_GROUPS_H

// The processes of a sample by name, user or unit: what those of each group have together, and
// what they used since the sample before.

#include "client/model/model.h"

#define GROUP_LABEL_MAX 256
#define GROUP_OTHER     "other" // of no group: a group that is really called so gets another label

typedef struct {
    // Now. PSS counts where it is known of all that have memory.
    uint64_t processes;
    uint64_t private_kb, rss_kb, pss_kb, swap_kb;
    bool has_private, has_rss, has_pss, has_swap;
    bool lacks_pss;          // somebody's is not known: there is none of all
    uint64_t tagged[N_TAGS]; // by place in tag_infos
    // Used. What this user may not see is not there.
    uint64_t cpu_us, read_bytes, written_bytes;
    bool has_cpu, has_io;
} group_sums_t;

typedef struct {
    char label[GROUP_LABEL_MAX]; // safe to show, and of this group alone
    uint32_t id;                 // the label, in groups_labels()
    group_sums_t sums;
} group_t;

typedef struct groups groups_t;

int groups_new(groups_t **ret, group_kind_t by);
void groups_free(groups_t *g);

// Takes up a sample, `elapsed_ms` after the one before; 0: there is none, and nothing was used. 0
// or -ENOMEM, and then there are no groups.
int groups_update(groups_t *g, const snapshot_t *s, uint64_t elapsed_ms);
void groups_clear(groups_t *g);

// In no order; they live until the next call of the two above.
const group_t *groups_all(const groups_t *g, size_t *ret_n);
// Whoever holds an id longer than its group lives has to hold a reference to it here.
intern_t *groups_labels(const groups_t *g);

// Adds all up: what both have now, and what both used.
void group_sums_add(group_sums_t *to, const group_sums_t *from);

#endif
