#ifndef MEMSCOPE_DAEMON_PUBLISH_ANSWERS_EVENTS_H
#define MEMSCOPE_DAEMON_PUBLISH_ANSWERS_EVENTS_H

// EVENTs for one client: those of a span of time, and those that have just happened.

#include "daemon/forensics/events.h"
#include "daemon/publish/subscriber.h"

#define EVENTS_PER_ANSWER 100

// Answers the request: up to EVENTS_PER_ANSWER events, as far as there is room for them, and the
// end of the answer.
void answers_events(subscriber_t *s, const events_t *events, const events_request_message_t *q);

// Sends what happened after the event *number, and moves that on; the rest with the next tick.
void answers_follow(subscriber_t *s, const events_t *events, uint64_t *number);

#endif
