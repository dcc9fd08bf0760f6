#ifndef MEMSCOPE_DAEMON_OPTIONS_H
#define MEMSCOPE_DAEMON_OPTIONS_H

// The command line of memscoped, from one table.

#include "daemon/manager.h"

typedef struct {
    int status; // exit status where options_parse returned false
} options_t;

// True: run. False: help or version was printed, or a line on stderr says what is wrong.
bool options_parse(int argc, char **argv, manager_config_t *config, options_t *ret);

#endif
