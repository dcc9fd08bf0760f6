#ifndef MEMSCOPE_CLIENT_WIDGET_GLYPHS_H
#define MEMSCOPE_CLIENT_WIDGET_GLYPHS_H

// What lines, gauges and sparklines are made of: block elements where the locale is UTF-8, ASCII
// elsewhere.

#include <stdbool.h>

#define GLYPH_LEVELS 8
#define GLYPH_PARTS  6

typedef struct {
    bool utf8;
    const char *rule;
    const char *axis;
    const char *gauge_full;
    const char *gauge_empty;
    const char *part[GLYPH_PARTS];       // of a gauge that has several, told apart without colour
    const char *level[GLYPH_LEVELS + 1]; // from empty to full
    const char *branch, *last_branch;    // before a child
    const char *up;
    const char *more; // in place of what had no room
} glyphs_t;

const glyphs_t *glyphs_get(bool utf8);

#endif
