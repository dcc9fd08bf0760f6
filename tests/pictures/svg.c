#include "tests/pictures/svg.h"

#include "common/cleanup.h"
#include "common/text.h"

#include <stdint.h>
#include <string.h>

enum {
    CELL_WIDTH = 8,
    CELL_HEIGHT = 17,
    BASELINE = 13, // below the top of a cell
    MARGIN = 14,
    BAR_HEIGHT = 30,
    ROUNDING = 8,
};

#define BAR    "#1d232d"
#define BORDER "#39414d"
#define TITLE  "#9aa5b4"
#define SIZE   "13.33" // most fixed-width letters are 0.6 of their size wide
#define FONTS  "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"

// Those of the terminal, and what is neither: all legible on the ground, which is legible on them.
enum { GROUND = 8, PLAIN = 9, COLORS = 10 };

static const char *const colors[COLORS] = {"#7d8896", "#ff7b72", "#5fce6f", "#e3b341", "#6cb1ff",
        "#d2a8ff", "#56d4dd", "#f0f3f6", "#11151c", "#d5dbe3"};

// Characters that are drawn.
enum {
    LINE_ACROSS = 0x2500,
    LINE_DOWN = 0x2502,
    BLOCK_EIGHTH = 0x2581,
    BLOCK_FULL = 0x2588,
    SHADE_LIGHT = 0x2591,      // a quarter of it is ink
    SHADE_DARK = 0x2593,       // three quarters
    QUARTERS_FALLING = 0x259a, // upper left and lower right
    QUARTERS_RISING = 0x259e,
};

typedef struct {
    char text[32];
    uint32_t drawn; // 0: text
    int fg, bg;
    bool bold, underline;
} spot_t;

typedef struct {
    FILE *out;
    spot_t *spots;
    int rows, cols;
} picture_t;

static const spot_t *spot(const picture_t *p, int row, int col)
{
    return &p->spots[row * p->cols + col];
}

static int left_of(int col)
{
    return MARGIN + col * CELL_WIDTH;
}

static int top_of(int row)
{
    return BAR_HEIGHT + MARGIN / 2 + row * CELL_HEIGHT;
}

static bool is_drawn(uint32_t glyph)
{
    return (glyph >= BLOCK_EIGHTH && glyph <= BLOCK_FULL) || glyph == LINE_ACROSS ||
           glyph == LINE_DOWN || glyph == QUARTERS_FALLING || glyph == QUARTERS_RISING ||
           (glyph >= SHADE_LIGHT && glyph <= SHADE_DARK);
}

static void take_spot(const terminal_t *t, int row, int col, spot_t *ret)
{
    terminal_cell_t cell = terminal_cell(t, row, col);
    int fg = cell.fg < 0 ? PLAIN : cell.fg % GROUND, bg = cell.bg < 0 ? GROUND : cell.bg % GROUND;
    uint32_t glyph = 0;

    memcpy(ret->text, cell.text, sizeof(ret->text));
    text_decode(cell.text, strlen(cell.text), &glyph);
    ret->drawn = cell.text[0] && is_drawn(glyph) ? glyph : 0;
    ret->fg = cell.reverse ? bg : fg;
    ret->bg = cell.reverse ? fg : bg;
    ret->bold = cell.bold;
    ret->underline = cell.underline;
}

static void put_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '>')
            fputs("&gt;", out);
        else if (*text == '&')
            fputs("&amp;", out);
        else
            fputc(*text, out);
    }
}

// ---- Shapes ------------------------------------------------------------------------------------

static void put_quarters(const picture_t *p, bool falling, int row, int col)
{
    int x = left_of(col), y = top_of(row), width = CELL_WIDTH / 2;
    double height = CELL_HEIGHT / 2.0;

    for (int half = 0; half < 2; half++)
        fprintf(p->out, "M%d %gh%dv%gh-%dz", x + (falling == (half == 1) ? width : 0),
                y + half * height, width, height, width);
}

static void put_shape(const picture_t *p, uint32_t glyph, int row, int col, int count)
{
    int x = left_of(col), y = top_of(row), width = count * CELL_WIDTH;
    double height = CELL_HEIGHT;

    if (glyph == LINE_DOWN) {
        fprintf(p->out, "M%d %dv%dh1v-%dz", x + CELL_WIDTH / 2, y, CELL_HEIGHT, CELL_HEIGHT);
        return;
    }
    if (glyph == QUARTERS_FALLING || glyph == QUARTERS_RISING) {
        for (int i = 0; i < count; i++)
            put_quarters(p, glyph == QUARTERS_FALLING, row, col + i);
        return;
    }
    if (glyph == LINE_ACROSS) {
        y += CELL_HEIGHT / 2;
        height = 1;
    } else if (glyph >= BLOCK_EIGHTH && glyph <= BLOCK_FULL) {
        height = (glyph - BLOCK_EIGHTH + 1) * CELL_HEIGHT / 8.0;
    }
    fprintf(p->out, "M%d %gh%dv%gh-%dz", x, glyph == LINE_ACROSS ? y : y + CELL_HEIGHT - height,
            width, height, width);
}

// What decides which path a spot is part of; equal neighbours are one piece of it.
typedef struct {
    int color;
    int ink; // quarters
    bool ground;
} layer_t;

static int ink_of(uint32_t glyph)
{
    return glyph >= SHADE_LIGHT && glyph <= SHADE_DARK ? (int) (glyph - SHADE_LIGHT) + 1 : 4;
}

static bool belongs(const spot_t *s, layer_t l)
{
    if (l.ground)
        return s->bg == l.color;
    return s->drawn && s->fg == l.color && ink_of(s->drawn) == l.ink;
}

static void put_layer(const picture_t *p, layer_t l)
{
    bool any = false;

    for (int row = 0; row < p->rows; row++) {
        for (int col = 0, count; col < p->cols; col += count) {
            uint32_t glyph = l.ground ? BLOCK_FULL : spot(p, row, col)->drawn;

            count = 1;
            if (!belongs(spot(p, row, col), l))
                continue;
            while (col + count < p->cols && glyph != LINE_DOWN &&
                    belongs(spot(p, row, col + count), l) &&
                    (l.ground || spot(p, row, col + count)->drawn == glyph))
                count++;
            if (!any)
                fprintf(p->out, "<path fill=\"%s\" opacity=\"%g\" d=\"", colors[l.color],
                        l.ink / 4.0);
            any = true;
            put_shape(p, glyph, row, col, count);
        }
    }
    if (any)
        fputs("\"/>\n", p->out);
}

static void put_shapes(const picture_t *p)
{
    for (int color = 0; color < COLORS; color++)
        if (color != GROUND)
            put_layer(p, (layer_t){.color = color, .ink = 4, .ground = true});
    for (int color = 0; color < COLORS; color++)
        for (int ink = 1; ink <= 4; ink++)
            put_layer(p, (layer_t){.color = color, .ink = ink});
}

// ---- Letters -----------------------------------------------------------------------------------

static bool is_blank(const spot_t *s)
{
    return s->drawn || s->text[0] == '\0' || strcmp(s->text, " ") == 0;
}

static bool alike(const spot_t *a, const spot_t *b)
{
    return a->fg == b->fg && a->bold == b->bold && a->underline == b->underline;
}

// Letters that look alike, with single blanks among them. How wide they are is said, so that a font
// of other proportions cannot move them out of their cells. Returns the columns.
static int put_letters(const picture_t *p, int row, int col)
{
    const spot_t *first = spot(p, row, col);
    int count = 1;

    for (int next = col + 1; next < p->cols; next++) {
        const spot_t *s = spot(p, row, next);

        if (is_blank(s) ? next > col + count || s->drawn : !alike(s, first))
            break;
        if (!is_blank(s))
            count = next - col + 1;
    }
    fprintf(p->out, "<text x=\"%d\" y=\"%d\"", left_of(col), top_of(row) + BASELINE);
    if (count > 1)
        fprintf(p->out, " textLength=\"%d\"", count * CELL_WIDTH);
    if (first->fg != PLAIN)
        fprintf(p->out, " fill=\"%s\"", colors[first->fg]);
    fputs(first->bold ? " font-weight=\"700\"" : "", p->out);
    fputs(first->underline ? " text-decoration=\"underline\"" : "", p->out);
    fputc('>', p->out);
    for (int i = 0; i < count; i++)
        put_escaped(p->out, spot(p, row, col + i)->text);
    fputs("</text>\n", p->out);
    return count;
}

static void put_text(const picture_t *p)
{
    fprintf(p->out, "<g fill=\"%s\">\n", colors[PLAIN]);
    for (int row = 0; row < p->rows; row++)
        for (int col = 0; col < p->cols;)
            col += is_blank(spot(p, row, col)) ? 1 : put_letters(p, row, col);
    fputs("</g>\n", p->out);
}

// ---- The whole ---------------------------------------------------------------------------------

static int used_rows(const terminal_t *t)
{
    int rows = terminal_rows(t);

    while (rows > 1 && terminal_line(t, rows - 1)[0] == '\0')
        rows--;
    return rows;
}

static void put_window(FILE *out, int width, int height, const char *title)
{
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
            "height=\"%d\" font-family=\"" FONTS "\" font-size=\"" SIZE "\">\n<title>",
            width, height, width, height);
    put_escaped(out, title);
    fprintf(out,
            "</title>\n<rect x=\".5\" y=\".5\" width=\"%d\" height=\"%d\" rx=\"%d\" "
            "fill=\"%s\" stroke=\"" BORDER "\"/>\n",
            width - 1, height - 1, ROUNDING, colors[GROUND]);
    fprintf(out, "<path fill=\"" BAR "\" d=\"M1 %dv-%dq0-%d %d-%dh%dq%d 0 %d %dv%dz\"/>\n",
            BAR_HEIGHT, BAR_HEIGHT - 1 - ROUNDING, ROUNDING, ROUNDING, ROUNDING,
            width - 2 - 2 * ROUNDING, ROUNDING, ROUNDING, ROUNDING, BAR_HEIGHT - 1 - ROUNDING);
    fprintf(out, "<text x=\"%d\" y=\"%d\" fill=\"" TITLE "\">", MARGIN, BASELINE + 7);
    put_escaped(out, title);
    fputs("</text>\n", out);
}

bool svg_write(FILE *out, const terminal_t *t, const char *title)
{
    picture_t p = {.out = out, .rows = used_rows(t), .cols = terminal_cols(t)};
    _cleanup_free_ spot_t *spots = calloc((size_t) p.rows * (size_t) p.cols, sizeof(*spots));

    if (!spots)
        return false;
    p.spots = spots;
    for (int row = 0; row < p.rows; row++)
        for (int col = 0; col < p.cols; col++)
            take_spot(t, row, col, &spots[row * p.cols + col]);
    put_window(out, 2 * MARGIN + p.cols * CELL_WIDTH, top_of(p.rows) + MARGIN, title);
    put_shapes(&p);
    put_text(&p);
    fputs("</svg>\n", out);
    return !ferror(out);
}
