#ifndef MEMSCOPE_DAEMON_PUBLISH_DETAILS_H
#define MEMSCOPE_DAEMON_PUBLISH_DETAILS_H

// Builds the answers about one process: DETAILS from its record, its totals and the last reading
// of its memory map, HISTORY from the past that is kept.

#include "daemon/capture/capture.h"
#include "daemon/forensics/chronicle.h"
#include "daemon/forensics/tags.h"
#include "daemon/past/history.h"
#include "protocol/message.h"

typedef struct details details_t;

int details_new(details_t **ret, capture_t *capture, const tags_t *tags,
        const chronicle_t *chronicle, const procfs_t *fs);
void details_free(details_t *d);

// DETAILS of a living process. `reading` NULL: none came yet; `see_private`: what this viewer may
// know. The texts stay valid until the next call.
void details_of(details_t *d, uint32_t slot, const reader_result_t *reading, bool see_private,
        details_message_t *ret);

// DETAILS of one that ended.
void details_of_exit(
        details_t *d, const exit_record_t *record, bool see_private, details_message_t *ret);

// HISTORY of a series: the finest level that reaches back `span_ms` and is not finer than
// `step_ms`. The points stay valid until the next call. 0 or -errno.
int details_history(details_t *d, const history_t *history, uint32_t series, uint64_t now_ms,
        uint64_t span_ms, uint64_t step_ms, history_message_t *ret);

#endif
