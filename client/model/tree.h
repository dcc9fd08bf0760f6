#ifndef MEMSCOPE_CLIENT_MODEL_TREE_H
#define MEMSCOPE_CLIENT_MODEL_TREE_H

#include "client/model/sort.h"

// Puts the processes that are ROW_LISTED and their ancestors in the order of a tree: each below its
// parent, brothers sorted by what their subtrees have in all. Sets `depth` and VALUE_SUBTREE of the
// rows (PSS where it is known, otherwise RSS, of a process and all below it, listed or not).
// `indexes` has room for all processes. 0 or -ENOMEM.
int tree_order(model_t *m, uint32_t *indexes, size_t *ret_n, sort_order_t order);

#endif
