#ifndef MEMSCOPE_CLIENT_SETTINGS_H
#define MEMSCOPE_CLIENT_SETTINGS_H

// The viewer's settings file: options that hold where the command line says nothing else.

#include "client/options.h"

// Reads "name = value" lines. 0, also where there is no file, or -errno with one line in
// `ret_error`; what is right in a file that is not counts all the same.
int settings_load(options_t *o, const char *path, char *ret_error, size_t cap);
// Where the settings are: below $XDG_CONFIG_HOME or ~/.config. False: nowhere.
bool settings_path(char *buf, size_t cap);

#endif
