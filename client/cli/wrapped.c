#include "client/cli/wrapped.h"

#include "common/text.h"
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ROOM          20 // columns that an indented line has at least
#define HELP_COLUMNS  80 // elsewhere than on a terminal
#define OPTION_INDENT 23

size_t wrapped_columns(void)
{
    struct winsize size;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 ? 0 : size.ws_col;
}

static void put(FILE *out, const char *text, size_t columns, size_t indent)
{
    size_t first = 0, len;

    if (columns < indent + ROOM) {
        fprintf(out, "%s\n", text);
        return;
    }
    do {
        len = text_wrap(text, columns - first);
        fprintf(out, "%*s%.*s\n", (int) first, "", (int) len, text);
        text += len;
        while (*text == ' ')
            text++;
        first = indent;
    } while (*text);
}

void wrapped_print(const char *text, size_t columns, size_t indent)
{
    put(stdout, text, columns, indent);
}

// A file is read on a terminal in the end.
static size_t help_columns(FILE *out)
{
    size_t columns = out == stdout ? wrapped_columns() : 0;

    return columns ? columns : HELP_COLUMNS;
}

void wrapped_help(FILE *out, const char *text)
{
    put(out, text, help_columns(out), 0);
}

void wrapped_entry(FILE *out, const char *left, size_t indent, const char *help)
{
    char line[256];

    snprintf(line, sizeof(line), "  %-*s %s", (int) indent - 3, left, help);
    put(out, line, help_columns(out), indent);
}

void wrapped_option(FILE *out, const char *name, const char *argument, const char *help)
{
    char left[64];

    snprintf(left, sizeof(left), "--%s%s%s", name, argument ? " " : "", argument ? argument : "");
    wrapped_entry(out, left, OPTION_INDENT, help);
}
