#ifndef MEMSCOPE_CLIENT_DOCUMENT_COMPLETIONS_PRIVATE_H
#define MEMSCOPE_CLIENT_DOCUMENT_COMPLETIONS_PRIVATE_H

// What the completions of all shells are made of.

#include "client/cli/cli.h"

// Words of a choice, a column or several, a file, a process, a subcommand, or nothing in
// particular.
typedef enum {
    WORDS_NONE,
    WORDS_CHOICE,
    WORDS_COLUMN,
    WORDS_COLUMNS,
    WORDS_FILES,
    WORDS_PIDS,
    WORDS_SUBCOMMANDS,
} words_t;

typedef struct {
    const char *name, *argument, *help, *choice;
    words_t words;
} shell_option_t;

words_t completions_words(const char *argument, const char *choice);

// Those of a subcommand, or of the viewer (NULL).
void completions_each_option(
        const cli_command_t *c, void (*put)(const cli_command_t *c, const shell_option_t *o));

// Written to stdout, with blanks between.
void completions_put_choice(const char *words);
void completions_put_columns(void);
void completions_put_subcommands(void);

#endif
