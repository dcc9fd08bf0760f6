#ifndef MEMSCOPE_CLIENT_EXPORTER_TEXTFILE_H
#define MEMSCOPE_CLIENT_EXPORTER_TEXTFILE_H

// A file that others read at any time: it is whole, old or new.

#include <stddef.h>

// Replaces `path`, readable by all. 0 or -errno, and then it is as it was.
int textfile_write(const char *path, const char *text, size_t len);

#endif
