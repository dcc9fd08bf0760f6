#ifndef MEMSCOPE_CLIENT_WIDGET_THEME_H
#define MEMSCOPE_CLIENT_WIDGET_THEME_H

// How the styles of cells look. Knows colours and attributes, but no terminal.

#include "client/widget/style.h"
#include <stdbool.h>
#include <stdint.h>

enum { LOOK_BOLD = 1 << 0, LOOK_DIM = 1 << 1, LOOK_REVERSE = 1 << 2, LOOK_UNDERLINE = 1 << 3 };

#define COLOR_OF_TERMINAL (-1)

typedef struct {
    int8_t color;       // 0..7 in the order of ANSI, or COLOR_OF_TERMINAL
    uint8_t attributes; // LOOK_*
} look_t;

typedef struct {
    const char *name;
    look_t looks[STYLE_COUNT];
} theme_t;

// "default", "high-contrast" or "mono"; NULL: there is no such theme.
const theme_t *theme_next(const theme_t *t);
const theme_t *theme_get(const char *name);

#endif
