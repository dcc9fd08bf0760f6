#ifndef MEMSCOPE_CLIENT_CLI_CLI_H
#define MEMSCOPE_CLIENT_CLI_CLI_H

// The subcommands: memscope NAME [OPTION]... [OPERAND]. Each is declared once, in its own file, as
// a cli_command_t and named in the table of cli.c; parsing, --help, the manual and the completions
// come from there.

#include "client/cli/suggest.h"
#include "client/link/attach.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// How a subcommand ends; cli_statuses says it for people.
enum {
    CLI_OK = 0,
    CLI_FAILURE = 1,
    CLI_USAGE = 2,
    CLI_NO_PROCESS = 3,
    CLI_NOT_PERMITTED = 4,
};

typedef struct {
    int status;
    const char *text;
} cli_status_t;

extern const cli_status_t cli_statuses[];
extern const size_t n_cli_statuses;

// What an option does to the member at `offset` of the subcommand's options.
typedef enum {
    CLI_SET,     // int = value; takes no argument
    CLI_TEXT,    // const char *
    CLI_COUNT,   // uint64_t, a whole number, 1 or more
    CLI_SECONDS, // uint64_t microseconds, from a number of seconds that may have a fraction
    CLI_TIME,    // const char *, as when_parse takes it
    CLI_CHOICE,  // int = place in `words`, from 1 on
} cli_kind_t;

typedef struct {
    const char *name;
    const char *argument; // NULL: takes none
    cli_kind_t kind;
    size_t offset;
    int value; // of CLI_SET; the most of CLI_COUNT, 0: any; the least of CLI_SECONDS, 0: any
    const char *words; // of CLI_CHOICE: "name|user|unit"
    const char *help;  // one line
} cli_option_t;

// The first member of every subcommand's options.
typedef struct {
    attach_target_t target;
    const char *socket;
    int private_daemon;
    const char *replay; // of those that have CLI_REPLAY_OPTION
    int help;
} cli_common_t;

#define CLI_REPLAY_OPTION                                                    \
    {                                                                        \
        "replay", "FILE", CLI_TEXT, offsetof(cli_common_t, replay), 0, NULL, \
                "answer from a recorded trace, as things were at its end"    \
    }

// The options of a cli_command_t: a table, and the structure that it fills.
#define CLI_OPTIONS(table, type)                                         \
    .options = (table), .n_options = sizeof(table) / sizeof((table)[0]), \
    .options_size = sizeof(type)

typedef struct cli_command cli_command_t;

typedef struct {
    const cli_command_t *command;
    const void *options; // of the size the command asked for, zeroed where nothing was given
    const char *operand; // NULL: none
    bool utf8;           // what is printed for people may be
} cli_call_t;

struct cli_command {
    const char *name;
    const char *summary; // one line, as in "memscope --help"
    const char *operand; // "PID"; "[FILE]" may be left out; NULL: there is none
    const char *about;   // a few sentences, for --help and the manual
    const cli_option_t *options;
    size_t n_options;
    size_t options_size;
    bool offline; // talks to no running daemon: has no --socket and no --private
    int (*run)(const cli_call_t *call);
};

extern const cli_command_t *const cli_commands[];
extern const size_t n_cli_commands;
extern const cli_option_t cli_common_options[]; // those of all, --help last
extern const size_t n_cli_common_options;
#define CLI_OFFLINE_OPTIONS 1 // the last so many of them are for all, the others for a daemon

const cli_command_t *cli_find(const char *name); // NULL: there is none

// "did you mean 'memscope snapshot'?", where that is `before` a name, or where no subcommand is
// called nearly so what to try.
const char *cli_meant(const char *name, const char *before, char buf[SUGGEST_MAX]);

// argv[0] is the subcommand's name. `target`: whom to talk to where no option says it. Returns the
// program's exit status; what went wrong was said on stderr.
int cli_run(const cli_command_t *command, int argc, char **argv, const attach_target_t *target,
        bool utf8);

// "Usage: memscope NAME ..." and the rest of --help.
void cli_print_help(const cli_command_t *command);

// Says "memscope: TEXT" on stderr; returns `status`.
int cli_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

// To stdout. False: it could not be written, and that was said.
bool cli_write(const char *text, size_t len);
// Sends what stdout holds. CLI_OK; CLI_FAILURE after saying why not. A reader that is gone is no
// failure, but nothing more needs to be made for it: `*ret_closed` (may be NULL).
int cli_flush(bool *ret_closed);

#endif
