#include "common/mdoc.h"
#include "common/cleanup.h"

#include <string.h>

#define LINE_WIDTH 78

void mdoc_put_text(const char *s)
{
    size_t column = 0;

    while (*s) {
        size_t word = strcspn(s, " ");

        if (column > 0 && column + 1 + word > LINE_WIDTH && *s != '.' && *s != '\'') {
            putchar('\n');
            column = 0;
        } else if (column > 0) {
            putchar(' ');
            column++;
        }
        if (column == 0 && (*s == '.' || *s == '\''))
            fputs("\\&", stdout);
        for (size_t i = 0; i < word; i++)
            fputs(s[i] == '\\' ? "\\e" : (char[]){s[i], '\0'}, stdout);
        column += word;
        s += word;
        s += strspn(s, " ");
    }
    putchar('\n');
}

bool mdoc_is(const char *name, size_t len, const char *expected)
{
    return strlen(expected) == len && memcmp(expected, name, len) == 0;
}

// False: a place that nobody knows.
static bool put_line(const char *line, bool (*place)(const char *name, size_t len, bool alone))
{
    bool list = line[0] == '@' && line[strlen(line) - 2] == '@';

    while (*line) {
        const char *at = strchr(line, '@'), *end = at ? strchr(at + 1, '@') : NULL;

        if (!end)
            return fputs(line, stdout) >= 0;
        fwrite(line, 1, (size_t) (at - line), stdout);
        if (!place(at + 1, (size_t) (end - at - 1), list))
            return false;
        line = end + 1;
        if (list && *line == '\n')
            break;
    }
    return true;
}

int mdoc_fill(const char *template_path, bool (*place)(const char *name, size_t len, bool alone))
{
    _cleanup_fclose_ FILE *template = fopen(template_path, "re");
    _cleanup_free_ char *line = NULL;
    size_t cap = 0;

    if (!template) {
        perror(template_path);
        return 1;
    }
    while (getline(&line, &cap, template) > 0) {
        if (!put_line(line, place)) {
            fprintf(stderr, "%s: unknown place: %s", template_path, line);
            return 1;
        }
    }
    return fflush(stdout) != 0;
}
