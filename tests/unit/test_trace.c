// The reader of traces: every field, every way to be wrong with its line and column, and text that
// comes in any pieces.

#include "common/cleanup.h"
#include "daemon/trace/trace.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEAD "# mem_total_kb=16000000\ntime_s,pid,start_time,comm,state,rss_kb,anon_kb,swap_kb\n"

static int file_of(const char *text, size_t len)
{
    int fd = memfd_create("trace", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), len);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static trace_t *open_text(const char *text, int *ret_fd)
{
    trace_t *t;

    *ret_fd = file_of(text, strlen(text));
    assert_int_equal(trace_new(&t, *ret_fd), 0);
    return t;
}

static void close_trace(trace_t *t, int fd)
{
    trace_free(t);
    close(fd);
}

static void assert_comm(const trace_row_t *r, const char *comm)
{
    assert_int_equal(r->comm_len, strlen(comm));
    assert_memory_equal(r->comm, comm, r->comm_len);
}

static void test_rows(void **state)
{
    uint64_t total;
    trace_row_t r;
    int fd;
    trace_t *t = open_text(HEAD "0,1,2,init,S,100,60,3\r\n"
                                "12.5,7,9,\"a,\"\"b\"\"\nc\",,,,\n"
                                "12.0625,8,0,,Z,0,0,0\n"
                                "13,9999999999999999999,4,x y,R,1,,2",
            &fd);

    (void) state;
    assert_int_equal(trace_read_head(t, &total), 0);
    assert_int_equal(total, 16000000);
    assert_int_equal(trace_read_row(t, &r), 1);
    assert_int_equal(r.time_ms, 0);
    assert_int_equal(r.pid, 1);
    assert_int_equal(r.start_time, 2);
    assert_comm(&r, "init");
    assert_int_equal(r.state, 'S');
    assert_true(r.has_rss && r.has_anon && r.has_swap);
    assert_int_equal(r.rss_kb, 100);
    assert_int_equal(r.anon_kb, 60);
    assert_int_equal(r.swap_kb, 3);
    assert_int_equal(trace_read_row(t, &r), 1);
    assert_int_equal(r.time_ms, 12500);
    assert_comm(&r, "a,\"b\"\nc");
    assert_int_equal(r.state, '\0');
    assert_false(r.has_rss || r.has_anon || r.has_swap);
    assert_int_equal(trace_line(t), 4);
    assert_int_equal(trace_read_row(t, &r), 1);
    assert_int_equal(trace_line(t), 6); // the name before had a newline
    assert_int_equal(r.time_ms, 12062);
    assert_int_equal(r.comm_len, 0);
    assert_int_equal(trace_read_row(t, &r), 1);
    assert_int_equal(r.pid, UINT64_C(9999999999999999999));
    assert_comm(&r, "x y");
    assert_true(r.has_rss && !r.has_anon && r.has_swap);
    assert_int_equal(trace_read_row(t, &r), 0);
    assert_int_equal(trace_read_row(t, &r), 0);
    close_trace(t, fd);
}

static void test_heads(void **state)
{
    static const struct {
        const char *text;
        uint64_t line, column;
    } cases[] = {
            {"", 1, 1},
            {"\n", 1, 1},
            {"time_s,pid\n", 1, 1},
            {"# mem_total=1\n", 1, 12},
            {"# mem_total_kb=\n", 1, 16},
            {"# mem_total_kb=-5\n", 1, 16},
            {"# mem_total_kb=0\n", 1, 16},
            {"# mem_total_kb=5 kB\n", 1, 17},
            {"# mem_total_kb=99999999999999999999\n", 1, 16},
            {"# mem_total_kb=5", 2, 1},
            {"# mem_total_kb=5\n1,2,3,a,S,1,1,1\n", 2, 1},
            {"# mem_total_kb=5\ntime_s,pid,start_time,comm,rss_kb\n", 2, 28},
            {"# mem_total_kb=5\ntime_s,pid,start_time,comm,state,rss_kb,anon_kb,swap_kb,x\n", 2,
                    56},
            {"\xef\xbb\xbf# mem_total_kb=5\n", 1, 1},
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t total;
        int fd, r;
        trace_t *t = open_text(cases[i].text, &fd);

        r = trace_read_head(t, &total);
        if (r != -EBADMSG || trace_line(t) != cases[i].line || trace_column(t) != cases[i].column ||
                !strstr(trace_error(t), "expected "))
            fail_msg("%s: %d, %d:%d: %s", cases[i].text, r, (int) trace_line(t),
                    (int) trace_column(t), trace_error(t));
        close_trace(t, fd);
    }
}

static void test_wrong_rows(void **state)
{
    static const struct {
        const char *row;
        uint64_t line, column;
        const char *error;
    } cases[] = {
            {"-1,2,3,a,S,1,1,1\n", 4, 1, "time_s"},
            {"nan,2,3,a,S,1,1,1\n", 4, 1, "time_s"},
            {"1e3,2,3,a,S,1,1,1\n", 4, 2, "comma"},
            {"1.,2,3,a,S,1,1,1\n", 4, 1, "time_s"},
            {"99999999999999,2,3,a,S,1,1,1\n", 4, 1, "time_s"},
            {"1,-2,3,a,S,1,1,1\n", 4, 3, "pid"},
            {"1, 2,3,a,S,1,1,1\n", 4, 3, "pid"},
            {"1,99999999999999999999,3,a,S,1,1,1\n", 4, 3, "19 digits in pid"},
            {"1,2,x,a,S,1,1,1\n", 4, 5, "start_time"},
            {"1,2,3,\"a,S,1,1,1\n", 4, 7, "quote"},
            {"1,2,3,\"a\"b,S,1,1,1\n", 4, 10, "comma"},
            {"1,2,3,a\"b\",S,1,1,1\n", 4, 8, "comma"},
            {"1,2,3,a,SS,1,1,1\n", 4, 10, "comma"},
            {"1,2,3,a,S,1.5,1,1\n", 4, 12, "comma"},
            {"1,2,3,a,S,-1,1,1\n", 4, 11, "15 digits in rss_kb"},
            {"1,2,3,a,S,1,9999999999999999,1\n", 4, 13, "15 digits in anon_kb"},
            {"1,2,3,a,S,1,1,x\n", 4, 15, "15 digits in swap_kb"},
            {"1,2,3,a,S,1,1,1,1\n", 4, 16, "end of the row"},
            {"1,2,3,a,S,1,1\n", 4, 14, "columns"},
            {"1,2,3\n", 4, 6, "columns"},
            {"1,2,3", 4, 6, "end of the file"},
            {"\n", 4, 1, "time_s"},
            {"1,2,3,a,S,1,1,1\rx\n", 4, 16, "end of the row"},
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char text[512];
        uint64_t total;
        trace_row_t row;
        trace_t *t;
        int fd, r;

        snprintf(text, sizeof(text), HEAD "1,1,1,a,S,1,1,1\n%s", cases[i].row);
        t = open_text(text, &fd);
        assert_int_equal(trace_read_head(t, &total), 0);
        assert_int_equal(trace_read_row(t, &row), 1);
        r = trace_read_row(t, &row);
        if (r != -EBADMSG || trace_line(t) != cases[i].line || trace_column(t) != cases[i].column ||
                !strstr(trace_error(t), cases[i].error))
            fail_msg("%s: %d, %d:%d: %s", cases[i].row, r, (int) trace_line(t),
                    (int) trace_column(t), trace_error(t));
        close_trace(t, fd);
    }
}

// A row has to fit; one that is just short enough does.
static void test_long_rows(void **state)
{
    (void) state;
    for (int over = 0; over < 2; over++) {
        size_t name = TRACE_ROW_MAX - strlen("1,2,3,,S,1,1,1\n") + (over ? 64 : 0);
        char text[2 * TRACE_ROW_MAX];
        trace_row_t row;
        uint64_t total;
        size_t n = (size_t) snprintf(text, sizeof(text), HEAD "1,2,3,");
        trace_t *t;
        int fd;

        memset(text + n, 'n', name);
        snprintf(text + n + name, sizeof(text) - n - name, ",S,1,1,1\n2,2,3,a,S,1,1,1\n");
        t = open_text(text, &fd);
        assert_int_equal(trace_read_head(t, &total), 0);
        if (over) {
            assert_int_equal(trace_read_row(t, &row), -EBADMSG);
            assert_non_null(strstr(trace_error(t), "longer than"));
        } else {
            assert_int_equal(trace_read_row(t, &row), 1);
            assert_int_equal(row.comm_len, name);
            assert_int_equal(trace_read_row(t, &row), 1);
            assert_int_equal(row.time_ms, 2000);
        }
        close_trace(t, fd);
    }
}

// Far more than the reader's buffer, through a pipe, in pieces of every size.
static void test_pieces(void **state)
{
    enum { ROWS = 30000 };
    int fds[2];
    uint64_t total, sum = 0;
    trace_row_t row;
    trace_t *t;
    pid_t pid;

    (void) state;
    assert_int_equal(pipe(fds), 0);
    pid = process_fork();
    if (pid == 0) {
        size_t len = 0, size = 64 * ROWS + 256, piece = 1;
        char *text = malloc(size);

        close(fds[0]);
        len = (size_t) snprintf(text, size, HEAD);
        for (int i = 0; i < ROWS; i++)
            len += (size_t) snprintf(text + len, size - len,
                    "%d.%03d,%d,5,\"n\"\"%d\",S,%d,%d,\r\n", i / 10, i % 1000, i, i, 2 * i, i);
        for (size_t at = 0; at < len; at += piece, piece = piece % 4099 + 1) {
            piece = MIN(piece, len - at);
            if (write(fds[1], text + at, piece) != (ssize_t) piece)
                _exit(1);
        }
        _exit(0);
    }
    close(fds[1]);
    assert_int_equal(trace_new(&t, fds[0]), 0);
    assert_int_equal(trace_read_head(t, &total), 0);
    for (uint64_t i = 0; i < ROWS; i++) {
        char name[32];

        assert_int_equal(trace_read_row(t, &row), 1);
        assert_int_equal(row.pid, i);
        assert_int_equal(trace_line(t), i + 3);
        snprintf(name, sizeof(name), "n\"%d", (int) i);
        assert_comm(&row, name);
        assert_int_equal(row.time_ms, i / 10 * 1000 + i % 1000);
        assert_false(row.has_swap);
        sum += row.rss_kb - row.anon_kb;
    }
    assert_int_equal(sum, (uint64_t) ROWS * (ROWS - 1) / 2);
    assert_int_equal(trace_read_row(t, &row), 0);
    close_trace(t, fds[0]);
    assert_int_equal(process_wait(pid), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_rows),
            cmocka_unit_test(test_heads),
            cmocka_unit_test(test_wrong_rows),
            cmocka_unit_test(test_long_rows),
            cmocka_unit_test(test_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
