#include "client/model/reasons.h"

#include "common/cleanup.h"
#include "common/format.h"
#include "common/text.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SENTENCE_PARTS 4
#define SENSELESS      200 // percent of the change that are no share of it
#define ESTIMATE_PART  100 // of the change: an estimate of less is not worth a word

static const struct {
    const char *key, *name;
} ledger_words[] = {
        [LEDGER_PROCESSES] = {"processes", "processes"},
        [LEDGER_SHMEM] = {"shmem", "tmpfs, shared memory"},
        [LEDGER_CACHE_CLEAN] = {"cache_clean", "clean page cache"},
        [LEDGER_CACHE_DIRTY] = {"cache_dirty", "dirty page cache"},
        [LEDGER_SLAB_RECLAIMABLE] = {"slab_reclaimable", "reclaimable slab"},
        [LEDGER_SLAB] = {"slab_unreclaimable", "unreclaimable slab"},
        [LEDGER_PAGE_TABLES] = {"page_tables", "page tables"},
        [LEDGER_KERNEL_STACKS] = {"kernel_stacks", "kernel stacks"},
        [LEDGER_PERCPU] = {"percpu", "per-cpu"},
        [LEDGER_VMALLOC] = {"vmalloc", "vmalloc"},
        [LEDGER_HUGETLB] = {"hugetlb", "hugetlb"},
        [LEDGER_COMPRESSED] = {"compressed", "zswap and zram"},
        [LEDGER_FREE] = {"free", "free"},
        [LEDGER_UNEXPLAINED] = {"unexplained", "unexplained"},
        [LEDGER_SWAP] = {"swap", "swap"},
};

static bool is_known(uint64_t kind)
{
    return kind > 0 && kind < ARRAY_SIZE(ledger_words);
}

const char *ledger_name(uint64_t kind)
{
    return is_known(kind) ? ledger_words[kind].name : "?";
}

const char *ledger_key(uint64_t kind)
{
    return is_known(kind) ? ledger_words[kind].key : "unknown";
}

char *reasons_size(char *buf, size_t cap, int64_t kb, bool sign)
{
    // Not as in the lists: in a ticket nobody knows what this program means by a GB.
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    double v = fabs((double) kb);
    const char *before = kb < 0 ? "-" : sign ? "+" : "";
    size_t unit = 0;

    while (v >= 999.5 && unit + 1 < ARRAY_SIZE(units)) {
        v /= 1024;
        unit++;
    }
    snprintf(buf, cap, "%s%.*f %s", before, unit > 0 && v < 99.95 ? 1 : 0, v, units[unit]);
    return buf;
}

// ---- The sentence ------------------------------------------------------------------------------

// A name that could be taken for a part of the sentence is quoted: processes choose theirs.
static void say_name(line_t *s, const char *name)
{
    size_t len = strlen(name);
    bool plain = !text_is_blank(name) && name[0] != ' ' && name[len - 1] != ' ' &&
                 !strpbrk(name, "(),%");

    line_add(s, plain ? "%s" : "'%s'", name);
}

char *reasons_more(const reason_t *line, char *buf, size_t cap)
{
    line_t s = {.buf = buf, .cap = cap};
    char count[FORMAT_MAX];

    buf[0] = '\0';
    if (line->kind != REASON_LEDGER || line->count == 0)
        return buf;
    line_add(&s, "%s more process%s", format_count(count, sizeof(count), line->count),
            line->count == 1 ? "" : "es");
    if (line->most[0]) {
        line_add(&s, ", most of them ");
        say_name(&s, line->most);
    }
    return buf;
}

// Processes that share a row have no PID, and a user where all have the same.
static void say_details(line_t *s, const reason_t *line, const char *before)
{
    char uid[24];

    if (line->row.pid) {
        line_add(s, "%sPID %" PRIu64, before, line->row.pid);
        before = ", ";
    }
    if (line->row.has_uid) {
        snprintf(uid, sizeof(uid), "%" PRIu64, line->row.uid);
        line_add(s, "%suid %s", before, uid);
        if (strcmp(line->user, uid) != 0)
            line_add(s, " %s", line->user);
        before = ", ";
    }
    if (line->row.exited_ms)
        line_add(s, "%sended", before);
    if (line->row.story > 1)
        line_add(s, ", leaks as %" PRIu64 " before it did", line->row.story - 1);
}

// `count` processes of that name; `line` is the one that took most.
static void say_who(line_t *s, const reasons_t *r, const reason_t *line, uint64_t count)
{
    char more[REASONS_NAME_MAX + 64];

    if (line->kind == REASON_LEDGER) {
        line_add(s, "%s", line->row.kind == LEDGER_SHMEM ? "tmpfs" : line->name);
        if (line->writer[0]) {
            line_add(s, ", likely written by ");
            say_name(s, line->writer);
            line_add(s, " (");
            say_details(s, line, "");
            line_add(s, ")");
        } else if (reasons_more(line, more, sizeof(more))[0]) {
            line_add(s, " (%s)", more);
        }
        return;
    }
    if (line->kind != REASON_PROCESSES) {
        line_add(s, "%s", line->name);
        return;
    }
    say_name(s, line->name);
    line_add(s, " (");
    if (r->by == WHY_BY_PROCESS && count == 1) {
        say_details(s, line, "");
    } else {
        bool some = count != line->count && (line->row.pid || line->row.has_uid);

        line_add(s, "%" PRIu64 " process%s", count, count == 1 ? "" : "es");
        if (r->by == WHY_BY_PROCESS)
            say_details(s, line, some ? ", most by " : ", ");
    }
    line_add(s, ")");
}

static bool is_same_program(const reasons_t *r, const reason_t *a, const reason_t *b)
{
    return r->by == WHY_BY_PROCESS && a->kind == REASON_PROCESSES && b->kind == REASON_PROCESSES &&
           (a->change_kb > 0) == (b->change_kb > 0) && strcmp(a->name, b->name) == 0;
}

typedef struct {
    const reason_t *line; // the largest of them
    uint64_t count;
    int64_t kb;
} part_t;

static size_t add_part(const reasons_t *r, part_t *parts, size_t n, const reason_t *line)
{
    int sign = r->change_kb < 0 ? -1 : 1;
    size_t at = 0;

    while (at < n && !is_same_program(r, parts[at].line, line))
        at++;
    if (at == n)
        parts[n++] = (part_t){.line = line};
    parts[at].count += line->kind == REASON_PROCESSES ? line->count : 1;
    parts[at].kb += line->change_kb;
    for (; at > 0 && sign * parts[at].kb > sign * parts[at - 1].kb; at--) {
        part_t p = parts[at];

        parts[at] = parts[at - 1];
        parts[at - 1] = p;
    }
    return n;
}

// One program's processes are one part of the sentence. Largest share first.
static size_t find_parts(const reasons_t *r, part_t *ret)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        if (r->lines[i].kind != REASON_UNEXPLAINED && r->lines[i].kind != REASON_OTHERS)
            n = add_part(r, ret, n, &r->lines[i]);
    for (size_t i = 0; i < r->n_minor; i++)
        n = add_part(r, ret, n, &r->lines[REASONS_MAX - 1 - i]);
    return n;
}

static double percent_of(const reasons_t *r, int64_t kb)
{
    double percent = (double) kb / (double) r->change_kb * 100;

    return fabs(percent) <= 0.5 ? 0 : percent; // no -0
}

// Where one took far more than the change, and others gave that back, shares say little.
static bool has_shares(const reasons_t *r, const part_t *parts, size_t n, int64_t unexplained)
{
    for (size_t i = 0; i < n; i++)
        if (fabs(percent_of(r, parts[i].kb)) > SENSELESS)
            return false;
    return fabs(percent_of(r, unexplained)) <= SENSELESS;
}

static void say_share(line_t *s, const reasons_t *r, bool as_share, int64_t kb)
{
    char size[32];

    if (as_share)
        line_add(s, "%.0f%% ", percent_of(r, kb));
    else
        line_add(s, "%s ", reasons_size(size, sizeof(size), kb, true));
}

// What goes with the change, as long as it is worth a word; the rest is others.
static void say_shares(line_t *s, const reasons_t *r)
{
    part_t parts[REASONS_MAX];
    size_t n = find_parts(r, parts), said = 0;
    int64_t unexplained = r->lines[r->n - 1].change_kb, rest = r->change_kb - unexplained;
    bool as_shares = has_shares(r, parts, n, unexplained);

    for (; said < n && said < SENTENCE_PARTS && percent_of(r, parts[said].kb) >= 1; said++) {
        line_add(s, said ? ", " : ": ");
        say_share(s, r, as_shares, parts[said].kb);
        say_who(s, r, parts[said].line, parts[said].count);
        rest -= parts[said].kb;
    }
    if (percent_of(r, rest) != 0) {
        line_add(s, said++ ? ", " : ": ");
        say_share(s, r, as_shares, rest);
        line_add(s, "others");
    }
    line_add(s, said ? ", " : ": ");
    say_share(s, r, as_shares, unexplained);
    line_add(s, "unexplained");
}

char *reasons_sentence(
        const reasons_t *r, const reasons_wording_t *w, bool utf8, char *buf, size_t cap)
{
    line_t s = {.buf = buf, .cap = cap};
    int64_t to_kb = (int64_t) r->message.change_to_kb;
    char size[32];

    line_add(&s, "%s%s%s %s ", w->from, utf8 ? "\u2013" : "-", w->to, w->what);
    if (llabs(r->change_kb) < REASONS_HARDLY_KB) {
        line_add(&s, "hardly changed: %s", reasons_size(size, sizeof(size), to_kb, false));
    } else {
        line_add(&s, "%s %s", r->change_kb > 0 ? "rose" : "fell",
                reasons_size(size, sizeof(size), llabs(r->change_kb), false));
        say_shares(&s, r);
    }
    if (w->known)
        line_add(&s, " (nothing is known of the time before %s)", w->known);
    return buf;
}

char *reasons_estimated(const reasons_t *r, char *buf, size_t cap)
{
    int64_t kb = (int64_t) r->message.estimated_kb;
    char size[32];

    buf[0] = '\0';
    if (kb >= REASONS_HARDLY_KB && kb >= llabs(r->change_kb) / ESTIMATE_PART)
        snprintf(buf, cap,
                "Up to %s of that is an estimate, by page faults: pages copied on write after a "
                "fork.",
                reasons_size(size, sizeof(size), kb, false));
    return buf;
}

char *reasons_steepest(const reasons_t *r, const char *from, char *buf, size_t cap)
{
    const why_message_t *m = &r->message;
    double span_ms = (double) (m->steepest_to_ms - MIN(m->steepest_from_ms, m->steepest_to_ms));
    char size[32];

    buf[0] = '\0';
    // There may be several samples in a second.
    if (span_ms > 0)
        snprintf(buf, cap, "Steepest: %s within %.*f s from %s.",
                reasons_size(size, sizeof(size), m->steepest_kb, true), span_ms < 10000,
                span_ms / 1000, from);
    return buf;
}
