#include "client/app/actions.h"

#include "common/cleanup.h"
#include <string.h>

#define PASTS_A_TICK 64
#define SPAN_MS      ((uint64_t) TRACK_POINTS * TRACK_STEP_MS)

void past_tick(app_t *a)
{
    a->pasts_left = PASTS_A_TICK;
}

void past_forget(app_t *a)
{
    memset(a->pasts, 0, sizeof(a->pasts));
}

bool past_awaited(const app_t *a)
{
    for (size_t i = 0; i < ARRAY_SIZE(a->pasts); i++)
        if (a->pasts[i] != 0)
            return true;
    return false;
}

bool past_answer(app_t *a, uint64_t request)
{
    for (size_t i = 0; request > 0 && i < ARRAY_SIZE(a->pasts); i++) {
        if (a->pasts[i] != request)
            continue;
        a->pasts[i] = 0;
        past_ask(a);
        return true;
    }
    return false;
}

static bool shows_trend(const app_t *a)
{
    for (size_t i = 0; i < a->layout.n; i++)
        if (a->layout.places[i].id == COLUMN_TREND)
            return a->view == VIEW_LIST && a->list.kind == GROUP_NONE;
    return false;
}

// The next listed process that has memory and was not asked for.
static track_t *next_track(app_t *a, size_t *place)
{
    const list_t *l = &a->list;

    for (; *place < MIN(l->n, l->top + l->page); (*place)++) {
        const row_t *row = list_row(l, &a->model, *place);
        track_t *track = &a->model.tracks.items[row->track];

        if (!track->asked && row_knows(row, VALUE_PRIVATE))
            return track;
    }
    return NULL;
}

void past_ask(app_t *a)
{
    size_t place = a->list.top;

    if (!a->requests.history || a->stale || a->link != LINK_LIVE || !shows_trend(a))
        return;
    for (size_t i = 0; i < ARRAY_SIZE(a->pasts) && a->pasts_left > 0; i++) {
        track_t *track;
        int r;

        if (a->pasts[i] != 0)
            continue;
        track = next_track(a, &place);
        if (!track)
            return;
        r = a->requests.history(
                a->requests.user, track->id.pid, track->id.start_time, SPAN_MS, TRACK_STEP_MS);
        if (r <= 0)
            return;
        track->asked = true;
        a->pasts[i] = (uint64_t) r;
        a->pasts_left--;
    }
}
