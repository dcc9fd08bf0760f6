#ifndef MEMSCOPE_TESTS_SUPPORT_STUCK_H
#define MEMSCOPE_TESTS_SUPPORT_STUCK_H

// A process whose arguments lie in memory that nobody serves: who reads its command line waits.

#include <stdbool.h>
#include <sys/types.h>

typedef struct {
    pid_t pid;
    int release; // closed: its memory answers
} stuck_t;

// -errno where this kernel or user may not do that.
int stuck_start(stuck_t *s);
// Whether a reader waits indeed: kernels differ in that.
bool stuck_blocks(const stuck_t *s);
void stuck_release(stuck_t *s);
void stuck_stop(stuck_t *s);

#endif
