#include "daemon/proc/pid_status.h"
#include "daemon/proc/number.h"

#include <errno.h>

static const struct {
    const char *key;
    unsigned bit;
    size_t offset;
} kb_lines[] = {
        {"VmHWM:", PID_STATUS_HWM, offsetof(pid_status_t, hwm_kb)},
        {"RssAnon:", PID_STATUS_ANON, offsetof(pid_status_t, anon_kb)},
        {"RssFile:", PID_STATUS_FILE, offsetof(pid_status_t, file_kb)},
        {"RssShmem:", PID_STATUS_SHMEM, offsetof(pid_status_t, shmem_kb)},
        {"VmSwap:", PID_STATUS_SWAP, offsetof(pid_status_t, swap_kb)},
        {"VmLck:", PID_STATUS_LOCKED, offsetof(pid_status_t, locked_kb)},
        {"VmPTE:", PID_STATUS_PTE, offsetof(pid_status_t, pte_kb)},
        {"VmSize:", PID_STATUS_SIZE, offsetof(pid_status_t, size_kb)},
        {"Tgid:", PID_STATUS_TGID, offsetof(pid_status_t, tgid)},
};

static void parse_ids(const char *p, const char *end, unsigned bit, uint32_t ids[4], unsigned *has)
{
    uint64_t v[4];

    for (int i = 0; i < 4; i++)
        if (!number_parse(&p, end, &v[i]) || v[i] > UINT32_MAX)
            return;
    for (int i = 0; i < 4; i++)
        ids[i] = (uint32_t) v[i];
    *has |= bit;
}

static void parse_hex(const char *p, const char *end, pid_status_t *s)
{
    uint64_t v = 0;
    int digits = 0;

    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    for (; p < end && digits < 16; p++, digits++) {
        char c = *p;

        if (c >= '0' && c <= '9')
            v = v << 4 | (uint64_t) (c - '0');
        else if (c >= 'a' && c <= 'f')
            v = v << 4 | (uint64_t) (c - 'a' + 10);
        else
            break;
    }
    if (digits > 0) {
        s->caps_permitted = v;
        s->has |= PID_STATUS_CAPS;
    }
}

static void parse_line(const char *p, const char *end, pid_status_t *s)
{
    const char *after;

    switch (*p) {
    case 'U':
        if (line_key(p, end, "Uid:", &after))
            parse_ids(after, end, PID_STATUS_UID, s->uid, &s->has);
        return;
    case 'G':
        if (line_key(p, end, "Gid:", &after))
            parse_ids(after, end, PID_STATUS_GID, s->gid, &s->has);
        return;
    case 'C':
        if (line_key(p, end, "CapPrm:", &after))
            parse_hex(after, end, s);
        return;
    case 'V':
    case 'R':
    case 'T':
        break;
    default:
        return;
    }
    for (size_t i = 0; i < sizeof(kb_lines) / sizeof(kb_lines[0]); i++) {
        if (!line_key(p, end, kb_lines[i].key, &after))
            continue;
        if (number_parse(&after, end, (uint64_t *) (void *) ((char *) s + kb_lines[i].offset)))
            s->has |= kb_lines[i].bit;
        return;
    }
}

int pid_status_parse(const char *text, size_t len, pid_status_t *ret)
{
    const char *end = text + len;
    pid_status_t s = {0};

    for (const char *p = text; p < end;) {
        const char *eol = line_end(p, end);

        if (eol > p)
            parse_line(p, eol, &s);
        p = eol + 1;
    }
    if (s.has == 0)
        return -EBADMSG;
    *ret = s;
    return 0;
}

int pid_status_read(const procfs_t *fs, uint64_t pid, pid_status_t *ret)
{
    char text[8192];
    ssize_t n = procfs_read(fs, pid, "status", text, sizeof(text));

    return n < 0 ? (int) n : pid_status_parse(text, (size_t) n, ret);
}

bool pid_status_has_ids(const pid_status_t *s)
{
    return (s->has & PID_STATUS_UID) && (s->has & PID_STATUS_GID);
}
