#include "client/cli/progress.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include <stdio.h>
#include <string.h>

#define BAR_WIDTH 40
#define SOON_US   (300 * USEC_PER_MSEC)
#define REDRAW_US (100 * USEC_PER_MSEC)

progress_t progress_begin(void)
{
    const char *term = getenv("TERM");

    return (progress_t){.terminal = isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0),
            .start_us = clock_monotonic_us()};
}

void progress_show(progress_t *p, uint64_t done, uint64_t total, const char *what)
{
    char bar[BAR_WIDTH + 1];
    uint64_t now = clock_monotonic_us();
    unsigned filled = total > 0 ? (unsigned) (MIN(done, total) * BAR_WIDTH / total) : 0;

    if (!p->terminal || now < p->start_us + SOON_US || now < p->drawn_us + REDRAW_US)
        return;
    p->drawn_us = now;
    p->shown = true;
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', filled);
    bar[BAR_WIDTH] = '\0';
    if (total > 0)
        fprintf(stderr, "\r[%s] %3u%%  %s\033[K", bar, (unsigned) (MIN(done, total) * 100 / total),
                what);
    else
        fprintf(stderr, "\r%s\033[K", what);
}

void progress_hide(progress_t *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}
