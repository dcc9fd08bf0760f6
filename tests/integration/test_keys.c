// Every key of the table in every view, on a real terminal: it does what it is said to do there, or
// nothing where it is not said to, and the picture is the one that is drawn from nothing.
//
// It looks at the end of a recording, where nothing else moves.

#include "client/model/keys.h"
#include "common/cleanup.h"
#include "tests/support/temporary.h"
#include "tests/support/viewer.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS     18
#define STEP_MS  500
#define COLS_MAX 80
// Without the foot line, whose remarks pass.
#define CELLS_MAX ((size_t) (ROWS - 1) * COLS_MAX)

typedef terminal_cell_t picture_t[CELLS_MAX];

typedef struct {
    terminal_t *t;
    view_t view;
    picture_t before; // the key
    long place;
} case_t;

static char *trace;
static int cols;

// ---- What is there to see ----------------------------------------------------------------------

// Half of the processes take much, one after another: tags, events and reasons.
static void write_trace(const char *path)
{
    FILE *f = fopen(path, "w");

    if (!f) {
        perror(path);
        exit(1);
    }
    fputs("# mem_total_kb=64000000\ntime_s,pid,start_time,comm,state,rss_kb,anon_kb,swap_kb\n", f);
    for (int t = 1000; t < 1400; t++) {
        for (int i = 0; i < 40; i++) {
            int kb = 20000 + i * 1000 + (i % 2 && t >= 1100 + i * 7 ? 800000 + i * 50000 : 0);

            fprintf(f, "%d,%d,%d,job%d,S,%d,%d,0\n", t, 100 + i, 90000 + i, i % 8, kb + 3000, kb);
        }
    }
    fclose(f);
}

static bool has_first_event(const terminal_t *t, void *user)
{
    (void) user;
    return isdigit((unsigned char) terminal_line(t, 3)[0]);
}

// No room for trends in the list, which come when they come; a tree needs more.
static void set_width(view_t view, bool tree)
{
    cols = view == VIEW_LIST && !tree ? 76 : COLS_MAX;
}

static terminal_t *open_view(view_t view)
{
    const char *argv[] = {MEMSCOPE_PATH, "--replay", trace, "--speed", "max", NULL};
    terminal_t *t = viewer_start_with(argv, NULL, ROWS, cols);

    assert_text(t, "replay ended");
    viewer_await_list(t);
    switch (view) {
    case VIEW_INSPECT:
        // What the daemon is asked for makes it longer.
        terminal_send(t, "\r");
        do
            terminal_send(t, "\033OF");
        while (!terminal_wait_text(t, "Events    ", STEP_MS));
        terminal_send(t, "\033OH");
        assert_text(t, "Source: the recording");
        assert_text(t, "MEMORY BREAKDOWN");
        break;
    case VIEW_EVENTS:
        terminal_send(t, "e");
        assert_waited(t, has_first_event, NULL);
        break;
    case VIEW_WHY:
        terminal_send(t, "w");
        assert_text(t, "WHO, by process");
        break;
    case VIEW_HELP:
        terminal_send(t, "?");
        assert_text(t, "MEMSCOPE help");
        break;
    default:
        break;
    }
    return t;
}

// ---- Pictures ----------------------------------------------------------------------------------

static size_t cells(void)
{
    return (size_t) (ROWS - 1) * (size_t) cols;
}

static bool was_cleared(const terminal_t *t, void *user)
{
    return terminal_clears(t) > *(const unsigned *) user;
}

// Has it drawn anew: what was on the screen until then.
static void take_picture(terminal_t *t, picture_t ret)
{
    unsigned before = terminal_clears(t);

    terminal_send(t, "\f");
    assert_waited(t, was_cleared, &before);
    memcpy(ret, terminal_cleared(t), cells() * sizeof(*ret));
}

static bool same_text(const picture_t a, const picture_t b)
{
    for (size_t i = 0; i < cells(); i++)
        if (strcmp(a[i].text, b[i].text) != 0)
            return false;
    return true;
}

static bool same_cell(const terminal_cell_t *a, const terminal_cell_t *b)
{
    return strcmp(a->text, b->text) == 0 && a->bold == b->bold && a->reverse == b->reverse &&
           a->underline == b->underline && a->fg == b->fg && a->bg == b->bg;
}

static bool same_picture(const picture_t a, const picture_t b)
{
    for (size_t i = 0; i < cells(); i++)
        if (!same_cell(&a[i], &b[i]))
            return false;
    return true;
}

// As same_picture, and says where they part.
static void assert_same(
        const terminal_t *t, const char *key, const picture_t is, const picture_t was)
{
    for (size_t i = 0; i < cells(); i++) {
        if (same_cell(&is[i], &was[i]))
            continue;
        terminal_dump(t);
        fail_msg("after %s, row %zu, column %zu: '%s' was '%s'", key, i / (size_t) cols,
                i % (size_t) cols, is[i].text, was[i].text);
    }
}

static void now(const terminal_t *t, picture_t ret)
{
    for (size_t i = 0; i < cells(); i++)
        ret[i] = terminal_cell(t, (int) i / cols, (int) i % cols);
}

// ---- Places ------------------------------------------------------------------------------------

static int marked_row(const terminal_t *t)
{
    for (int row = 2; row < ROWS - 1; row++)
        if (terminal_cell(t, row, 0).reverse)
            return row;
    return 0;
}

// How far down: the line of the cursor, or the first one that is seen.
static long place_of(const terminal_t *t, view_t view)
{
    const char *title = terminal_line(t, 0), *dash;
    long at = 0, of, hours, minutes, seconds;

    if (view == VIEW_LIST)
        return viewer_position(t, &at, &of) ? at : -1;
    if (view == VIEW_EVENTS) // the newest is the first
        return sscanf(terminal_line(t, marked_row(t)), "%ld:%ld:%ld", &hours, &minutes, &seconds) ==
                               3
                       ? 100000 - (hours * 3600 + minutes * 60 + seconds)
                       : -1;
    for (dash = title; (dash = strchr(dash, '-')) != NULL; dash++)
        if (dash > title && isdigit((unsigned char) dash[-1]) && isdigit((unsigned char) dash[1]))
            break;
    while (dash && dash > title && isdigit((unsigned char) dash[-1]))
        dash--;
    if (dash)
        at = atol(dash) * 100;
    return at + (view == VIEW_WHY ? marked_row(t) : 0);
}

static bool is_further_up(const terminal_t *t, void *user)
{
    const case_t *c = user;
    long place = place_of(t, c->view);

    return place >= 0 && place < c->place;
}

static bool is_further_down(const terminal_t *t, void *user)
{
    const case_t *c = user;

    return place_of(t, c->view) > c->place;
}

// ---- Effects -----------------------------------------------------------------------------------

static bool has_other_colours(const terminal_t *t, void *user)
{
    const case_t *c = user;
    picture_t is;

    now(t, is);
    return same_text(is, c->before) && !same_picture(is, c->before);
}

static bool is_the_list(const terminal_t *t, void *user)
{
    (void) user;
    return viewer_titles(t) > 0 && terminal_find(t, "MEMSCOPE [SORT: ", NULL, NULL);
}

static bool has_clipboard(const terminal_t *t, void *user)
{
    size_t size;
    const char *bytes = terminal_received(t, &size);

    (void) user;
    return bytes && memmem(bytes, size, "\033]52;c;", 7) && terminal_find(t, "copied", NULL, NULL);
}

static bool has_ended(const terminal_t *t, void *user)
{
    (void) user;
    return !terminal_is_alternate(t);
}

typedef struct {
    action_t action;
    unsigned views;
    const char *first; // keys that make an effect possible
    const char *text;  // that comes; or
    bool (*holds)(const terminal_t *t, void *user);
    bool asks; // the daemon, whose answers come when they come
} effect_t;

#define DOWN "jjj"

// clang-format off
static const effect_t effects[] = {
    {ACTION_UP, IN_ALL, DOWN, NULL, is_further_up},
    {ACTION_DOWN, IN_ALL, "", NULL, is_further_down},
    {ACTION_PAGE_UP, IN_ALL, "\033[6~", NULL, is_further_up},
    {ACTION_PAGE_DOWN, IN_ALL, "", NULL, is_further_down},
    {ACTION_HOME, IN_ALL, DOWN, NULL, is_further_up},
    {ACTION_END, IN_ALL, "", NULL, is_further_down},
    {ACTION_OPEN, IN_LIST | IN_EVENTS | IN_WHY, "", "INSPECT: job", NULL, true},
    {ACTION_BACK, IN_LIST, "", NULL, has_ended},
    {ACTION_BACK, IN_ALL & ~IN_LIST, "", NULL, is_the_list},
    {ACTION_RESET_BASELINE, IN_LIST | IN_INSPECT, "", "baseline reset", NULL},
    {ACTION_GROUP, IN_LIST, "", " BY NAME", NULL},
    {ACTION_GROUP, IN_WHY, "", "WHO, by name", NULL, true},
    {ACTION_SORT_MEM, IN_LIST, "d", "[SORT: MEM]", NULL},
    {ACTION_SORT_CPU, IN_LIST, "", "[SORT: CPU]", NULL},
    {ACTION_SORT_DELTA, IN_LIST, "", "[SORT: DELTA]", NULL},
    {ACTION_SORT_PID, IN_LIST, "", "[SORT: PID]", NULL},
    {ACTION_SORT_LEFT, IN_LIST, "c", "[SORT: SWAP]", NULL},
    {ACTION_SORT_RIGHT, IN_LIST, "c", "[SORT: THREADS]", NULL},
    {ACTION_INVERT, IN_LIST, "", "[SORT: MEM \xe2\x86\x91]", NULL},
    {ACTION_COMMAND, IN_LIST, "", "  PID COMMAND ", NULL},
    {ACTION_SEARCH, IN_LIST, "", "Search: ", NULL},
    {ACTION_SEARCH_NEXT, IN_LIST, "", "nothing was searched for yet: press /", NULL},
    {ACTION_SEARCH_NEXT, IN_LIST, "/job3\r", NULL, is_further_down},
    {ACTION_SEARCH_BEFORE, IN_LIST, "", "nothing was searched for yet: press /", NULL},
    {ACTION_SEARCH_BEFORE, IN_LIST, "/job3\rN", NULL, is_further_up},
    {ACTION_FILTER, IN_LIST, "", "Filter: ", NULL},
    {ACTION_TREE, IN_LIST, "", " SUBTREE ", NULL, true},
    {ACTION_TAGGED, IN_LIST, "", " TAGGED ", NULL},
    {ACTION_FREEZE, IN_DATA, "", " frozen", NULL},
    {ACTION_COPY, IN_LIST | IN_INSPECT, "", NULL, has_clipboard},
    {ACTION_SIGNAL, IN_LIST | IN_INSPECT, "", "no signals are sent: this is a recording", NULL},
    {ACTION_THEME, IN_ALL, "", NULL, has_other_colours},
    {ACTION_REDRAW, IN_ALL, "", NULL, was_cleared},
    {ACTION_LONGER, IN_INSPECT, "", "last 2 min", NULL, true},
    {ACTION_LONGER, IN_WHY, "", " 1 h (6 min known", NULL, true},
    {ACTION_SHORTER, IN_INSPECT, "++", "last 2 min", NULL, true},
    {ACTION_SHORTER, IN_WHY, "", " 2 min", NULL, true},
    {ACTION_EVENTS, IN_DATA & ~IN_EVENTS, "", "EVENTS since", NULL, true},
    {ACTION_EVENTS, IN_EVENTS, "", NULL, is_the_list, true},
    {ACTION_WHY, IN_DATA & ~IN_WHY, "", "WHO, by process", NULL, true},
    {ACTION_WHY, IN_WHY, "", NULL, is_the_list, true},
    {ACTION_HELP, IN_DATA, "", "MEMSCOPE help", NULL},
    {ACTION_HELP, IN_HELP, "", NULL, is_the_list},
    {ACTION_QUIT, IN_ALL, "", NULL, has_ended},
};
// clang-format on

static const char *bytes_of(int code, char buf[2])
{
    static const struct {
        int code;
        const char *bytes;
    } special[] = {{KEY_CODE_UP, "\033OA"}, {KEY_CODE_DOWN, "\033OB"}, {KEY_CODE_LEFT, "\033OD"},
            {KEY_CODE_RIGHT, "\033OC"}, {KEY_CODE_PAGE_UP, "\033[5~"},
            {KEY_CODE_PAGE_DOWN, "\033[6~"}, {KEY_CODE_HOME, "\033OH"}, {KEY_CODE_END, "\033OF"},
            {KEY_CODE_F1, "\033OP"}, {KEY_CODE_F3, "\033OR"}, {KEY_CODE_F4, "\033OS"},
            {KEY_CODE_F5, "\033[15~"}, {KEY_CODE_F9, "\033[20~"}, {KEY_CODE_F10, "\033[21~"}};

    for (size_t i = 0; i < ARRAY_SIZE(special); i++)
        if (special[i].code == code)
            return special[i].bytes;
    assert_in_range(code, 1, 127);
    buf[0] = (char) code;
    buf[1] = '\0';
    return buf;
}

static bool has_text(const terminal_t *t, void *user)
{
    return terminal_find(t, user, NULL, NULL);
}

static void press(case_t *c, const effect_t *e, const char *key, const char *name)
{
    picture_t after, anew;
    unsigned clears;

    terminal_send(c->t, e->first);
    take_picture(c->t, c->before);
    take_picture(c->t, c->before); // with all that came before the first of these
    c->place = place_of(c->t, c->view);
    assert_screen(c->t, !e->text || !terminal_find(c->t, e->text, NULL, NULL));
    clears = terminal_clears(c->t);
    terminal_forget(c->t);
    terminal_send(c->t, key);
    if (!(e->text ? terminal_wait(c->t, has_text, (void *) (uintptr_t) e->text, EXPECT_MS)
                  : terminal_wait(c->t, e->holds, e->holds == was_cleared ? (void *) &clears : c,
                            EXPECT_MS))) {
        terminal_dump(c->t);
        fail_msg("%s has not done what it is for", name);
    }
    if (e->holds == has_ended) {
        assert_exit(c->t, 0);
        return;
    }
    do {
        take_picture(c->t, after);
        take_picture(c->t, anew);
    } while (e->asks && !same_picture(after, anew));
    assert_same(c->t, name, after, anew);
}

static void press_in_vain(case_t *c, const char *key, const char *name)
{
    picture_t after;

    take_picture(c->t, c->before);
    terminal_send(c->t, key);
    take_picture(c->t, after);
    take_picture(c->t, after);
    assert_same(c->t, name, after, c->before);
}

static void try_key(const key_binding_t *k, int code, view_t view)
{
    char buf[2];
    const char *key = bytes_of(code, buf);
    unsigned seen = 0;

    set_width(view, k->action == ACTION_TREE);
    for (size_t i = 0; i < ARRAY_SIZE(effects); i++) {
        case_t c = {.view = view};

        if (effects[i].action != k->action || !(effects[i].views >> view & 1))
            continue;
        c.t = open_view(view);
        press(&c, &effects[i], key, k->name);
        terminal_free(c.t);
        seen++;
    }
    if (seen == 0)
        fail_msg("nothing is expected of %s in view %d", k->name, (int) view);
}

static void test_view(void **state)
{
    view_t view = *(const view_t *) *state;
    case_t other = {.view = view};
    char buf[2];

    set_width(view, false);
    other.t = open_view(view); // where keys of other views change nothing
    for (size_t i = 0; i < n_key_bindings; i++) {
        const key_binding_t *k = &key_bindings[i];

        for (size_t n = 0; n < ARRAY_SIZE(k->codes) && k->codes[n] != KEY_CODE_NONE; n++) {
            if (k->views >> view & 1) {
                try_key(k, k->codes[n], view);
            } else if (key_action(k->codes[n], view) == ACTION_NONE) {
                set_width(view, false);
                press_in_vain(&other, bytes_of(k->codes[n], buf), k->name);
            }
        }
    }
    terminal_free(other.t);
}

int main(void)
{
    static view_t views[] = {VIEW_LIST, VIEW_INSPECT, VIEW_EVENTS, VIEW_WHY, VIEW_HELP};
    static const char *const names[] = {"list", "inspect", "events", "why", "help"};
    struct CMUnitTest tests[ARRAY_SIZE(views)];
    temporary_t dir = temporary_new();
    int failed;

    trace = strdup(temporary_path(&dir, "trace.csv"));
    write_trace(trace);
    for (size_t i = 0; i < ARRAY_SIZE(views); i++)
        tests[i] = (struct CMUnitTest){names[i], test_view, NULL, NULL, &views[i]};
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    temporary_remove(&dir);
    free(trace);
    return failed;
}
