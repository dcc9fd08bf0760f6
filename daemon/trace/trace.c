#include "daemon/trace/trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_SIZE   (256u << 10)
#define NUMBER_DIGITS 19 // fit into 64 bits
#define TIME_DIGITS   13

static const char head_total[] = "# mem_total_kb=";
static const char head_names[] = "time_s,pid,start_time,comm,state,rss_kb,anon_kb,swap_kb";

struct trace {
    int fd;
    bool eof;
    uint64_t bytes;
    uint64_t line, column;
    uint64_t next_line;
    char error[TRACE_ERROR_MAX];
    size_t at, len;               // of `buffer`
    const char *row;              // where it begins
    char comm[TRACE_ROW_MAX];     // without its quotes
    char buffer[BUFFER_SIZE + 1]; // a NUL ends what was read
};

int trace_new(trace_t **ret, int fd)
{
    trace_t *t = malloc(sizeof(*t));

    if (!t)
        return -ENOMEM;
    t->fd = fd;
    t->eof = false;
    t->bytes = t->line = t->column = 0;
    t->next_line = 1;
    t->error[0] = '\0';
    t->at = t->len = 0;
    t->buffer[0] = '\0';
    *ret = t;
    return 0;
}

void trace_free(trace_t *t)
{
    free(t);
}

bool trace_is_drained(const trace_t *t)
{
    return !t->eof && t->len - t->at < TRACE_ROW_MAX;
}

uint64_t trace_bytes(const trace_t *t)
{
    return t->bytes;
}

uint64_t trace_line(const trace_t *t)
{
    return t->line;
}

uint64_t trace_column(const trace_t *t)
{
    return t->column;
}

const char *trace_error(const trace_t *t)
{
    return t->error;
}

// ---- Reading -----------------------------------------------------------------------------------

// Makes sure that a whole row is there, or all there is.
static int fill(trace_t *t)
{
    if (!trace_is_drained(t))
        return 0;
    memmove(t->buffer, t->buffer + t->at, t->len - t->at);
    t->len -= t->at;
    t->at = 0;
    while (!t->eof && t->len < TRACE_ROW_MAX) {
        ssize_t n = read(t->fd, t->buffer + t->len, BUFFER_SIZE - t->len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        t->eof = n == 0;
        t->len += (size_t) n;
        t->bytes += (uint64_t) n;
    }
    t->buffer[t->len] = '\0';
    return 0;
}

static int malformed(trace_t *t, const char *at, const char *expected)
{
    const char *end = t->buffer + t->len;

    t->column = (uint64_t) (at - t->row) + 1;
    if (at - t->row >= TRACE_ROW_MAX)
        snprintf(t->error, sizeof(t->error), "the row is longer than %d bytes", TRACE_ROW_MAX);
    else
        snprintf(t->error, sizeof(t->error), "expected %s%s", expected,
                at == end ? ", found the end of the file" : "");
    return -EBADMSG;
}

// What follows the last field.
static const char *end_of_row(trace_t *t, const char *p)
{
    if (p[0] == '\r' && p[1] == '\n')
        p++;
    if (*p == '\n')
        return p + 1;
    return p == t->buffer + t->len && t->eof ? p : NULL;
}

// ---- The head ----------------------------------------------------------------------------------

static int begin_row(trace_t *t)
{
    int r = fill(t);

    if (r < 0)
        return r;
    t->row = t->buffer + t->at;
    t->line = t->next_line++;
    t->column = 1;
    return t->at == t->len ? 0 : 1;
}

static size_t common_length(const char *p, const char *expected)
{
    size_t n = 0;

    while (expected[n] && p[n] == expected[n])
        n++;
    return n;
}

static const char *take_number(const char *p, unsigned max_digits, uint64_t *ret)
{
    const char *first = p;
    uint64_t v = 0;

    while (*p >= '0' && *p <= '9')
        v = v * 10 + (uint64_t) (*p++ - '0');
    if (p == first || p - first > max_digits)
        return NULL;
    *ret = v;
    return p;
}

int trace_read_head(trace_t *t, uint64_t *ret_mem_total_kb)
{
    const char *p, *end;
    size_t n;
    int r = begin_row(t);

    if (r < 0)
        return r;
    n = common_length(t->row, head_total);
    if (head_total[n])
        return malformed(t, t->row + n, "'# mem_total_kb=N' in the first line");
    p = take_number(t->row + n, NUMBER_DIGITS, ret_mem_total_kb);
    if (!p)
        return malformed(t, t->row + n, "a number of kB");
    if (*ret_mem_total_kb == 0)
        return malformed(t, t->row + n, "more memory than none");
    end = end_of_row(t, p);
    if (!end)
        return malformed(t, p, "the end of the line");
    t->at = (size_t) (end - t->buffer);

    r = begin_row(t);
    if (r < 0)
        return r;
    n = common_length(t->row, head_names);
    end = head_names[n] ? NULL : end_of_row(t, t->row + n);
    if (!end)
        return malformed(t, t->row + n,
                "the columns time_s,pid,start_time,comm,state,rss_kb,anon_kb,swap_kb");
    t->at = (size_t) (end - t->buffer);
    return 0;
}

// ---- Rows --------------------------------------------------------------------------------------

// Seconds, as milliseconds; what is finer is dropped.
static const char *take_time(const char *p, uint64_t *ret_ms)
{
    uint64_t v;
    unsigned unit = 100;

    p = take_number(p, TIME_DIGITS, &v);
    if (!p)
        return NULL;
    v *= 1000;
    if (*p == '.') {
        if (*++p < '0' || *p > '9')
            return NULL;
        for (; *p >= '0' && *p <= '9'; p++, unit /= 10)
            v += unit * (unsigned) (*p - '0');
    }
    *ret_ms = v;
    return p;
}

// NULL: a quote is not closed. *ret_lines counts newlines in it.
static const char *take_quoted(trace_t *t, const char *p, trace_row_t *row, uint64_t *ret_lines)
{
    const char *end = t->buffer + t->len;
    size_t n = 0;

    for (p++; p < end && n < sizeof(t->comm); p++) {
        if (*p == '"' && *++p != '"') {
            row->comm = t->comm;
            row->comm_len = n;
            return p;
        }
        *ret_lines += *p == '\n';
        t->comm[n++] = *p;
    }
    return NULL;
}

static const char *take_comm(trace_t *t, const char *p, trace_row_t *row, uint64_t *ret_lines)
{
    const char *first = p;

    if (*p == '"')
        return take_quoted(t, p, row, ret_lines);
    while (*p != ',' && *p != '\n' && *p != '\r' && *p != '"' && p < t->buffer + t->len)
        p++;
    row->comm = first;
    row->comm_len = (size_t) (p - first);
    return p;
}

static const char *take_kb(const char *p, uint64_t *ret, bool *ret_known)
{
    *ret = 0;
    *ret_known = *p != ',' && *p != '\n' && *p != '\r' && *p != '\0';
    return *ret_known ? take_number(p, NUMBER_DIGITS - 4, ret) : p;
}

// A field that could not be taken begins at `from`; one that could has to end at a comma.
#define FIELD(p, from, taken, expected)                                     \
    do {                                                                    \
        const char *from_ = (from), *end_ = (taken);                        \
        if (!end_)                                                          \
            return malformed(t, from_, (expected));                         \
        if (*end_ != ',')                                                   \
            return malformed(t, end_, "a comma and more of the 8 columns"); \
        (p) = end_ + 1;                                                     \
    } while (0)

static int parse_row(trace_t *t, trace_row_t *row, const char **ret_end, uint64_t *ret_lines)
{
    const char *p = t->row, *end;

    FIELD(p, p, take_time(p, &row->time_ms), "seconds in time_s, 0 or more");
    FIELD(p, p, take_number(p, NUMBER_DIGITS, &row->pid), "a number of at most 19 digits in pid");
    FIELD(p, p, take_number(p, NUMBER_DIGITS, &row->start_time),
            "a number of at most 19 digits in start_time");
    FIELD(p, p, take_comm(t, p, row, ret_lines), "a closing quote in comm");
    row->state = *p != ',' && *p > ' ' && *p < 0x7f ? *p : '\0';
    FIELD(p, p, p + (row->state != '\0'), "");
    FIELD(p, p, take_kb(p, &row->rss_kb, &row->has_rss), "a number of at most 15 digits in rss_kb");
    FIELD(p, p, take_kb(p, &row->anon_kb, &row->has_anon),
            "a number of at most 15 digits in anon_kb");
    end = take_kb(p, &row->swap_kb, &row->has_swap);
    if (!end)
        return malformed(t, p, "a number of at most 15 digits in swap_kb");
    *ret_end = end_of_row(t, end);
    return *ret_end ? 0 : malformed(t, end, "the end of the row");
}

int trace_read_row(trace_t *t, trace_row_t *ret)
{
    const char *end = NULL;
    uint64_t lines = 0;
    int r = begin_row(t);

    if (r <= 0)
        return r;
    r = parse_row(t, ret, &end, &lines);
    if (r < 0)
        return r;
    // Wherever it lies in the buffer.
    if (end - t->row > TRACE_ROW_MAX)
        return malformed(t, t->row + TRACE_ROW_MAX, "");
    t->at = (size_t) (end - t->buffer);
    t->next_line += lines;
    return 1;
}
