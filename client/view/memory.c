#include "client/view/memory.h"

#include "client/widget/gauge.h"
#include "common/cleanup.h"
#include "common/format.h"
#include <stdio.h>
#include <string.h>

typedef enum {
    PART_PRIVATE,
    PART_SHARED,
    PART_SLAB,
    PART_OTHER,
    PART_CACHE,
    PART_FREE,
    PART_MAX,
} part_t;

static const char *const names[PART_MAX] = {"private", "shared", "slab", "other", "cache", "free"};

_Static_assert((int) PART_MAX == GLYPH_PARTS, "each part has a glyph");

static uint64_t less(uint64_t from, uint64_t what)
{
    return from > what ? from - what : 0;
}

// How the RAM divides. False: not known.
static bool divide(const system_snapshot_t *s, gauge_part_t ret_parts[PART_MAX])
{
    static const int styles[PART_MAX] = {
            STYLE_GAUGE_LOW, STYLE_SHARED, STYLE_KERNEL, STYLE_KERNEL, STYLE_CACHE, STYLE_DIM};
    uint64_t amounts[PART_MAX] = {
            [PART_PRIVATE] = s->anon_kb,
            [PART_SHARED] = s->shmem_kb,
            [PART_SLAB] = s->slab_reclaimable_kb + s->slab_unreclaimable_kb,
            // Cached counts shared memory as well.
            [PART_CACHE] = less(s->cached_kb + s->buffers_kb, s->shmem_kb),
            [PART_FREE] = s->mem_free_kb,
    };
    uint64_t rest = s->mem_total_kb;

    if (!SYSTEM_KNOWN(s, mem_total_kb) || !SYSTEM_KNOWN(s, anon_kb) ||
            !SYSTEM_KNOWN(s, cached_kb) || !SYSTEM_KNOWN(s, mem_free_kb))
        return false;
    for (part_t i = 0; i < PART_MAX; i++)
        rest = less(rest, amounts[i]);
    amounts[PART_OTHER] = rest;
    for (part_t i = 0; i < PART_MAX; i++)
        ret_parts[i] = (gauge_part_t){amounts[i], styles[i]};
    return true;
}

// "RAM [████░░░░] 12.4/32G" at the right end, with a shorter gauge or none where the room is short.
// Returns the columns it took.
static int draw_gauge(const ui_t *ui, const pane_t *p, int right, int room, const char *title,
        int width, uint64_t used_kb, uint64_t total_kb, const gauge_part_t *parts)
{
    char text[FORMAT_MAX];
    int len, name = (int) strlen(title), left;

    format_kb_of(text, sizeof(text), used_kb, total_kb);
    len = (int) strlen(text);
    width = MIN(width, room - name - 2 - len);
    if (width < 6)
        width = -1;
    left = right - len - 1 - width - 1 - name;
    if (right - left > room)
        return 0;
    pane_put(p, 0, left, name, ALIGN_LEFT, STYLE_NORMAL, title);
    if (parts)
        gauge_draw_parts(p, ui->glyphs, 0, left + name + 1, width, parts, PART_MAX, total_kb);
    else
        gauge_draw(p, ui->glyphs, 0, left + name + 1, width, GAUGE_LOAD, used_kb, total_kb);
    pane_put(p, 0, right - len, len, ALIGN_LEFT, STYLE_NORMAL, text);
    return right - left;
}

void view_memory_gauges(const ui_t *ui, const pane_t *p, int room)
{
    const system_snapshot_t *s = &ui->model.system;
    gauge_part_t parts[PART_MAX] = {0};
    int width = p->cols >= 120 ? 32 : 14, taken;
    bool divided = divide(s, parts);
    uint64_t used;

    if (!SYSTEM_KNOWN(s, mem_total_kb) || !SYSTEM_KNOWN(s, mem_available_kb) ||
            s->mem_available_kb > s->mem_total_kb)
        return;
    used = s->mem_total_kb - s->mem_available_kb;
    // What fills the RAM warns by its colour.
    if (used > s->mem_total_kb / 10 * 7)
        parts[0].style = STYLE_GAUGE_MEDIUM;
    if (used > s->mem_total_kb / 10 * 9)
        parts[0].style = STYLE_GAUGE_HIGH;
    taken = draw_gauge(
            ui, p, p->cols, room, "RAM", width, used, s->mem_total_kb, divided ? parts : NULL);
    if (SYSTEM_KNOWN(s, swap_total_kb) && SYSTEM_KNOWN(s, swap_free_kb) && s->swap_total_kb > 0 &&
            s->swap_free_kb <= s->swap_total_kb)
        draw_gauge(ui, p, p->cols - taken - 2, room - taken - 2, "SWAP", p->cols >= 110 ? 14 : 0,
                s->swap_total_kb - s->swap_free_kb, s->swap_total_kb, NULL);
}

bool view_pressure(const system_snapshot_t *s, char *buf, size_t cap)
{
    if (!SYSTEM_KNOWN(s, psi_some) || !SYSTEM_KNOWN(s, psi_full))
        return false;
    snprintf(buf, cap, "PSI some %.1f%% full %.1f%%", (double) s->psi_some / 100,
            (double) s->psi_full / 100);
    return true;
}

void view_memory_parts(const ui_t *ui, const pane_t *p, int row)
{
    const system_snapshot_t *s = &ui->model.system;
    gauge_part_t parts[PART_MAX];
    char text[96], amount[FORMAT_MAX];
    int at = 0, room = p->cols, len;

    if (view_pressure(s, text, sizeof(text))) {
        len = (int) strlen(text);
        room -= len + 2;
        pane_put(p, row, p->cols - len, len, ALIGN_LEFT,
                s->psi_full >= VIEW_PRESSURE ? STYLE_ALERT
                                             : (s->psi_some > 0 ? STYLE_NORMAL : STYLE_DIM),
                text);
    }
    if (!divide(s, parts))
        return;
    for (part_t i = 0; i < PART_MAX; i++) {
        snprintf(text, sizeof(text), " %s %s", names[i],
                format_kb_short(amount, sizeof(amount), parts[i].amount));
        len = (int) strlen(text) + 1;
        if (at + len > room)
            break;
        pane_put(p, row, at, 1, ALIGN_LEFT, parts[i].style, ui->glyphs->part[i]);
        pane_put(p, row, at + 1, len - 1, ALIGN_LEFT, STYLE_NORMAL, text);
        at += len + 2;
    }
}
