#ifndef MEMSCOPE_CLIENT_CLI_INSPECT_PRINT_H
#define MEMSCOPE_CLIENT_CLI_INSPECT_PRINT_H

// One process on stdout: its row of the latest sample and the daemon's DETAILS.

#include "client/model/model.h"
#include "protocol/message.h"

#define INSPECT_SCHEMA 1 // of the JSON; grows when a key changes its meaning

typedef struct {
    const model_t *model;
    const row_t *row; // NULL: it is not among the living
    const details_message_t *details;
} inspected_view_t;

void inspect_print_json(const inspected_view_t *v);
void inspect_print_text(const inspected_view_t *v);

#endif
