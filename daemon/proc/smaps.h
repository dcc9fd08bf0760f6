#ifndef MEMSCOPE_DAEMON_PROC_SMAPS_H
#define MEMSCOPE_DAEMON_PROC_SMAPS_H

// The memory breakdown of a process from the best source there is: smaps_rollup, else the sum of
// smaps, else what status has. Reading the first two walks the page tables under the target's mmap
// lock: it costs time in proportion to its size and may block for as long as the lock is held.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    unsigned source;   // PSS_SOURCE_* (protocol/schema.h)
    bool has_pss;      // status knows none of the values below the line
    bool has_pss_kind; // pss_anon, pss_file, pss_shmem: smaps_rollup since Linux 5.4
    uint64_t rss_kb, anon_kb, file_kb, shmem_kb, swap_kb, locked_kb; // see smaps_acquire
    // --
    uint64_t pss_kb, pss_anon_kb, pss_file_kb, pss_shmem_kb;
    uint64_t private_clean_kb, private_dirty_kb, shared_clean_kb, shared_dirty_kb;
    uint64_t swap_pss_kb;
} smaps_breakdown_t;

// Adds up every mapping in smaps or the one of smaps_rollup, which have the same lines. Can be fed
// in pieces that end anywhere: a line of a mapping's header is told from a value by its form.
typedef struct {
    smaps_breakdown_t sum;
    char line[128];
    size_t line_len;
    bool skip_line;
    uint64_t values; // lines understood
} smaps_parser_t;

void smaps_parser_init(smaps_parser_t *p, unsigned source);
void smaps_parser_feed(smaps_parser_t *p, const char *text, size_t len);
// 0 or -ENODATA: no mapping with values (a kernel thread, a zombie).
int smaps_parser_finish(smaps_parser_t *p, smaps_breakdown_t *ret);

// Reads the breakdown below the process's directory. anon_kb is "Anonymous" of smaps, and file and
// shmem are then told apart by RssShmem of status, read at once after: the parts add up to rss_kb.
// 0; -ENODATA: no user memory; -ESRCH: it has gone; -EACCES and others as read(2) gives them.
// `buf` is scratch of `cap` bytes (at least 4096).
int smaps_acquire(int pid_dir, char *buf, size_t cap, smaps_breakdown_t *ret);
// The same, cheaper: file and shmem are not told apart (0) unless status is what answered.
int smaps_acquire_totals(int pid_dir, char *buf, size_t cap, smaps_breakdown_t *ret);

#endif
