#include "client/view/text.h"

#include "common/cleanup.h"
#include "common/text.h"
#include <string.h>

#define LINE_MAX_BYTES 4096

// Bytes of the first line of `text`.
static size_t line_length(const char *text, int width)
{
    size_t taken, len = text_fit(text, (size_t) width, &taken), blank;

    if (text[len] == '\0' || text[len] == ' ')
        return len;
    for (blank = len; blank > 0 && text[blank] != ' '; blank--)
        ;
    // A word that would leave more than half of the line empty is broken instead.
    if (blank * 2 > len)
        return blank;
    return MAX(len, (size_t) 1);
}

int view_put_wrapped(const pane_t *p, int row, int col, int width, int style, const char *text)
{
    char line[LINE_MAX_BYTES];
    int lines = 0;

    width = MAX(width, 2);
    while (*text) {
        size_t len = MIN(line_length(text, width), sizeof(line) - 1);

        memcpy(line, text, len);
        line[len] = '\0';
        pane_put(p, row + lines, col, width, ALIGN_LEFT, style, line);
        lines++;
        text += len;
        while (*text == ' ')
            text++;
    }
    return MAX(lines, 1);
}
