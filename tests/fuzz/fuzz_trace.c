// Any bytes in place of a trace: its reader says where it stopped understanding, and what it hands
// out lies within its limits.

#include "common/cleanup.h"
#include "daemon/trace/trace.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void check_row(const trace_t *t, const trace_row_t *row)
{
    size_t sum = 0;

    FUZZ_CHECK(row->comm_len <= TRACE_ROW_MAX);
    for (size_t i = 0; i < row->comm_len; i++)
        sum += (unsigned char) row->comm[i];
    FUZZ_CHECK(sum <= 255 * row->comm_len);
    FUZZ_CHECK(trace_line(t) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    _cleanup_close_ int fd = memfd_create("trace", MFD_CLOEXEC);
    uint64_t total_kb, rows = 0;
    trace_row_t row;
    trace_t *t;
    int r;

    FUZZ_CHECK(fd >= 0 && write(fd, data, len) == (ssize_t) len && lseek(fd, 0, SEEK_SET) == 0);
    FUZZ_CHECK(trace_new(&t, fd) == 0);
    r = trace_read_head(t, &total_kb);
    while (r >= 0 && (r = trace_read_row(t, &row)) > 0) {
        check_row(t, &row);
        FUZZ_CHECK(++rows <= len);
    }
    FUZZ_CHECK(r == 0 || r == -EBADMSG);
    FUZZ_CHECK(r == 0 || strlen(trace_error(t)) > 0);
    FUZZ_CHECK(trace_bytes(t) <= len);
    trace_free(t);
    return 0;
}
