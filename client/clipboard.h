#ifndef MEMSCOPE_CLIENT_CLIPBOARD_H
#define MEMSCOPE_CLIENT_CLIPBOARD_H

#include <stdbool.h>

// Hands text to the terminal's clipboard (OSC 52). False where the terminal would not understand.
bool clipboard_copy(const char *text);

#endif
