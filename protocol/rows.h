#ifndef MEMSCOPE_PROTOCOL_ROWS_H
#define MEMSCOPE_PROTOCOL_ROWS_H

// What is packed into WHY: rows and the ledger (see memscope-protocol(7)).
//
//     cursor_t c = cursor_of(m->why.rows.data, m->why.rows.len);
//     while (why_row_next(&c, &row)) ...
//     if (c.failed) the daemon sent nonsense

#include "protocol/cursor.h"
#include "protocol/message.h"

typedef struct {
    uint64_t kind;  // 0: processes, else LEDGER_*
    uint64_t count; // of processes
    uint64_t pid, start_time;
    uint64_t uid;
    bool has_uid;
    uint64_t exited_ms; // 0: lives
    uint64_t start_kb, end_kb, peak_kb;
    text_view_t name, unit; // hostile
    uint64_t story;         // which one in a row that leaks it is, 1 for the first; 0: it is none
} why_row_t;

typedef struct {
    uint64_t kind; // LEDGER_*
    int64_t start_kb, end_kb;
} ledger_line_t;

#define WHY_NAME_MAX 128 // bytes of name and unit that are put, each

void why_row_put(buffer_t *out, const why_row_t *row);
// False at the end, or at what is malformed: then `failed` of the cursor is set.
bool why_row_next(cursor_t *c, why_row_t *ret);

void ledger_line_put(buffer_t *out, const ledger_line_t *line);
bool ledger_line_next(cursor_t *c, ledger_line_t *ret);

#endif
