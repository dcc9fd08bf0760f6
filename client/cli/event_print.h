#ifndef MEMSCOPE_CLIENT_CLI_EVENT_PRINT_H
#define MEMSCOPE_CLIENT_CLI_EVENT_PRINT_H

// An event as a line for people, or as a JSON object on a line.

#include "client/cli/json.h"
#include "client/cli/when.h"
#include "common/userdb.h"
#include "protocol/message.h"

typedef struct {
    userdb_t *users;
    bool utf8;
    when_clock_t clock; // of the last tick
} event_printer_t;

int event_printer_init(event_printer_t *p, bool utf8);
void event_printer_done(event_printer_t *p);

void event_print_line(event_printer_t *p, const event_message_t *m);
void event_print_json(event_printer_t *p, const event_message_t *m);

// What a tag rests on: rate, confidence, time left, what was ruled out, and how long it took.
void event_put_evidence(json_t *o, const event_message_t *m);

#endif
