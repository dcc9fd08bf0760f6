#ifndef MEMSCOPE_CLIENT_CLI_COMMANDS_H
#define MEMSCOPE_CLIENT_CLI_COMMANDS_H

// The subcommands, one file each.

#include "client/cli/cli.h"

extern const cli_command_t cli_snapshot;
extern const cli_command_t cli_inspect;
extern const cli_command_t cli_analyze;
extern const cli_command_t cli_status_of;
extern const cli_command_t cli_events;
extern const cli_command_t cli_why;
extern const cli_command_t cli_export;
extern const cli_command_t cli_help;

#endif
