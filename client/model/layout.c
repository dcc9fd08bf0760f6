#include "client/model/columns.h"

#include "common/cleanup.h"
#include <stdlib.h>

#define COMMAND_WANTED 30
#define TREE_WANTED    18
#define NAME_ENOUGH    32 // wider names are rare; command lines take all there is

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

static int min_width(column_id_t id, int pid_width)
{
    return id == COLUMN_PID ? MAX((int) columns[id].min, pid_width) : columns[id].min;
}

// How many ranks fit. The core columns may become narrow to stay, but not to make room for others.
static int fitting_rank(const cell_context_t *c, int width, int pid_width)
{
    int last = -1, left_out;

    for (int rank = 0;; rank++) {
        int sum = 0;

        left_out = 0;
        for (column_id_t id = 0; id < COLUMN_MAX; id++) {
            if (!column_title(id, c->kind, c->tree))
                continue;
            if (columns[id].rank > rank)
                left_out++;
            else
                sum += columns[id].gap + (rank <= COLUMN_RANK_CORE
                                                         ? min_width(id, pid_width)
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

// First the tags and then all columns get the width they want, then the name has more, then the
// tags.
static void widen(column_layout_t *l, const cell_context_t *c, int left_over, int pid_width)
{
    column_place_t *name = NULL, *tags = NULL;
    bool greedy = c->command || c->tree || c->kind == GROUP_UNIT;

    for (size_t i = 0; i < l->n; i++) {
        if (l->places[i].id == COLUMN_NAME)
            name = &l->places[i];
        if (l->places[i].id == COLUMN_TAGS)
            tags = &l->places[i];
    }
    if (tags)
        tags->width += take(&left_over, columns[COLUMN_TAGS].width - tags->width);
    for (size_t i = 0; i < l->n; i++)
        l->places[i].width +=
                take(&left_over, wanted_width(l->places[i].id, c, pid_width) - l->places[i].width);
    if (name)
        name->width += take(&left_over, greedy ? left_over - 8 : NAME_ENOUGH - name->width);
    if (tags)
        tags->width += left_over;
}

column_layout_t columns_layout(const cell_context_t *c, int width, int pid_width)
{
    column_layout_t l = {0};
    int rank = fitting_rank(c, width, pid_width), left_over = width, left = 0;

    for (column_id_t id = 0; id < COLUMN_MAX; id++) {
        if (!column_title(id, c->kind, c->tree) || columns[id].rank > rank)
            continue;
        l.places[l.n++] = (column_place_t){.id = id, .width = min_width(id, pid_width)};
        left_over -= min_width(id, pid_width) + columns[id].gap;
    }
    widen(&l, c, left_over, pid_width);
    for (size_t i = 0; i < l.n; i++) {
        left += columns[l.places[i].id].gap;
        l.places[i].left = left;
        left += l.places[i].width;
    }
    return l;
}
