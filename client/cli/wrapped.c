#include "client/cli/wrapped.h"

#include "common/text.h"
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ROOM 20 // columns that an indented line has at least

size_t wrapped_columns(void)
{
    struct winsize size;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 ? 0 : size.ws_col;
}

void wrapped_print(const char *text, size_t columns, size_t indent)
{
    size_t first = 0, len;

    if (columns < indent + ROOM) {
        puts(text);
        return;
    }
    do {
        len = text_wrap(text, columns - first);
        printf("%*s%.*s\n", (int) first, "", (int) len, text);
        text += len;
        while (*text == ' ')
            text++;
        first = indent;
    } while (*text);
}
