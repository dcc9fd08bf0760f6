#ifndef MEMSCOPE_PROTOCOL_DOCUMENT_H
#define MEMSCOPE_PROTOCOL_DOCUMENT_H

// Writes bytes and what they mean to standard output, as mdoc(7).
void document_put_examples(void);

#endif
