#ifndef MEMSCOPE_DAEMON_PUBLISH_ANSWERS_WHY_H
#define MEMSCOPE_DAEMON_PUBLISH_ANSWERS_WHY_H

// WHY for one client: with hidepid, processes that it may not see are one sum.

#include "daemon/forensics/why.h"
#include "daemon/publish/subscriber.h"

// `now_ms`: time of the last capture.
void answers_why(subscriber_t *s, why_t *why, uint64_t now_ms, const why_request_message_t *q);

#endif
