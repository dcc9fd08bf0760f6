#ifndef MEMSCOPE_DAEMON_BUS_ANSWER_H
#define MEMSCOPE_DAEMON_BUS_ANSWER_H

// What methods and signals of org.memscope1 carry. Texts are sanitised: the bus takes UTF-8 only.

#include "daemon/engine.h"
#include <systemd/sd-bus.h>

// Answer the call; `rights`: RIGHTS_* of who asks. As sd_bus_send.
int bus_answer_tagged(sd_bus_message *call, engine_t *e, unsigned rights);
int bus_answer_process(sd_bus_message *call, engine_t *e, unsigned rights);

// An a{sv} about the process and the tag.
int bus_append_receipt(sd_bus_message *m, engine_t *engine, const event_t *e);

#endif
