#ifndef MEMSCOPE_CLIENT_MODEL_COLUMNS_H
#define MEMSCOPE_CLIENT_MODEL_COLUMNS_H

// The columns of a list, declared once: heading, cells, sorting, help and what gives way on a
// narrow screen all come from this table.

#include "client/model/model.h"
#include "client/widget/glyphs.h"
#include "client/widget/grid.h"

typedef enum {
    COLUMN_PID,
    COLUMN_USER,
    COLUMN_NAME,
    COLUMN_STATE,
    COLUMN_RSS,
    COLUMN_BASIS,
    COLUMN_SUBTREE,
    COLUMN_PSS,
    COLUMN_SWAP,
    COLUMN_CPU,
    COLUMN_THREADS,
    COLUMN_READ,
    COLUMN_WRITE,
    COLUMN_DELTA,
    COLUMN_RATE,
    COLUMN_TREND,
    COLUMN_TAGS,
    // From here on: for programs only, not on the screen.
    COLUMN_START,
    COLUMN_PPID,
    COLUMN_UID,
    COLUMN_COMMAND,
    COLUMN_UNIT,
    COLUMN_GROUP_RSS,
    COLUMN_PRIVATE,
    COLUMN_ANON,
    COLUMN_FILE,
    COLUMN_SHMEM,
    COLUMN_USS,
    COLUMN_PEAK,
    COLUMN_PSS_AGE,
    COLUMN_PSS_ESTIMATED,
    COLUMN_MINFLT,
    COLUMN_MAJFLT,
    COLUMN_ZOMBIES,
    COLUMN_KERNEL_THREAD,
    COLUMN_MAX,
} column_id_t;

// What formatters need besides the row.
typedef struct {
    const model_t *model;
    const glyphs_t *glyphs;
    group_kind_t kind; // rows are groups of that kind
    bool tree;         // rows are indented below their parents
    bool command;      // the command line instead of the name
    column_id_t sort;  // what the list is sorted by is shown where others give way
    int width;         // of the cell
    value_t value;     // of its column
} cell_context_t;

#define COLUMN_RANK_WHO  2 // up to here they say who it is, and how much that has
#define COLUMN_RANK_CORE 4 // up to here columns become narrow rather than go

// How a value becomes one for programs.
typedef enum {
    COLUMN_AS_NUMBER,
    COLUMN_AS_KB,       // to bytes
    COLUMN_AS_PERMILLE, // to per cent
    COLUMN_AS_MS,       // to seconds
    COLUMN_AS_FLAG,
} column_as_t;

struct datum;

// What a column is to programs: see client/model/export.h.
typedef struct {
    const char *key;       // of processes; NULL: not exported
    const char *group_key; // of groups; NULL: not exported
    column_as_t as;
    // Where it is no value of the row: a number (false: unknown), or anything else.
    bool (*number)(const row_t *r, int64_t *ret);
    void (*text)(const model_t *m, const row_t *r, struct datum *ret);
} column_export_t;

#define CELL_MAX 4608 // bytes that a formatter may write

typedef struct column {
    const char *title;       // above processes; NULL: not shown there
    const char *group_title; // above groups; NULL: not shown there
    const char *tree_title;  // above a tree of processes; NULL: not shown there
    const char *sort_name;   // in the head line
    const char *unit;
    const char *help;
    align_t align;
    uint8_t width;  // wanted
    uint8_t min;    // at least
    uint8_t rank;   // 0 stays longest as the screen narrows
    uint8_t gap;    // blanks before it
    bool ascending; // natural direction of sorting
    bool sortable;
    value_t value; // what it is sorted by; VALUE_MAX: by `compare`
    int (*compare)(const model_t *m, const row_t *a, const row_t *b);
    // Writes the cell's text (safe to show) and returns its style. "" and "-" are fine.
    style_t (*format)(const cell_context_t *c, const row_t *r, char *buf);
    column_export_t out;
} column_t;

extern const column_t columns[COLUMN_MAX];

const char *column_title(column_id_t id, group_kind_t kind, bool tree); // NULL: not shown
bool column_on_screen(column_id_t id);                                  // in any list

// Which columns stand where in `width` screen columns.
typedef struct {
    column_id_t id;
    int left, width;
} column_place_t;

typedef struct {
    column_place_t places[COLUMN_MAX];
    size_t n;
} column_layout_t;

// `pid_width`: digits of the largest PID.
column_layout_t columns_layout(const cell_context_t *c, int width, int pid_width);

#endif
