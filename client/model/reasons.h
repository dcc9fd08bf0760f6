#ifndef MEMSCOPE_CLIENT_MODEL_REASONS_H
#define MEMSCOPE_CLIENT_MODEL_REASONS_H

// What a WHY says, unpacked and ready to be shown: lines with their shares, which add up to the
// change, and the sentence that sums it up.

#include "common/userdb.h"
#include "protocol/rows.h"
#include <stdbool.h>

#define REASONS_MAX        128 // rows, and three lines below them
#define REASONS_NAME_MAX   256
#define REASONS_LEDGER_MAX 32
#define REASONS_HARDLY_KB  1024 // a change that is none

typedef enum {
    REASON_PROCESSES, // one, or a group of them
    REASON_LEDGER,    // a line of the ledger
    REASON_OTHERS,    // processes beyond the limit of rows
    REASON_HIDDEN,    // processes of others, which this viewer may not see
    REASON_UNEXPLAINED,
} reason_kind_t;

typedef struct {
    reason_kind_t kind;
    why_row_t row;  // of PROCESSES and LEDGER, without texts
    uint64_t count; // processes or groups
    int64_t change_kb;
    double share;                // of the change; they add up to 1
    char name[REASONS_NAME_MAX]; // as people call it; safe to show
    char unit[REASONS_NAME_MAX];
    char user[REASONS_NAME_MAX];   // "": several, or not known
    char writer[REASONS_NAME_MAX]; // of tmpfs, with row.pid: who likely wrote it; "": not known
    char most[REASONS_NAME_MAX];   // of the kernel's memory for `count` more processes: what most
                                   // of them are called; "": not one name
} reason_t;

// Amounts are what a host may have: sums and differences of them stay within their type.
typedef struct {
    unsigned by;                 // WHY_BY_*
    reason_t lines[REASONS_MAX]; // rows, largest share first; then others, hidden, unexplained
    size_t n_rows, n;
    size_t n_minor; // rows at the end of `lines` that are counted with the others
    ledger_line_t ledger[REASONS_LEDGER_MAX];
    size_t n_ledger;
    int64_t change_kb;
    why_message_t message; // without texts and bytes
} reasons_t;

// What is less than `least` of the change, or of a change that is hardly any than a megabyte, is no
// row but counted with the others; 0: every row is one. 0; -EBADMSG where the daemon sent nonsense.
int reasons_read(reasons_t *r, const why_message_t *m, userdb_t *users, bool utf8, double least);

// How it is to be written.
typedef struct {
    const char *what;      // "used memory"
    const char *from, *to; // the ends of the change
    const char *known;     // nothing is known of the time before; NULL: of all that was asked for
} reasons_wording_t;

// "14:02:10–14:02:41 used memory rose 3.1 GiB: 94% chrome (PID 3587, uid 1000 anna), 4% tmpfs, 2%
// unexplained"; amounts stand in place of shares where some of those are far more than all of the
// change. Returns `buf`.
char *reasons_sentence(
        const reasons_t *r, const reasons_wording_t *w, bool utf8, char *buf, size_t cap);

// "Steepest: +362 MiB within 0.8 s from 14:02:12."; `from` is when that began. "": there is none.
char *reasons_steepest(const reasons_t *r, const char *from, char *buf, size_t cap);

// What of the shares is an estimate. "": so little that it is not worth a word.
char *reasons_estimated(const reasons_t *r, char *buf, size_t cap);

// "10,000 more processes, most of them httpd", which is what a line of the ledger is for; "": it is
// not known to be. Returns `buf`.
char *reasons_more(const reason_t *line, char *buf, size_t cap);

// "page tables"; "?" for a line that this version does not know.
const char *ledger_name(uint64_t kind);
const char *ledger_key(uint64_t kind); // "page_tables", for machines

// "3.1 GiB", "512 KiB"; for a change with its sign. Returns `buf`.
char *reasons_size(char *buf, size_t cap, int64_t kb, bool sign);

#endif
