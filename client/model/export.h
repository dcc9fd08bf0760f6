#ifndef MEMSCOPE_CLIENT_MODEL_EXPORT_H
#define MEMSCOPE_CLIENT_MODEL_EXPORT_H

// The columns as data, for programs: under a key that names the unit (rss_bytes), in that unit,
// and absent where it is unknown.

#include "client/model/columns.h"
#include "common/intern.h"

typedef enum {
    DATUM_UNKNOWN,
    DATUM_INTEGER,
    DATUM_NUMBER,
    DATUM_FLAG,
    DATUM_TEXT,
    DATUM_TAGS
} datum_kind_t;

typedef struct datum {
    datum_kind_t kind;
    int64_t integer; // also of a flag
    double number;   // with this many decimals
    int decimals;
    const char *text; // bytes as the process gave them, not made safe
    size_t len;
    uint32_t tags; // TAG_*
    char buf[INTERN_MAX_LEN];
} datum_t;

// The key of a column above rows of that kind; NULL: it is not exported there.
const char *export_key(column_id_t id, group_kind_t kind);

// What is in the cell, in the unit of the key. Texts live as long as the row's snapshot and `ret`.
void export_value(column_id_t id, const model_t *m, const row_t *r, datum_t *ret);

// The column with that key, heading or name in the head line, in any case, or with that key but
// for its unit ("rss"); COLUMN_MAX: there is none.
column_id_t export_find(const char *name, group_kind_t kind);

// What columns give besides their values.
bool export_start_time(const row_t *r, int64_t *ret);
bool export_ppid(const row_t *r, int64_t *ret);
bool export_uid(const row_t *r, int64_t *ret);
bool export_zombies(const row_t *r, int64_t *ret);
bool export_pss_estimated(const row_t *r, int64_t *ret);
bool export_kernel_thread(const row_t *r, int64_t *ret);
void export_name(const model_t *m, const row_t *r, datum_t *ret);
void export_command(const model_t *m, const row_t *r, datum_t *ret);
void export_unit(const model_t *m, const row_t *r, datum_t *ret);
void export_user(const model_t *m, const row_t *r, datum_t *ret);
void export_state(const model_t *m, const row_t *r, datum_t *ret);
void export_basis(const model_t *m, const row_t *r, datum_t *ret);
void export_tags(const model_t *m, const row_t *r, datum_t *ret);

#endif
