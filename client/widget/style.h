#ifndef MEMSCOPE_CLIENT_WIDGET_STYLE_H
#define MEMSCOPE_CLIENT_WIDGET_STYLE_H

// What a cell means; how that looks is the theme's business (client/widget/theme.h).

typedef enum {
    STYLE_NORMAL,
    STYLE_TITLE,
    STYLE_RULE,
    STYLE_HEADING,
    STYLE_HEADING_SORT, // the column that the list is sorted by
    STYLE_DIM,
    STYLE_GAUGE_LOW,
    STYLE_GAUGE_MEDIUM,
    STYLE_GAUGE_HIGH,
    STYLE_SHARED,
    STYLE_KERNEL,
    STYLE_CACHE,
    STYLE_GROWTH,
    STYLE_SHRINK,
    STYLE_LEAK,
    STYLE_SUSPECT,
    STYLE_SPIKE,
    STYLE_ZOMBIE,
    STYLE_ALERT,
    STYLE_KEY,
    STYLE_MATCH,
    STYLE_COUNT,
} style_t;

// Added to a style: the row under the cursor.
#define STYLE_SELECTED 0x80
#define STYLE_MASK     0x7f

#endif
