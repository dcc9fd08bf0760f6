#include "client/view/text.h"

#include "common/cleanup.h"
#include "common/text.h"
#include <string.h>

#define LINE_MAX_BYTES 4096

int view_put_wrapped(const pane_t *p, int row, int col, int width, int style, const char *text)
{
    char line[LINE_MAX_BYTES];
    int lines = 0;

    width = MAX(width, 2);
    while (*text) {
        size_t len = MIN(text_wrap(text, (size_t) width), sizeof(line) - 1);

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
