// Takes pictures of a program at work: `picture COLSxROWS STEP... -- PROGRAM [ARGUMENT]...`
//
//     wait=TEXT    until it is on the screen
//     gone=TEXT    until it is no longer
//     end          until the program has ended, which has to be well
//     keys=TEXT    types it; \r \e \\ are what they are in C
//     size=COLSxROWS   the window changes
//     title=TEXT   of the pictures from here on
//     svg=FILE     a picture of the screen as it is

#include "common/cleanup.h"
#include "tests/pictures/svg.h"
#include "tests/support/terminal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS (20 * 60 * 1000)

typedef struct {
    terminal_t *terminal;
    const char *title;
} session_t;

static _Noreturn void fail(const session_t *s, const char *step)
{
    if (s->terminal)
        terminal_dump(s->terminal);
    fprintf(stderr, "picture: %s: failed\n", step);
    exit(1);
}

static bool wait_text(session_t *s, const char *text)
{
    return terminal_wait_text(s->terminal, text, PATIENCE_MS);
}

static bool wait_gone(session_t *s, const char *text)
{
    return terminal_wait_gone(s->terminal, text, PATIENCE_MS);
}

static bool wait_end(session_t *s, const char *text)
{
    (void) text;
    return terminal_wait_exit(s->terminal, PATIENCE_MS) == 0;
}

static bool type(session_t *s, const char *text)
{
    for (; *text; text++) {
        char key[2] = {*text};

        if (*text == '\\' && text[1]) {
            text++;
            key[0] = *text == 'r' ? '\r' : *text == 'e' ? '\033' : *text;
        }
        terminal_send(s->terminal, key);
    }
    return true;
}

static bool parse_size(const char *text, int *ret_cols, int *ret_rows)
{
    return sscanf(text, "%dx%d", ret_cols, ret_rows) == 2 && *ret_cols > 0 &&
           *ret_cols <= TERMINAL_MAX_COLS && *ret_rows > 0 && *ret_rows <= TERMINAL_MAX_ROWS;
}

static bool set_size(session_t *s, const char *text)
{
    int cols, rows;

    if (!parse_size(text, &cols, &rows))
        return false;
    terminal_resize(s->terminal, rows, cols);
    return true;
}

static bool set_title(session_t *s, const char *text)
{
    s->title = text;
    return true;
}

static bool take_picture(session_t *s, const char *path)
{
    _cleanup_fclose_ FILE *out = fopen(path, "we");

    if (!out)
        fprintf(stderr, "picture: %s: %s\n", path, strerror(errno));
    return out && svg_write(out, s->terminal, s->title) && fflush(out) == 0;
}

static const struct {
    const char *name;
    bool (*take)(session_t *s, const char *value);
} steps[] = {{"wait=", wait_text}, {"gone=", wait_gone}, {"end", wait_end}, {"keys=", type},
        {"size=", set_size}, {"title=", set_title}, {"svg=", take_picture}};

static bool take_step(session_t *s, const char *step)
{
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        size_t len = strlen(steps[i].name);

        if (strncmp(step, steps[i].name, len) == 0)
            return steps[i].take(s, step + len);
    }
    return false;
}

int main(int argc, char **argv)
{
    session_t s = {.title = ""};
    terminal_options_t options = {0};
    int program = 2;

    while (program < argc && strcmp(argv[program], "--") != 0)
        program++;
    if (argc < 4 || program + 1 >= argc || !parse_size(argv[1], &options.cols, &options.rows)) {
        fputs("usage: picture COLSxROWS STEP... -- PROGRAM [ARGUMENT]...\n", stderr);
        return 2;
    }
    options.argv = (const char *const *) &argv[program + 1];
    s.terminal = terminal_start(&options);
    for (int i = 2; i < program; i++)
        if (!take_step(&s, argv[i]))
            fail(&s, argv[i]);
    terminal_free(s.terminal);
    return 0;
}
