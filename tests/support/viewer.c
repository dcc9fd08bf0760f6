#include "tests/support/viewer.h"

#include "common/cleanup.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELD_MAX 256
#define SEEKS_MAX 20
#define SEEK_S    3
#define SETTLE_MS 2500 // more than a loaded host leaves a picture half drawn
#define DIGIT_KB  60
#define HEAD_MAX  6 // lines above the titles, at most

terminal_t *viewer_start_with(const char *const argv[], const char *const env[], int rows, int cols)
{
    return terminal_start(
            &(terminal_options_t){.argv = argv, .env = env, .rows = rows, .cols = cols});
}

terminal_t *viewer_start(int rows, int cols)
{
    const char *argv[] = {MEMSCOPE_PATH, "--private", NULL};
    terminal_t *t = viewer_start_with(argv, NULL, rows, cols);

    viewer_await_list(t);
    return t;
}

void viewer_quit(terminal_t *t)
{
    terminal_send(t, "q");
    assert_exit(t, 0);
    assert_screen(t, !terminal_is_alternate(t));
    assert_screen(t, terminal_is_blank(t));
    assert_int_equal(terminal_stray(t), 0);
    terminal_free(t);
}

// "  PID NAME ..." or "  PID COMMAND ...", in the first lines of the screen.
int viewer_titles(const terminal_t *t)
{
    for (int row = 1; row < HEAD_MAX; row++) {
        const char *line = terminal_line(t, row);

        if (strncmp(line + strspn(line, " "), "PID ", 4) == 0)
            return row;
    }
    return -1;
}

// The line under the headings is a rule; the last of the screen is the foot.
static int first_row(const terminal_t *t)
{
    int heading = viewer_titles(t);

    return heading < 0 ? -1 : heading + 2;
}

static long pid_of_row(const terminal_t *t, int row)
{
    char *end;
    const char *line = terminal_line(t, row);
    long pid = strtol(line, &end, 10);

    return end > line && *end == ' ' ? pid : -1;
}

static bool has_rows(const terminal_t *t, void *user)
{
    int first = first_row(t);

    (void) user;
    return first >= 0 && pid_of_row(t, first) >= 0;
}

void viewer_await_list(terminal_t *t)
{
    assert_waited(t, has_rows, NULL);
}

int viewer_row(const terminal_t *t, pid_t pid)
{
    int first = first_row(t);

    for (int row = first; first >= 0 && row < terminal_rows(t) - 1; row++)
        if (pid_of_row(t, row) == pid)
            return row;
    return -1;
}

int viewer_selected_row(const terminal_t *t)
{
    int first = first_row(t);

    for (int row = first; first >= 0 && row < terminal_rows(t) - 1; row++)
        if (terminal_cell(t, row, 0).reverse)
            return row;
    return -1;
}

bool viewer_is_selected(const terminal_t *t, pid_t pid)
{
    int row = viewer_selected_row(t);

    return row >= 0 && pid_of_row(t, row) == pid;
}

static bool is_selected(const terminal_t *t, void *user)
{
    return viewer_is_selected(t, *(const pid_t *) user);
}

void viewer_await_selected(terminal_t *t, pid_t pid)
{
    assert_waited(t, is_selected, &pid);
}

bool viewer_position(const terminal_t *t, long *ret_at, long *ret_of)
{
    const char *line = terminal_line(t, terminal_rows(t) - 1);
    const char *slash = strrchr(line, '/');
    const char *at = slash;

    while (at && at > line && isdigit((unsigned char) at[-1]))
        at--;
    return slash && at < slash && sscanf(at, "%ld/%ld", ret_at, ret_of) == 2;
}

typedef struct {
    pid_t pid;
    long at;
} seek_t;

static bool is_there_or_paged(const terminal_t *t, void *user)
{
    const seek_t *s = user;
    long at, of;

    return viewer_row(t, s->pid) >= 0 ||
           (viewer_position(t, &at, &of) && (at != s->at || at == of));
}

static bool is_at_top(const terminal_t *t, void *user)
{
    long at, of;

    (void) user;
    return viewer_position(t, &at, &of) && at == 1;
}

// One way through the list, page by page.
static bool seek_down(terminal_t *t, pid_t pid)
{
    seek_t s = {.pid = pid};
    long of = 1;

    terminal_send(t, "\033OH");
    assert_waited(t, is_at_top, NULL);
    for (s.at = 0; viewer_row(t, pid) < 0 && s.at < of;) {
        viewer_position(t, &s.at, &of);
        terminal_send(t, "\033[6~");
        assert_waited(t, is_there_or_paged, &s);
    }
    return viewer_row(t, pid) >= 0;
}

static bool is_on_page(const terminal_t *t, void *user)
{
    return viewer_row(t, ((const seek_t *) user)->pid) >= 0;
}

int viewer_seek(terminal_t *t, pid_t pid)
{
    seek_t s = {.pid = pid};

    // Rows that change places are for a moment in neither.
    for (int i = 0; i < SEEKS_MAX; i++)
        if (terminal_wait(t, is_on_page, &s, SETTLE_MS) || seek_down(t, pid))
            return viewer_row(t, pid);
    terminal_dump(t);
    fail_msg("PID %d is not in the list", (int) pid);
    return -1;
}

static bool is_found(const terminal_t *t, void *user)
{
    return viewer_is_selected(t, *(const pid_t *) user) &&
           !terminal_find(t, "Search: ", NULL, NULL);
}

// By searching for its PID: what is typed once more by mistake leads to the same row. Keys that
// move by a line would not: the row may have changed by itself while they were on their way.
void viewer_select(terminal_t *t, pid_t pid)
{
    char keys[32];

    snprintf(keys, sizeof(keys), "/%d\r", (int) pid);
    for (int i = 0; i < SEEKS_MAX && !viewer_is_selected(t, pid); i++) {
        terminal_send(t, keys);
        terminal_wait(t, is_found, &pid, EXPECT_MS / SEEKS_MAX);
    }
    assert_waited(t, is_found, &pid);
}

void viewer_inspect(terminal_t *t, pid_t pid)
{
    char title[32];

    viewer_select(t, pid);
    terminal_send(t, "\r");
    snprintf(title, sizeof(title), "(PID %d)", (int) pid);
    assert_text(t, title);
}

// Copies the cells [from, to) of a row.
static void copy_cells(const terminal_t *t, int row, int from, int to, char *out)
{
    size_t size = 0;

    for (int col = MAX(from, 0); col < to; col++) {
        terminal_cell_t cell = terminal_cell(t, row, col);
        size_t n = strlen(cell.text);

        if (size + n >= FIELD_MAX)
            break;
        memcpy(out + size, cell.text, n);
        size += n;
    }
    while (size > 0 && out[size - 1] == ' ')
        size--;
    out[size] = '\0';
}

// Numbers stand right below their heading, words left; a field ends where the neighbour's begins.
const char *viewer_field(const terminal_t *t, int row, const char *column)
{
    static const struct {
        const char *name;
        int left, right; // cells that the field reaches beyond its heading
    } columns[] = {
            {"NAME", 0, 11},
            {"COMMAND", 0, 20},
            {"USER", 0, 5},
            {"RSS", 7, 0},
            {"PSS", 7, 0},
            {"SWAP", 5, 0},
            {"CPU%", 3, 0},
            {"DELTA", 6, 0},
            {"TREND", 0, 7},
            {"TAGS", 0, 20},
    };
    static char field[FIELD_MAX];
    int heading = viewer_titles(t);
    char line[FIELD_MAX * 2];
    const char *at;

    field[0] = '\0';
    if (heading < 0 || row < 0)
        return field;
    snprintf(line, sizeof(line), "%s ", terminal_line(t, heading));
    at = strstr(line, column);
    for (size_t i = 0; at && i < ARRAY_SIZE(columns); i++) {
        int col = (int) (at - line);

        if (strcmp(columns[i].name, column) == 0)
            copy_cells(t, row, col - columns[i].left, col + (int) strlen(column) + columns[i].right,
                    field);
    }
    return field + strspn(field, " ");
}

bool viewer_parse_kb(const char *text, double *ret_kb)
{
    static const struct {
        const char *unit;
        double kb;
    } units[] = {{" kB", 1}, {" MB", 1024}, {" GB", 1024.0 * 1024}};
    char *end;
    double value = strtod(text, &end);

    for (size_t i = 0; end > text && i < ARRAY_SIZE(units); i++) {
        if (strncmp(end, units[i].unit, 3) == 0) {
            *ret_kb = value * units[i].kb;
            return true;
        }
    }
    return false;
}

static bool labelled_kb(const terminal_t *t, const char *label, double *ret_kb)
{
    const char *at;
    int row;

    if (!terminal_find(t, label, &row, NULL))
        return false;
    at = strstr(terminal_line(t, row), label) + strlen(label);
    // Behind the label there may be a gauge; the first number with a unit is meant.
    for (; *at; at++)
        if (isdigit((unsigned char) *at) && viewer_parse_kb(at, ret_kb))
            return true;
    return false;
}

typedef struct {
    pid_t pid;
    const char *column, *part;
    double min_kb, max_kb, kb;
} wanted_t;

static bool has_kb(const terminal_t *t, const wanted_t *w)
{
    double kb;

    return viewer_parse_kb(viewer_field(t, viewer_row(t, w->pid), w->column), &kb) &&
           kb >= w->min_kb && kb <= w->max_kb;
}

static bool has_wanted(const terminal_t *t, void *user)
{
    const wanted_t *w = user;

    if (w->part)
        return strstr(viewer_field(t, viewer_row(t, w->pid), w->column), w->part);
    return has_kb(t, w);
}

// A row that leaves the page, because of what it waits for, say, is followed.
static bool wait_wanted(terminal_t *t, wanted_t *w, int seconds)
{
    for (int i = 0; i < seconds; i += SEEK_S) {
        if (terminal_wait(t, has_wanted, w, SEEK_S * 1000))
            return true;
        viewer_seek(t, w->pid);
    }
    return false;
}

static void await(terminal_t *t, wanted_t *w)
{
    if (wait_wanted(t, w, EXPECT_MS / 1000))
        return;
    terminal_dump(t);
    fail_msg("PID %d: %s is not %s[%.0f, %.0f] kB", (int) w->pid, w->column, w->part ? w->part : "",
            w->min_kb, w->max_kb);
}

void viewer_await_kb(terminal_t *t, pid_t pid, const char *column, double min_kb, double max_kb)
{
    await(t, &(wanted_t){.pid = pid, .column = column, .min_kb = min_kb, .max_kb = max_kb});
}

bool viewer_wait_field(terminal_t *t, pid_t pid, const char *column, const char *part, int seconds)
{
    return wait_wanted(t, &(wanted_t){.pid = pid, .column = column, .part = part}, seconds);
}

void viewer_await_field(terminal_t *t, pid_t pid, const char *column, const char *part)
{
    await(t, &(wanted_t){.pid = pid, .column = column, .part = part});
}

typedef struct {
    const char *label;
    double kb, share;
} labelled_t;

static bool has_labelled(const terminal_t *t, void *user)
{
    const labelled_t *l = user;
    double kb;

    return labelled_kb(t, l->label, &kb) && fabs(kb - l->kb) <= l->share * l->kb + DIGIT_KB;
}

void viewer_await_labelled(terminal_t *t, const char *label, double kb, double share)
{
    labelled_t l = {.label = label, .kb = kb, .share = share};

    if (terminal_wait(t, has_labelled, &l, EXPECT_MS))
        return;
    terminal_dump(t);
    fail_msg("%s is not %.0f kB", label, kb);
}
