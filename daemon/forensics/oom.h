#ifndef MEMSCOPE_DAEMON_FORENSICS_OOM_H
#define MEMSCOPE_DAEMON_FORENSICS_OOM_H

// OOM kills: when the kernel's count rises, who died of it, whose limit it was, and who had grown
// in the ten minutes before, which are kept with the event.
//
// The kernel does not say whom it killed. Who dies of signal 9, or is its zombie, says so itself;
// otherwise it is whoever held most among those that ended at that time, in the cgroup that counts
// a kill where one does.

#include "daemon/capture/capture.h"
#include "daemon/forensics/chronicle.h"
#include "daemon/forensics/why.h"
#include "daemon/past/history.h"

typedef struct oom oom_t;

// All are borrowed. 0 or -errno.
int oom_new(oom_t **ret, const capture_t *capture, const history_t *history, why_t *why,
        const procfs_t *fs, chronicle_t *chronicle);
void oom_free(oom_t *o);

// A process has ended; its history is still there.
void oom_exit(oom_t *o, const exit_record_t *record);

// After each tick, when history and ledger have it.
void oom_tick(oom_t *o);

// For a restart, as in daemon/past/history.h: kills while nobody looked are told, of nobody.
struct buffer; // protocol/cursor.h
uint64_t oom_layout(void);
void oom_save(const oom_t *o, struct buffer *out);
int oom_load(oom_t *o, const void *data, size_t len);

#endif
