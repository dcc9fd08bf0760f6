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
    COLUMN_MAX,
} column_id_t;

// What formatters need besides the row.
typedef struct {
    const model_t *model;
    const glyphs_t *glyphs;
    group_kind_t kind; // rows are groups of that kind
    bool tree;         // rows are indented below their parents
    bool command;      // the command line instead of the name
    int width;         // of the cell
} cell_context_t;

#define COLUMN_RANK_CORE 4 // up to here columns become narrow rather than go

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
} column_t;

extern const column_t columns[COLUMN_MAX];

const char *column_title(column_id_t id, group_kind_t kind, bool tree); // NULL: not shown

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
