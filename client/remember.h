#ifndef MEMSCOPE_CLIENT_REMEMBER_H
#define MEMSCOPE_CLIENT_REMEMBER_H

// Keeps in the settings file what the viewer changed while looking.

// Sets "name = value" in the file and leaves all else in it as it is; makes the file and its
// directory where there are none. 0 or -errno, and then the file is as it was.
int remember(const char *path, const char *name, const char *value);

#endif
