#ifndef MEMSCOPE_CLIENT_DOCUMENT_COMPLETIONS_H
#define MEMSCOPE_CLIENT_DOCUMENT_COMPLETIONS_H

// Writes what shells complete after "memscope" to stdout, from the tables of options.

void completions_bash(void);
void completions_zsh(void);
void completions_fish(void);

#endif
