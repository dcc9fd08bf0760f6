#include "client/model/cells.h"

#include "client/widget/sparkline.h"
#include "common/cleanup.h"
#include "common/format.h"
#include <stdio.h>
#include <string.h>

static style_t unknown(char *buf)
{
    memcpy(buf, "-", 2);
    return STYLE_DIM;
}

static style_t zero(char *buf)
{
    memcpy(buf, "0", 2);
    return STYLE_DIM;
}

style_t cell_pid(const cell_context_t *c, const row_t *r, char *buf)
{
    (void) c;
    snprintf(buf, CELL_MAX, "%lld",
            (long long) r->values[r->flags & ROW_GROUP ? VALUE_COUNT : VALUE_PID]);
    return STYLE_NORMAL;
}

style_t cell_user(const cell_context_t *c, const row_t *r, char *buf)
{
    const char *name = model_user(c->model, r);

    if (!name)
        return unknown(buf);
    snprintf(buf, CELL_MAX, "%s", name);
    return STYLE_NORMAL;
}

static bool goes_on(const row_t *r, int depth)
{
    return depth < 32 && (r->rails >> depth & 1);
}

// What shows the depth in a tree, at most half of the cell: of those above, the nearest.
static size_t indent(const cell_context_t *c, const row_t *r, char *buf)
{
    int depth = r->depth, rails = MIN(depth - 1, c->width / 4);
    size_t at = 0;

    if (!c->tree || depth == 0)
        return 0;
    for (int d = depth - rails; d < depth; d++)
        at += (size_t) sprintf(buf + at, "%s ", goes_on(r, d) ? c->glyphs->axis : " ");
    at += (size_t) sprintf(
            buf + at, "%s ", goes_on(r, depth) ? c->glyphs->branch : c->glyphs->last_branch);
    return at;
}

static style_t name_style(const cell_context_t *c, const row_t *r)
{
    bool in_the_way = c->tree && !(r->flags & ROW_LISTED);

    return r->flags & ROW_KERNEL_THREAD || in_the_way ? STYLE_DIM : STYLE_NORMAL;
}

style_t cell_name(const cell_context_t *c, const row_t *r, char *buf)
{
    size_t at = indent(c, r, buf);

    buf += at;
    if (c->kind == GROUP_USER)
        return cell_user(c, r, buf);
    if (c->kind == GROUP_UNIT && r->unit == 0)
        strcpy(buf, "(no unit)");
    else if (c->kind == GROUP_UNIT)
        model_string(c->model, r->unit, buf, CELL_MAX - at);
    else if (c->command && c->kind == GROUP_NONE)
        model_command(c->model, r, buf, CELL_MAX - at);
    else
        model_name(c->model, r, buf, CELL_MAX - at);
    if (buf[0] == '\0')
        return unknown(buf);
    return name_style(c, r);
}

style_t cell_command(const cell_context_t *c, const row_t *r, char *buf)
{
    model_command(c->model, r, buf, CELL_MAX);
    return STYLE_DIM;
}

style_t cell_state(const cell_context_t *c, const row_t *r, char *buf)
{
    (void) c;
    if (!r->state)
        return unknown(buf);
    snprintf(buf, CELL_MAX, "%c", r->state);
    return r->state == 'Z' ? STYLE_ZOMBIE : STYLE_NORMAL;
}

static style_t put_memory(const row_t *r, value_t v, const char *sign, char *buf)
{
    char text[FORMAT_MAX];

    if (!row_knows(r, v))
        return unknown(buf);
    snprintf(buf, CELL_MAX, "%s%s", sign, format_kb(text, sizeof(text), (uint64_t) r->values[v]));
    return r->values[v] == 0 ? STYLE_DIM : STYLE_NORMAL;
}

style_t cell_memory(const cell_context_t *c, const row_t *r, char *buf)
{
    return put_memory(r, c->value, "", buf);
}

style_t cell_basis(const cell_context_t *c, const row_t *r, char *buf)
{
    (void) c;
    if (r->from_pss + r->from_rss == 0)
        return unknown(buf);
    snprintf(
            buf, CELL_MAX, "%s", r->from_rss == 0 ? "PSS" : (r->from_pss == 0 ? "RSS" : "PSS+RSS"));
    return STYLE_DIM;
}

style_t cell_pss(const cell_context_t *c, const row_t *r, char *buf)
{
    return put_memory(r, c->value, r->flags & ROW_PSS_ESTIMATED ? "~" : "", buf);
}

style_t cell_share(const cell_context_t *c, const row_t *r, char *buf)
{
    if (!row_knows(r, c->value))
        return unknown(buf);
    format_permille(buf, CELL_MAX, (uint64_t) r->values[c->value]);
    return r->values[c->value] == 0 ? STYLE_DIM : STYLE_NORMAL;
}

style_t cell_number(const cell_context_t *c, const row_t *r, char *buf)
{
    if (!row_knows(r, c->value))
        return unknown(buf);
    snprintf(buf, CELL_MAX, "%lld", (long long) r->values[c->value]);
    return STYLE_NORMAL;
}

style_t cell_speed(const cell_context_t *c, const row_t *r, char *buf)
{
    if (!row_knows(r, c->value))
        return unknown(buf);
    if (r->values[c->value] == 0)
        return zero(buf);
    format_kb_short(buf, CELL_MAX, (uint64_t) r->values[c->value]);
    return STYLE_NORMAL;
}

static style_t sign_style(int64_t v)
{
    if (v == 0)
        return STYLE_DIM;
    return v > 0 ? STYLE_GROWTH : STYLE_SHRINK;
}

style_t cell_change(const cell_context_t *c, const row_t *r, char *buf)
{
    if (!row_knows(r, c->value))
        return unknown(buf);
    format_delta_kb(buf, CELL_MAX, r->values[c->value]);
    return sign_style(r->values[c->value]);
}

style_t cell_growth(const cell_context_t *c, const row_t *r, char *buf)
{
    int64_t v = r->values[c->value];
    char text[FORMAT_MAX];

    if (!row_knows(r, c->value))
        return unknown(buf);
    if (v == 0)
        return zero(buf);
    format_kb_short(text, sizeof(text), v < 0 ? -(uint64_t) v : (uint64_t) v);
    snprintf(buf, CELL_MAX, "%s%s", v < 0 ? "-" : "+", text);
    return sign_style(v);
}

// Whether a sparkline shows nothing but its lowest level.
static bool is_flat(const glyphs_t *g, const char *text)
{
    const char *low = g->level[1];

    while (*text == ' ')
        text++;
    while (strncmp(text, low, strlen(low)) == 0)
        text += strlen(low);
    return *text == '\0';
}

style_t cell_trend(const cell_context_t *c, const row_t *r, char *buf)
{
    int64_t values[TRACK_POINTS];
    size_t n = model_series(c->model, r, values);

    sparkline_text(c->glyphs, values, n, (size_t) c->width, buf, CELL_MAX);
    return is_flat(c->glyphs, buf) ? STYLE_DIM : STYLE_GAUGE_LOW;
}

style_t cell_tags(const cell_context_t *c, const row_t *r, char *buf)
{
    const tag_info_t *first = tags_urgent(r->tags);
    int at = 0;

    buf[0] = '\0';
    for (size_t i = 0; i < N_TAGS; i++) {
        char text[32];
        int len;

        if (!(r->tags & tag_infos[i].tag))
            continue;
        len = snprintf(text, sizeof(text), "%s%s", at ? " " : "", tag_word(tag_infos[i].tag));
        if (at + len > c->width) {
            // Half a word would be another one.
            snprintf(buf + at, (size_t) CELL_MAX - (size_t) at, "+");
            break;
        }
        at += snprintf(buf + at, (size_t) CELL_MAX - (size_t) at, "%s", text);
        len = snprintf(text, sizeof(text), ":%u", r->zombies);
        if (tag_infos[i].tag == TAG_UNREAPED && r->zombies > 0 && at + len <= c->width)
            at += snprintf(buf + at, (size_t) CELL_MAX - (size_t) at, "%s", text);
    }
    return first ? first->style : STYLE_NORMAL;
}
