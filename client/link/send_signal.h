#ifndef MEMSCOPE_CLIENT_LINK_SEND_SIGNAL_H
#define MEMSCOPE_CLIENT_LINK_SEND_SIGNAL_H

#include <stdint.h>

// Sends a signal to the process that has this PID since `start_time` (field 22 of /proc/PID/stat),
// and to none that was given the number later. 0; -ESRCH: it has ended; -EPERM; another -errno.
int send_signal(uint64_t pid, uint64_t start_time, int number);

#endif
