#include "client/model/keys.h"

#include "common/cleanup.h"

// clang-format off
const key_binding_t key_bindings[] = {
    {{KEY_CODE_UP, 'k'}, "↑ k", "Up k", ACTION_UP, IN_ALL, "one line up"},
    {{KEY_CODE_DOWN, 'j'}, "↓ j", "Down j", ACTION_DOWN, IN_ALL, "one line down"},
    {{KEY_CODE_PAGE_UP, 'b' & 0x1f}, "PgUp", NULL, ACTION_PAGE_UP, IN_ALL, "one page up"},
    {{KEY_CODE_PAGE_DOWN, 'f' & 0x1f}, "PgDn", NULL, ACTION_PAGE_DOWN, IN_ALL, "one page down"},
    {{KEY_CODE_HOME}, "Home", NULL, ACTION_HOME, IN_ALL, "to the first line"},
    {{KEY_CODE_END, 'G'}, "End", NULL, ACTION_END, IN_ALL, "to the last line"},
    {{KEY_CODE_ENTER, '\n'}, "Enter", NULL, ACTION_OPEN, IN_LIST | IN_EVENTS | IN_WHY, "inspect the process, or show the group's members", "inspect"},
    {{KEY_CODE_ESCAPE}, "ESC", NULL, ACTION_BACK, IN_ALL, "back; clears a filter; from the list: quit", "back"},
    {{' '}, "Space", NULL, ACTION_RESET_BASELINE, IN_LIST | IN_INSPECT, "reset the baseline: DELTA counts from now, for you alone", "reset"},
    {{'g'}, "g", NULL, ACTION_GROUP, IN_LIST | IN_WHY, "group by name, by user, by unit, not at all", "group"},
    {{'m'}, "m", NULL, ACTION_SORT_MEM, IN_LIST, "sort by memory (RSS)"},
    {{'c'}, "c", NULL, ACTION_SORT_CPU, IN_LIST, "sort by CPU"},
    {{'d'}, "d", NULL, ACTION_SORT_DELTA, IN_LIST, "sort by DELTA"},
    {{'p'}, "p", NULL, ACTION_SORT_PID, IN_LIST, "sort by PID (groups: by number of processes)"},
    {{'<', KEY_CODE_LEFT}, "<", NULL, ACTION_SORT_LEFT, IN_LIST, "sort by the column to the left"},
    {{'>', KEY_CODE_RIGHT}, ">", NULL, ACTION_SORT_RIGHT, IN_LIST, "sort by the column to the right"},
    {{'I'}, "I", NULL, ACTION_INVERT, IN_LIST, "invert the order"},
    {{'n'}, "n", NULL, ACTION_COMMAND, IN_LIST, "command line or name"},
    {{'/', KEY_CODE_F3}, "/ F3", NULL, ACTION_SEARCH, IN_LIST, "search in names, command lines and PIDs"},
    {{'N'}, "N", NULL, ACTION_SEARCH_NEXT, IN_LIST, "to the next match"},
    {{'P'}, "P", NULL, ACTION_SEARCH_BEFORE, IN_LIST, "to the previous match"},
    {{'f', KEY_CODE_F4}, "f F4", NULL, ACTION_FILTER, IN_LIST, "filter: text /regex/ user: unit: tag: pid: >100M <1G !not"},
    {{'t', KEY_CODE_F5}, "t F5", NULL, ACTION_TREE, IN_LIST, "tree: processes below their parents, with sums"},
    {{'T'}, "T", NULL, ACTION_TAGGED, IN_LIST, "only processes that have a tag"},
    {{'Z'}, "Z", NULL, ACTION_FREEZE, IN_DATA, "freeze the picture, and go on"},
    {{'y'}, "y", NULL, ACTION_COPY, IN_LIST | IN_INSPECT, "copy a line of all that is known of it, where the terminal allows it"},
    {{'K', KEY_CODE_F9}, "K F9", NULL, ACTION_SIGNAL, IN_LIST | IN_INSPECT, "send the process a signal, which has to be typed: TERM, KILL, ..."},
    {{'C'}, "C", NULL, ACTION_THEME, IN_ALL, "colours: default, high-contrast, mono"},
    {{'l' & 0x1f}, "^L", NULL, ACTION_REDRAW, IN_ALL, "redraw the screen"},
    {{'+', '='}, "+", NULL, ACTION_LONGER, IN_INSPECT | IN_WHY, "a longer span of time: 2 min, 10 min, 1 h, 24 h", "longer"},
    {{'-'}, "-", NULL, ACTION_SHORTER, IN_INSPECT | IN_WHY, "a shorter span of time", "shorter"},
    {{'e'}, "e", NULL, ACTION_EVENTS, IN_DATA, "events: leaks, spikes, OOM kills and ends, as they happen", "events"},
    {{'w'}, "w", NULL, ACTION_WHY, IN_DATA, "why: who took memory in the span of time", "why"},
    {{'?', 'h', KEY_CODE_F1}, "? F1", NULL, ACTION_HELP, IN_ALL, "this help", "help"},
    {{'q', KEY_CODE_F10}, "q", NULL, ACTION_QUIT, IN_ALL, "quit, as F10 does", "quit"},
};
// clang-format on

const size_t n_key_bindings = ARRAY_SIZE(key_bindings);

const char *key_label(const key_binding_t *k, bool utf8)
{
    return !utf8 && k->ascii_name ? k->ascii_name : k->name;
}

action_t key_action(int code, view_t view)
{
    for (size_t i = 0; i < n_key_bindings; i++) {
        const key_binding_t *k = &key_bindings[i];

        if (!(k->views >> view & 1))
            continue;
        for (size_t c = 0; c < ARRAY_SIZE(k->codes) && k->codes[c] != KEY_CODE_NONE; c++)
            if (k->codes[c] == code)
                return k->action;
    }
    return ACTION_NONE;
}
