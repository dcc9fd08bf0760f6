#ifndef MEMSCOPE_CLIENT_MODEL_KEYS_H
#define MEMSCOPE_CLIENT_MODEL_KEYS_H

// The keys, declared once: what they do, where, and what the help screen says of them.

#include <stdbool.h>
#include <stddef.h>

// A key is a Unicode code point or one of these.
enum {
    KEY_CODE_NONE = 0,
    KEY_CODE_ENTER = '\r',
    KEY_CODE_ESCAPE = 0x1b,
    KEY_CODE_BACKSPACE = 0x7f,
    KEY_CODE_UP = 0x110000,
    KEY_CODE_DOWN,
    KEY_CODE_LEFT,
    KEY_CODE_RIGHT,
    KEY_CODE_PAGE_UP,
    KEY_CODE_PAGE_DOWN,
    KEY_CODE_HOME,
    KEY_CODE_END,
    KEY_CODE_F1,
    KEY_CODE_F3,
    KEY_CODE_F4,
    KEY_CODE_F5,
    KEY_CODE_F9,
    KEY_CODE_F10,
    KEY_CODE_MOUSE, // what it did is told apart
};

typedef enum { VIEW_LIST, VIEW_INSPECT, VIEW_EVENTS, VIEW_WHY, VIEW_HELP } view_t;

#define IN_LIST    (1u << VIEW_LIST)
#define IN_INSPECT (1u << VIEW_INSPECT)
#define IN_EVENTS  (1u << VIEW_EVENTS)
#define IN_WHY     (1u << VIEW_WHY)
#define IN_HELP    (1u << VIEW_HELP)
#define IN_DATA    (IN_LIST | IN_INSPECT | IN_EVENTS | IN_WHY)
#define IN_ALL     (IN_DATA | IN_HELP)

typedef enum {
    ACTION_NONE,
    ACTION_UP,
    ACTION_DOWN,
    ACTION_PAGE_UP,
    ACTION_PAGE_DOWN,
    ACTION_HOME,
    ACTION_END,
    ACTION_OPEN,
    ACTION_BACK,
    ACTION_RESET_BASELINE,
    ACTION_GROUP,
    ACTION_SORT_MEM,
    ACTION_SORT_CPU,
    ACTION_SORT_DELTA,
    ACTION_SORT_PID,
    ACTION_SORT_LEFT,
    ACTION_SORT_RIGHT,
    ACTION_INVERT,
    ACTION_COMMAND,
    ACTION_SEARCH,
    ACTION_SEARCH_NEXT,
    ACTION_SEARCH_BEFORE,
    ACTION_FILTER,
    ACTION_TREE,
    ACTION_TAGGED,
    ACTION_FREEZE,
    ACTION_COPY,
    ACTION_SIGNAL,
    ACTION_THEME,
    ACTION_REDRAW,
    ACTION_EVENTS,
    ACTION_WHY,
    ACTION_LONGER,
    ACTION_SHORTER,
    ACTION_HELP,
    ACTION_QUIT,
} action_t;

typedef struct {
    int codes[4];           // ended by KEY_CODE_NONE where there are fewer
    const char *name;       // as people write it
    const char *ascii_name; // NULL: the same
    action_t action;
    unsigned views; // IN_*
    const char *help;
    const char *hint; // a word for the foot line; NULL: not worth its room
} key_binding_t;

extern const key_binding_t key_bindings[];
extern const size_t n_key_bindings;

const char *key_label(const key_binding_t *k, bool utf8);
action_t key_action(int code, view_t view);

#endif
