#ifndef MEMSCOPE_DAEMON_SETTINGS_OPTIONS_H
#define MEMSCOPE_DAEMON_SETTINGS_OPTIONS_H

// The command line of memscoped, and the keys of its configuration file, from one table.

#include "daemon/settings/settings.h"

#define OPTIONS_STATUS_USAGE 2 // systemd does not try again after it
#define MEMSCOPE_CONFIG_FILE MEMSCOPE_CONFIG_DIR "/memscoped.conf"

typedef struct {
    int status;              // exit status where options_parse returned false
    const char *config_file; // NULL: not given
    bool check_config;
} options_t;

// True: run. False: help or version was printed, or a line on stderr says what is wrong. Texts are
// views into argv. Can be called again.
bool options_parse(int argc, char **argv, settings_t *settings, options_t *ret);

// Sets a key of the configuration file. NULL: done. Otherwise what is allowed, or OPTIONS_UNKNOWN.
// The value is kept where it is a text.
#define OPTIONS_UNKNOWN ""
const char *options_set(settings_t *settings, const char *key, char *value);
// "socket, group, ... or max-per-user"; returns `buf`.
char *options_keys(char *buf, size_t cap);

#endif
