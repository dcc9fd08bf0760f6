#ifndef MEMSCOPE_DAEMON_PUBLISH_LAST_DETAILS_H
#define MEMSCOPE_DAEMON_PUBLISH_LAST_DETAILS_H

// The last DETAILS of the processes that somebody inspects: what a process had when it ended cannot
// be asked for any more. What was said to those who may see everything of it and to those who may
// not is kept apart, so that nothing private can come back to the others.

#include "daemon/proc/owner.h"
#include "protocol/message.h"
#include <stdbool.h>

#define LAST_DETAILS_MAX 64 // the longest ago is forgotten

typedef struct last_details last_details_t;

int last_details_new(last_details_t **ret);
void last_details_free(last_details_t *l);

// Keeps a copy; texts are cut.
void last_details_put(
        last_details_t *l, const details_message_t *m, owner_t owner, bool see_private);

// Of a process that ended with this owner; no older than `since_ms`. NULL: there is nothing. Valid
// until the next put.
const details_message_t *last_details_get(const last_details_t *l, uint64_t pid,
        uint64_t start_time, owner_t owner, bool see_private, uint64_t since_ms);

#endif
