#ifndef MEMSCOPE_DAEMON_TRACE_TRACE_H
#define MEMSCOPE_DAEMON_TRACE_TRACE_H

// Reads a trace of processes: "# mem_total_kb=N", the line of column names, and a row for each
// process of each sample, in order of time:
//
//     time_s,pid,start_time,comm,state,rss_kb,anon_kb,swap_kb
//
// time_s may have a fraction, comm may be quoted ("" is a quote, newlines may stand in it), and
// whatever is not known of state and memory is empty.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_ROW_MAX   4096 // bytes of a row
#define TRACE_ERROR_MAX 128

#define TRACE_TICKS_PER_S 100 // of start_time
// The rules' clock is that much ahead: traces may begin at 0, which means "never" there.
#define TRACE_CLOCK_MS UINT64_C(1000000000)

typedef struct trace trace_t;

typedef struct {
    uint64_t time_ms;
    uint64_t pid, start_time;
    const char *comm; // until the next row is read
    size_t comm_len;
    char state; // '\0': unknown
    bool has_rss, has_anon, has_swap;
    uint64_t rss_kb, anon_kb, swap_kb;
} trace_row_t;

// The descriptor stays the caller's; reading may block. 0 or -ENOMEM.
int trace_new(trace_t **ret, int fd);
void trace_free(trace_t *t);

// Has to come first. 0; -EBADMSG: malformed, trace_error() tells; -errno.
int trace_read_head(trace_t *t, uint64_t *ret_mem_total_kb);
// 1: a row; 0: the end; -EBADMSG; -errno.
int trace_read_row(trace_t *t, trace_row_t *ret);

// Whether the next row needs more of the file, so that reading it may block.
bool trace_is_drained(const trace_t *t);

uint64_t trace_bytes(const trace_t *t); // read so far
// Of the row that was read last, or of what is wrong in it; counted from 1.
uint64_t trace_line(const trace_t *t);
uint64_t trace_column(const trace_t *t);
const char *trace_error(const trace_t *t);

#endif
