#ifndef MEMSCOPE_CLIENT_CLI_EVENT_PRINT_H
#define MEMSCOPE_CLIENT_CLI_EVENT_PRINT_H

// An event as a line for people, or as a JSON object on a line.

#include "common/userdb.h"
#include "protocol/message.h"
#include "protocol/snapshot.h"

typedef struct {
    userdb_t *users;
    bool utf8;
    uint64_t now_real_ms;
    int64_t ahead_ms;     // CLOCK_REALTIME less CLOCK_BOOTTIME, of the last tick
    uint64_t clock_ticks; // of start times; 0: not known
} event_printer_t;

int event_printer_init(event_printer_t *p, bool utf8);
void event_printer_done(event_printer_t *p);

// Takes over the clocks of a tick.
void event_printer_clock(event_printer_t *p, const system_snapshot_t *s);
uint64_t event_printer_real_ms(const event_printer_t *p, uint64_t mono_ms);
uint64_t event_printer_mono_ms(const event_printer_t *p, uint64_t real_ms);

void event_print_line(event_printer_t *p, const event_message_t *m);
void event_print_json(event_printer_t *p, const event_message_t *m);

#endif
