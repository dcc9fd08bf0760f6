#ifndef MEMSCOPE_CLIENT_ACTIONS_H
#define MEMSCOPE_CLIENT_ACTIONS_H

// What the app's two halves have of each other: actions.c has the keys (app_key), app.c the rest.

#include "client/app.h"

// Shows a remark in the foot line for a while.
void app_say(app_t *a, const char *text);
// Takes up the latest snapshot, and makes the list anew where that is due.
void app_take_up(app_t *a);
// Asks for the inspected process's past.
void app_ask_history(app_t *a);

#endif
