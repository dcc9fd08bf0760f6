#ifndef MEMSCOPE_CLIENT_VIEW_EVENTS_H
#define MEMSCOPE_CLIENT_VIEW_EVENTS_H

// What the events pane and the events of an inspected process have in common.

#include "client/model/ui.h"
#include "client/widget/style.h"

#define EVENT_LABEL_MAX 32

// "LEAK", "LEAK? ended", "OOM KILL", …
style_t event_label(const event_t *e, char buf[EVENT_LABEL_MAX]);
// What it is about, without the tag that many texts begin with.
const char *event_text(const event_t *e);

#endif
