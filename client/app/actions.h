#ifndef MEMSCOPE_CLIENT_APP_ACTIONS_H
#define MEMSCOPE_CLIENT_APP_ACTIONS_H

// What the parts of the app have of each other: actions.c has the keys (app_key), typing.c the
// prompt, mouse.c the mouse (app_mouse), past.c the past of listed processes, receipt.c what
// the selected one's tags are about, panes.c events and reasons, signals.c signals, app.c the rest.

#include "client/app/app.h"

// Shows a remark in the foot line for a while.
void app_say(app_t *a, const char *text);
// Takes up the latest snapshot, and makes the list anew where that is due.
void app_take_up(app_t *a);
// Asks for the inspected process's past.
void app_ask_history(app_t *a);

// In the view that is shown.
void actions_do(app_t *a, action_t action);
// Inspects the selected process, or shows the selected group's members.
void actions_open(app_t *a);
void actions_sort(app_t *a, column_id_t column, bool invert);
// As list_search, and says so if there is nothing. False: there is nothing.
bool actions_search(app_t *a, size_t place, int step, bool here);

// Before drawing: asks for the receipt of the selected process where it has a tag, and forgets that
// of the one before.
void receipt_ask(app_t *a);
// Takes it up, if these are its DETAILS.
void receipt_details(app_t *a, const details_message_t *d);
void receipt_forget(app_t *a);

// Asks for the past of the processes that are listed and whose trend is shown: few at a time, and
// of each once. After each tick some more may be asked for.
void past_ask(app_t *a);
void past_tick(app_t *a);
// Whether a request was one of these, which then is awaited no longer.
bool past_answer(app_t *a, uint64_t request);
// Some of them was not answered yet.
bool past_awaited(const app_t *a);
// None of the answers will come.
void past_forget(app_t *a);

// Shows events or reasons above what is shown, or goes back from there.
void panes_toggle(app_t *a, view_t view);
void panes_events_action(app_t *a, action_t action);
void panes_why_action(app_t *a, action_t action);
// Inspects whom the selected line is about; where that are several, lists those that live.
void panes_open_event(app_t *a);
void panes_open_reason(app_t *a);
// From that list back to where it was opened. False: the list is another one.
bool panes_leave_members(app_t *a);
// Gets hold of the events, if that was not done yet.
void panes_want_events(app_t *a);
void panes_tick(app_t *a);
void panes_message(app_t *a, message_type_t type, const message_t *m);
// On a new connection, on which nothing was asked for.
void panes_again(app_t *a);

// `lines` of a screen that scrolls.
void actions_scroll(int *scroll, int page, action_t action);
// Inspects a process that may be listed or may have ended, and comes back to `below`.
void actions_inspect(app_t *a, identity_t id, const char *name, view_t below);

// Nothing is inspected any more.
void actions_forget_inspect(app_t *a);

// One line that says all that is known of the selected process, for a ticket or a chat: to the
// clipboard. Groups are reported as their sum.
void report_copy(app_t *a);

// Asks which signal the selected process is to get.
void signals_ask(app_t *a);
// Sends what was typed, and says what came of it. False: there is no such signal.
bool signals_send(app_t *a);

// A key while the prompt is open.
void typing_key(app_t *a, int code);

#endif
