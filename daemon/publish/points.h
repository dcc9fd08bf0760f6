#ifndef MEMSCOPE_DAEMON_PUBLISH_POINTS_H
#define MEMSCOPE_DAEMON_PUBLISH_POINTS_H

// The past of a series as it travels in a HISTORY.

#include "daemon/past/history.h"
#include "protocol/cursor.h"
#include "protocol/message.h"

// The finest level that reaches back `span_ms` and is not finer than `step_ms`, packed into
// `points`. 0 or -errno.
int points_of(buffer_t *points, const history_t *history, uint32_t series, uint64_t now_ms,
        uint64_t span_ms, uint64_t step_ms, history_message_t *ret);

#endif
