#ifndef MEMSCOPE_CLIENT_MODEL_MODEL_H
#define MEMSCOPE_CLIENT_MODEL_MODEL_H

// What the viewer looks at: a row for each process of the latest snapshot that was taken up, rows
// for groups of them, and the viewer's own memory of the past.

#include "client/model/row.h"
#include "client/model/tags.h"
#include "client/model/tracks.h"
#include "common/userdb.h"
#include "protocol/snapshot.h"

typedef enum { GROUP_NONE, GROUP_NAME, GROUP_USER, GROUP_UNIT, GROUP_KINDS } group_kind_t;
extern const char *const group_kind_names[GROUP_KINDS]; // "name", "user", "unit"

typedef struct {
    row_t *items;
    size_t n, cap;
} rows_t;

typedef struct {
    rows_t processes, groups;
    group_kind_t grouped_by; // what `groups` holds
    system_snapshot_t system;
    const intern_t *strings;
    userdb_t *users;
    tracks_t tracks;
    tracks_t group_tracks; // of all groups, of each kind
    bool partial;          // some processes are not ROW_LISTED
    bool utf8;
    size_t tagged[N_TAGS]; // processes with each tag, by its place in tag_infos
    int pid_width;         // digits of the largest PID
} model_t;

int model_init(model_t *m, bool utf8);
void model_done(model_t *m);

// Takes up a snapshot, whose strings have to live as long as rows are formatted. `now_ms` stands in
// where it does not tell its time. 0 or -ENOMEM, and then some processes are missing.
int model_update(model_t *m, const snapshot_t *s, uint64_t now_ms);

// DELTA counts from now on from what each process has at this moment.
void model_reset_baselines(model_t *m);

// Remembers what the groups have: members that die take nothing of the past with them. 0 or
// -ENOMEM.
int model_record_groups(model_t *m);

// Makes `groups` of the processes that are ROW_LISTED. 0 or -ENOMEM.
int model_group(model_t *m, group_kind_t kind);

// The processes that are ROW_LISTED as one.
typedef struct {
    row_t row;
    size_t members;          // that have memory at all
    size_t known[VALUE_MAX]; // of how many of these
} model_sum_t;

void model_sum(const model_t *m, model_sum_t *ret);

// NULL where it is not among the processes (or the groups last made).
const row_t *model_find(const model_t *m, identity_t id);

// When a process began, in boot time. False: not known, or by another clock than the recording.
bool model_started_ms(const system_snapshot_t *s, uint64_t start_time, uint64_t *ret_ms);

// The identity of the group that a process belongs to, also where no groups were made.
identity_t model_group_of(const model_t *m, const row_t *process, group_kind_t kind);

// Texts of a row, made safe to show. Return buf, "" for an unknown one.
char *model_name(const model_t *m, const row_t *r, char *buf, size_t cap);
char *model_command(const model_t *m, const row_t *r, char *buf, size_t cap);
char *model_string(const model_t *m, uint32_t id, char *buf, size_t cap);
const char *model_user(const model_t *m, const row_t *r); // NULL: unknown

// Private memory over the last minutes, as sparkline_text() takes it.
size_t model_series(const model_t *m, const row_t *r, int64_t values[TRACK_POINTS]);
// The same of a whole group, whatever is listed: since this viewer has come.
size_t model_group_series(const model_t *m, identity_t group, int64_t values[TRACK_POINTS]);

#endif
