#ifndef MEMSCOPE_CLIENT_OPTIONS_H
#define MEMSCOPE_CLIENT_OPTIONS_H

// What the viewer wants, as the command line says it. What is wanted always is in a settings file
// (client/settings.h).

#include "client/link/attach.h"
#include "client/model/columns.h"
#include "client/widget/theme.h"
#include <stdbool.h>
#include <stdio.h>

typedef struct {
    attach_target_t target;
    const char *replay;   // a recorded trace, in place of any daemon; NULL: none
    char speed[16];       // of it; "": its own
    const theme_t *theme; // NULL: the default one, or none at all with NO_COLOR
    column_id_t sort;
    bool no_mouse, no_signals;
    bool command; // command lines instead of names
    bool help, version;
} options_t;

typedef struct {
    const char *name;
    const char *argument;                         // NULL: it has none
    bool setting;                                 // may stand in the settings file
    bool (*set)(options_t *o, const char *value); // false: not such a value
    const char *help;
    const char *words;    // what is allowed: "yes|no"; NULL: see options_words
    const char *expected; // the same, where there are no words for it
} viewer_option_t;

extern const viewer_option_t viewer_options[];
extern const size_t n_viewer_options;

// What an option takes, "yes|no"; NULL: more than can be named. Lives until the next call.
const char *options_words(const viewer_option_t *option);

const viewer_option_t *options_find(const char *name, size_t len); // NULL: there is none
// The same for people: "yes or no".
#define OPTIONS_EXPECTED_MAX 256
const char *options_expected(const viewer_option_t *option, char buf[OPTIONS_EXPECTED_MAX]);

void options_init(options_t *o);

// 0, or -EINVAL with one line in `ret_error`.
int options_parse(options_t *o, int argc, char **argv, char *ret_error, size_t cap);

void options_print_help(FILE *out);

#endif
