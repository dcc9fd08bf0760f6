#ifndef MEMSCOPE_CLIENT_MODEL_UI_H
#define MEMSCOPE_CLIENT_MODEL_UI_H

// All that the client knows of itself: what it was told, what it looks at and how. client/app/app.h
// changes it, the views draw it.

#include "client/model/events.h"
#include "client/model/inspect.h"
#include "client/model/keys.h"
#include "client/model/list.h"
#include "client/model/prompt.h"
#include "client/model/why.h"
#include "client/widget/glyphs.h"
#include "client/widget/grid.h"
#include "client/widget/theme.h"

// What it asks of the daemon, as the functions of protocol/session.h; each may be NULL.
typedef struct {
    int (*inspect)(void *user, uint64_t pid, uint64_t start_time);
    int (*history)(
            void *user, uint64_t pid, uint64_t start_time, uint64_t span_ms, uint64_t step_ms);
    int (*pause)(void *user, bool paused);
    int (*events)(void *user, uint64_t after, bool follow);
    int (*why)(void *user, uint64_t from_ms, unsigned by, unsigned limit);
    // Of the host itself: as send_signal.
    int (*signal)(void *user, uint64_t pid, uint64_t start_time, int number);
    void *user;
} ui_requests_t;

typedef enum { LINK_CONNECTING, LINK_LIVE, LINK_RECONNECTING, LINK_LOST } link_state_t;

#define UI_MESSAGE_MAX 256
#define UI_PASTS_MAX   8

typedef struct ui {
    ui_requests_t requests;
    const glyphs_t *glyphs;
    bool utf8;

    grid_t grid;
    bool dirty;  // the grid does not show the present state
    bool redraw; // whatever the terminal shows
    const theme_t *theme;
    bool quit;
    view_t view;
    view_t before_help;
    int help_scroll;

    const snapshot_t *snapshot; // the latest, NULL before the first
    bool pending;               // it was not taken up yet
    bool stale;                 // the list's rows or order have to be made anew
    uint64_t now_ms;            // CLOCK_BOOTTIME
    model_t model;
    list_t list;
    list_t list_before; // where `list` are the processes that a reason is about: the viewer's own
    bool has_list_before;
    column_layout_t layout; // of the drawn list
    model_sum_t sum;        // of the members that are listed, where those of a group are
    inspect_t *inspect;     // NULL unless VIEW_INSPECT (or something above it)
    view_t inspect_below;   // where ESC leads to from there
    events_t *events;       // NULL until they were wanted for the first time
    why_t *why;             // NULL unless VIEW_WHY, or something above it
    view_t pane_below;      // where ESC leads to from VIEW_EVENTS and VIEW_WHY
    int why_scroll;
    int why_first; // line of its first row, as drawn
    int inspect_scroll;
    uint64_t pasts[UI_PASTS_MAX]; // requests of listed processes' HISTORY, 0: none
    unsigned pasts_left;          // how many more may be made until the next tick

    // Why the selected process has its tags, in a line; "" until the daemon has told.
    identity_t receipt_of;
    char receipt[UI_MESSAGE_MAX];
    bool receipt_awaited;
    uint64_t receipt_ms; // when it was asked for

    prompt_t prompt;
    identity_t signal_to; // whom PROMPT_SIGNAL is about
    char signal_name[INSPECT_NAME_MAX];
    char *clipboard; // heap; what the terminal is to copy, NULL: nothing
    bool frozen;     // no ticks are wanted

    link_state_t link;
    char link_text[UI_MESSAGE_MAX]; // why it is not live
    uint64_t rights;                // RIGHTS_*, 0: unknown
    uint64_t uid;                   // that the daemon takes the viewer for
    uint64_t features;              // FEATURE_* of the daemon
    uint64_t instance;              // which run of the daemon it is
    char message[UI_MESSAGE_MAX];   // for the foot line, until message_until_ms
    uint64_t message_until_ms;
    uint64_t shown_behind_s;
} ui_t;

// Whether the daemon answers such requests.
bool ui_has_feature(const ui_t *ui, uint64_t feature);

// Seconds that the picture lags behind, 0 while it does not.
uint64_t ui_behind_s(const ui_t *ui);

#endif
