#ifndef MEMSCOPE_CLIENT_APP_APP_H
#define MEMSCOPE_CLIENT_APP_APP_H

// The client without its terminal and without its connection: keys, ticks and sizes go in, a grid
// comes out.
//
// What a tick brings is taken up when the next picture is drawn, so that every key acts on what the
// viewer was shown.

#include "client/model/ui.h"
#include "protocol/message.h"

typedef ui_t app_t;

int app_new(app_t **ret, bool utf8, const ui_requests_t *requests);
void app_free(app_t *a);

int app_resize(app_t *a, int rows, int cols);
void app_key(app_t *a, int code);
// One of a pasted text: part of what is typed into a prompt, and elsewhere no key at all.
void app_paste(app_t *a, int code);

typedef enum { MOUSE_PRESS, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN } mouse_t;

// A press selects a row, of a list or a pane, another one there opens it; a press on a heading
// sorts, another inverts.
void app_mouse(app_t *a, mouse_t what, int row, int col);

// What is to be copied since the last call, to be freed; NULL: nothing.
char *app_take_clipboard(app_t *a);

// A new state of the world, which has to live until the next one comes (or app_free).
void app_tick(app_t *a, const snapshot_t *s);
void app_message(app_t *a, message_type_t type, const message_t *m);
void app_link(app_t *a, link_state_t state, const char *text, const hello_message_t *hello);

// Names of users have come, which were numbers before.
void app_names(app_t *a);

// Time goes on: what depends on it alone may have to be drawn anew.
void app_time(app_t *a, uint64_t now_ms);
// When app_time has something to do at the latest, UINT64_MAX: never.
uint64_t app_deadline_ms(const app_t *a);

// Asks the daemon for what the next picture shows besides the sample. True: it has all of it.
bool app_settle(app_t *a);

// Brings the grid up to date.
const grid_t *app_draw(app_t *a);

#endif
