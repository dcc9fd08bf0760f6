#include "daemon/proc/pid_io.h"
#include "daemon/proc/number.h"

#include <errno.h>

static const struct {
    const char *key;
    size_t offset;
} lines[] = {
        {"rchar:", offsetof(pid_io_t, rchar)},
        {"wchar:", offsetof(pid_io_t, wchar)},
        {"read_bytes:", offsetof(pid_io_t, read_bytes)},
        {"write_bytes:", offsetof(pid_io_t, write_bytes)},
        {"cancelled_write_bytes:", offsetof(pid_io_t, cancelled_write_bytes)},
};

#define ALL_LINES ((1u << (sizeof(lines) / sizeof(lines[0]))) - 1)

int pid_io_parse(const char *text, size_t len, pid_io_t *ret)
{
    const char *end = text + len;
    unsigned seen = 0;
    pid_io_t io = {0};

    for (const char *p = text; p < end;) {
        const char *eol = line_end(p, end), *after;

        for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
            if (!line_key(p, eol, lines[i].key, &after))
                continue;
            if (number_parse(&after, eol, (uint64_t *) (void *) ((char *) &io + lines[i].offset)))
                seen |= 1u << i;
            break;
        }
        p = eol + 1;
    }
    if (seen != ALL_LINES)
        return -EBADMSG;
    *ret = io;
    return 0;
}
