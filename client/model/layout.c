#include "client/model/columns.h"

#include "common/cleanup.h"
#include <limits.h>
#include <stdlib.h>

#define COMMAND_WANTED 30
#define TREE_WANTED    18
#define NAME_ENOUGH    32 // wider names are rare; command lines take all there is
#define NAME_BESIDE    16 // where the command line has a column of its own
#define TAGS_BESIDE    16

const char *column_title(column_id_t id, group_kind_t kind, bool tree)
{
    if (kind != GROUP_NONE)
        return columns[id].group_title;
    return tree ? columns[id].tree_title : columns[id].title;
}

bool column_on_screen(column_id_t id)
{
    return columns[id].title || columns[id].group_title || columns[id].tree_title;
}

static int wanted_width(column_id_t id, const cell_context_t *c, int pid_width)
{
    if (id == COLUMN_PID)
        return MAX((int) columns[id].width, pid_width);
    if (id == COLUMN_NAME && c->tree && !c->command)
        return TREE_WANTED;
    return id == COLUMN_NAME && c->command ? COMMAND_WANTED : columns[id].width;
}

// A tree's names need room for what they are indented by, before other columns do.
static int min_width(column_id_t id, const cell_context_t *c, int width, int pid_width)
{
    int min = columns[id].min;

    if (id == COLUMN_NAME && c->tree)
        return MAX(min, MIN(TREE_WANTED, width / 4));
    return id == COLUMN_PID ? MAX(min, pid_width) : min;
}

// Command lines are shown once.
static bool is_shown(column_id_t id, const cell_context_t *c)
{
    return column_title(id, c->kind, c->tree) && !(id == COLUMN_COMMAND && c->command);
}

static int width_of(column_id_t id, const cell_context_t *c, int width, int pid_width)
{
    return columns[id].gap + min_width(id, c, width, pid_width);
}

// What the list is sorted by belongs to it, as long as it leaves room for who it is.
static int rank_of(column_id_t id, const cell_context_t *c, int width, int pid_width)
{
    int rank = columns[id].rank, sum;

    if (id != c->sort || rank <= COLUMN_RANK_WHO)
        return rank;
    sum = width_of(id, c, width, pid_width);
    for (column_id_t k = 0; k < COLUMN_MAX; k++)
        if (is_shown(k, c) && columns[k].rank <= COLUMN_RANK_WHO)
            sum += width_of(k, c, width, pid_width);
    return sum <= width ? COLUMN_RANK_WHO : rank;
}

// How many ranks fit. The core columns may become narrow to stay, but not to make room for others.
static int fitting_rank(const cell_context_t *c, int width, int pid_width)
{
    int last = -1, left_out;

    for (int rank = 0;; rank++) {
        int sum = 0;

        left_out = 0;
        for (column_id_t id = 0; id < COLUMN_MAX; id++) {
            if (!is_shown(id, c))
                continue;
            if (rank_of(id, c, width, pid_width) > rank)
                left_out++;
            else
                sum += columns[id].gap + (rank <= COLUMN_RANK_CORE
                                                         ? min_width(id, c, width, pid_width)
                                                         : wanted_width(id, c, pid_width));
        }
        if (sum > width)
            return last;
        last = rank;
        if (left_out == 0)
            return last;
    }
}

static int take(int *left_over, int wanted)
{
    int given = MAX(MIN(*left_over, wanted), 0);

    *left_over -= given;
    return given;
}

static column_place_t *place_of(column_layout_t *l, column_id_t id)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->places[i].id == id)
            return &l->places[i];
    return NULL;
}

static void grow(column_layout_t *l, column_id_t id, int enough, int *left_over)
{
    column_place_t *place = place_of(l, id);

    if (place)
        place->width += take(left_over, enough - place->width);
}

// First the tags and then all columns get the width they want, then the trend and the name have
// more; what is left is for the command line, or for the tags.
static void widen(column_layout_t *l, const cell_context_t *c, int left_over, int pid_width)
{
    bool greedy = c->command || c->tree || c->kind == GROUP_UNIT;
    bool beside = place_of(l, COLUMN_COMMAND) != NULL;
    int all = INT_MAX;

    grow(l, COLUMN_TAGS, columns[COLUMN_TAGS].width, &left_over);
    for (size_t i = 0; i < l->n; i++)
        l->places[i].width +=
                take(&left_over, wanted_width(l->places[i].id, c, pid_width) - l->places[i].width);
    // Twice the past, or as it is: a few more points say nothing.
    if (!greedy && left_over >= TRACK_POINTS - columns[COLUMN_TREND].width)
        grow(l, COLUMN_TREND, TRACK_POINTS, &left_over);
    if (!beside && greedy)
        grow(l, COLUMN_NAME, left_over - 8 + place_of(l, COLUMN_NAME)->width, &left_over);
    else
        grow(l, COLUMN_NAME, beside && !c->tree ? NAME_BESIDE : NAME_ENOUGH, &left_over);
    if (beside)
        grow(l, COLUMN_TAGS, TAGS_BESIDE, &left_over);
    grow(l, beside ? COLUMN_COMMAND : COLUMN_TAGS, all, &left_over);
}

column_layout_t columns_layout(const cell_context_t *c, int width, int pid_width)
{
    column_layout_t l = {0};
    int rank = fitting_rank(c, width, pid_width), left_over = width, left = 0;

    for (column_id_t id = 0; id < COLUMN_MAX; id++) {
        if (!is_shown(id, c) || rank_of(id, c, width, pid_width) > rank)
            continue;
        l.places[l.n] = (column_place_t){.id = id, .width = min_width(id, c, width, pid_width)};
        left_over -= l.places[l.n++].width + columns[id].gap;
    }
    widen(&l, c, left_over, pid_width);
    for (size_t i = 0; i < l.n; i++) {
        left += columns[l.places[i].id].gap;
        l.places[i].left = left;
        left += l.places[i].width;
    }
    return l;
}
