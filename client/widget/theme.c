#include "client/widget/theme.h"

#include "common/cleanup.h"
#include <string.h>

enum { RED = 1, GREEN = 2, YELLOW = 3, BLUE = 4, MAGENTA = 5, CYAN = 6, WHITE = 7 };
#define PLAIN COLOR_OF_TERMINAL

// Every tag also has its word, so that nothing is said by colour alone.
static const theme_t themes[] = {
        {
                .name = "default",
                .looks =
                        {
                                [STYLE_NORMAL] = {PLAIN, 0},
                                [STYLE_TITLE] = {PLAIN, LOOK_BOLD},
                                [STYLE_RULE] = {BLUE, 0},
                                [STYLE_HEADING] = {CYAN, 0},
                                [STYLE_HEADING_SORT] = {CYAN, LOOK_BOLD | LOOK_UNDERLINE},
                                [STYLE_DIM] = {PLAIN, LOOK_DIM},
                                [STYLE_GAUGE_LOW] = {GREEN, 0},
                                [STYLE_GAUGE_MEDIUM] = {YELLOW, 0},
                                [STYLE_GAUGE_HIGH] = {RED, 0},
                                [STYLE_SHARED] = {CYAN, 0},
                                [STYLE_KERNEL] = {MAGENTA, 0},
                                [STYLE_CACHE] = {BLUE, 0},
                                [STYLE_GROWTH] = {YELLOW, 0},
                                [STYLE_SHRINK] = {GREEN, 0},
                                [STYLE_LEAK] = {RED, LOOK_BOLD},
                                [STYLE_SUSPECT] = {YELLOW, 0},
                                [STYLE_SPIKE] = {MAGENTA, LOOK_BOLD},
                                [STYLE_ZOMBIE] = {BLUE, LOOK_BOLD},
                                [STYLE_ALERT] = {YELLOW, LOOK_BOLD},
                                [STYLE_KEY] = {CYAN, LOOK_BOLD},
                                [STYLE_MATCH] = {PLAIN, LOOK_BOLD | LOOK_UNDERLINE},
                        },
        },
        {
                .name = "high-contrast",
                .looks =
                        {
                                [STYLE_NORMAL] = {PLAIN, LOOK_BOLD},
                                [STYLE_TITLE] = {PLAIN, LOOK_BOLD | LOOK_UNDERLINE},
                                [STYLE_RULE] = {PLAIN, LOOK_BOLD},
                                [STYLE_HEADING] = {CYAN, LOOK_BOLD},
                                [STYLE_HEADING_SORT] = {CYAN, LOOK_BOLD | LOOK_UNDERLINE},
                                [STYLE_DIM] = {PLAIN, 0},
                                [STYLE_GAUGE_LOW] = {GREEN, LOOK_BOLD},
                                [STYLE_GAUGE_MEDIUM] = {YELLOW, LOOK_BOLD},
                                [STYLE_GAUGE_HIGH] = {RED, LOOK_BOLD},
                                [STYLE_SHARED] = {CYAN, LOOK_BOLD},
                                [STYLE_KERNEL] = {MAGENTA, LOOK_BOLD},
                                [STYLE_CACHE] = {PLAIN, 0},
                                [STYLE_GROWTH] = {YELLOW, LOOK_BOLD},
                                [STYLE_SHRINK] = {GREEN, LOOK_BOLD},
                                [STYLE_LEAK] = {RED, LOOK_BOLD | LOOK_REVERSE},
                                [STYLE_SUSPECT] = {YELLOW, LOOK_BOLD | LOOK_UNDERLINE},
                                [STYLE_SPIKE] = {MAGENTA, LOOK_BOLD | LOOK_REVERSE},
                                [STYLE_ZOMBIE] = {CYAN, LOOK_BOLD | LOOK_REVERSE},
                                [STYLE_ALERT] = {YELLOW, LOOK_BOLD | LOOK_REVERSE},
                                [STYLE_KEY] = {PLAIN, LOOK_BOLD | LOOK_UNDERLINE},
                                [STYLE_MATCH] = {YELLOW, LOOK_BOLD | LOOK_UNDERLINE},
                        },
        },
        {
                .name = "mono",
                .looks =
                        {
                                [STYLE_NORMAL] = {PLAIN, 0},
                                [STYLE_TITLE] = {PLAIN, LOOK_BOLD},
                                [STYLE_RULE] = {PLAIN, 0},
                                [STYLE_HEADING] = {PLAIN, 0},
                                [STYLE_HEADING_SORT] = {PLAIN, LOOK_BOLD | LOOK_UNDERLINE},
                                [STYLE_DIM] = {PLAIN, 0},
                                [STYLE_GAUGE_LOW] = {PLAIN, 0},
                                [STYLE_GAUGE_MEDIUM] = {PLAIN, 0},
                                [STYLE_GAUGE_HIGH] = {PLAIN, LOOK_BOLD},
                                [STYLE_SHARED] = {PLAIN, 0},
                                [STYLE_KERNEL] = {PLAIN, 0},
                                [STYLE_CACHE] = {PLAIN, 0},
                                [STYLE_GROWTH] = {PLAIN, 0},
                                [STYLE_SHRINK] = {PLAIN, 0},
                                [STYLE_LEAK] = {PLAIN, LOOK_BOLD},
                                [STYLE_SUSPECT] = {PLAIN, 0},
                                [STYLE_SPIKE] = {PLAIN, LOOK_BOLD},
                                [STYLE_ZOMBIE] = {PLAIN, LOOK_BOLD},
                                [STYLE_ALERT] = {PLAIN, LOOK_BOLD},
                                [STYLE_KEY] = {PLAIN, LOOK_BOLD},
                                [STYLE_MATCH] = {PLAIN, LOOK_BOLD | LOOK_UNDERLINE},
                        },
        },
};

const theme_t *theme_get(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(themes); i++)
        if (strcmp(themes[i].name, name) == 0)
            return &themes[i];
    return NULL;
}

const theme_t *theme_next(const theme_t *t)
{
    size_t i = (size_t) (t - themes);

    return &themes[(i + 1) % ARRAY_SIZE(themes)];
}
