#ifndef MEMSCOPE_CLIENT_MODEL_PROMPT_H
#define MEMSCOPE_CLIENT_MODEL_PROMPT_H

// The line in which a search, a filter or a signal is typed.

#include <stdbool.h>
#include <stddef.h>

#define PROMPT_MAX 128

typedef enum { PROMPT_NONE, PROMPT_SEARCH, PROMPT_FILTER, PROMPT_SIGNAL } prompt_kind_t;

typedef struct {
    prompt_kind_t kind;
    char text[PROMPT_MAX];   // UTF-8
    char before[PROMPT_MAX]; // what was in force when it was opened
    char error[128];         // why it is not in force, "" if it is
    size_t place;            // of the cursor in the list when it was opened
} prompt_t;

void prompt_open(prompt_t *p, prompt_kind_t kind, const char *text, size_t place);

// A key that edits: a character, Backspace, ^U (all), ^W (a word). True: the text changed.
bool prompt_key(prompt_t *p, int code);

#endif
