#ifndef MEMSCOPE_TESTS_STAGE_H
#define MEMSCOPE_TESTS_STAGE_H

// A client without terminal and daemon: a made-up host that tests set up process by process, the
// app that looks at it, and the picture that comes of it.

#include "client/app/app.h"
#include "protocol/snapshot.h"
#include <string.h>

#define STAGE_SLOTS 12000

typedef struct {
    intern_t *strings;
    process_snapshot_t *processes; // STAGE_SLOTS
    snapshot_t snapshot;
    app_t *app;
    const grid_t *grid; // the last picture

    // What the app asked for last.
    uint64_t inspected_pid, inspected_start;
    unsigned inspect_requests, history_requests;
    uint64_t history_span_ms;
    unsigned past_requests; // for trends in the list; they are numbered from 1000 on
    uint64_t past_pid;
    // Numbered from 2001 and from 3001 on.
    unsigned events_requests, why_requests, why_by;
    uint64_t events_after, why_from_ms;
    bool events_followed;
    int next_request;
    bool paused;
    uint64_t signalled_pid, signalled_start;
    int signalled;     // the signal that was sent last, 0: none
    int signal_result; // what the next ones come to
} stage_t;

// In UTC, and in a UTF-8 locale or in that of C.
void stage_init(stage_t *s, bool utf8, int rows, int cols);
// In UTF-8, with the host of stage_populate, of which a first picture was made.
void stage_open(stage_t *s, int rows, int cols);
// In 80x24, with ten processes p1 to p10, of which p10 is the largest.
void stage_open_ten(stage_t *s);
// In 40x100, with the inspection of "victim", PID 500, of 350 MB, 200 of them anonymous and 50
// shared memory.
process_snapshot_t *stage_open_victim(stage_t *s);
void stage_done(stage_t *s);

// A living process with plausible figures; the caller changes what it likes. Its start time is its
// PID. `private_kb` is anonymous memory; file mappings are 4 MB.
process_snapshot_t *stage_add(stage_t *s, uint64_t pid, const char *name, uint64_t private_kb);
process_snapshot_t *stage_find(stage_t *s, uint64_t pid);
void stage_remove(stage_t *s, uint64_t pid);
uint32_t stage_string(stage_t *s, const char *text, size_t len);
// For texts that hold no NUL.
void stage_name(stage_t *s, process_snapshot_t *p, const char *name);
// The host that the golden pictures show.
void stage_populate(stage_t *s);

// Lets `ms` go by and a tick arrive, without drawing.
void stage_tick(stage_t *s, unsigned ms);
// The same `n` times a second apart, with drawing.
void stage_run(stage_t *s, unsigned n);
void stage_draw(stage_t *s);
// Types, one key per character, and draws. "\x1b" is ESC.
void stage_keys(stage_t *s, const char *keys);
void stage_key(stage_t *s, int code);
void stage_resize(stage_t *s, int rows, int cols);

// Text of a row of the last picture, in a buffer that the next calls reuse in turn.
const char *stage_row(const stage_t *s, int row);
// The PID in a row of the list, 0 if there is none.
uint64_t stage_pid(const stage_t *s, int row);
// The row under the cursor, "" if none.
const char *stage_selected(const stage_t *s);
// The first row that has the text, -1: none.
int stage_find_row(const stage_t *s, const char *text);
// The column at which a text begins in a row, -1: nowhere.
int stage_column(const stage_t *s, int row, const char *text);

// The row has the text.
#define assert_in_row(s, row, text) assert_has(stage_row(s, row), text)
#define assert_selected(s, text)    assert_has(stage_selected(s), text)
#define assert_has(line, text)                                \
    do {                                                      \
        const char *line_ = (line);                           \
        if (!strstr(line_, text))                             \
            fail_msg("\"%s\" is not in \"%s\"", text, line_); \
    } while (0)

#define assert_shown(s, text)     assert_int_not_equal(stage_find_row(s, text), -1)
#define assert_not_shown(s, text) assert_int_equal(stage_find_row(s, text), -1)

// Compares the picture with tests/golden/NAME.txt; with MEMSCOPE_GOLDEN=update in the environment
// it writes that file instead. False: they differ, and both were printed.
bool stage_golden(const stage_t *s, const char *name);

#endif
