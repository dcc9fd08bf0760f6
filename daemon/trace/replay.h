#ifndef MEMSCOPE_DAEMON_TRACE_REPLAY_H
#define MEMSCOPE_DAEMON_TRACE_REPLAY_H

// Plays a recorded trace to one client as if it happened now: the same engine, the same frames, and
// the trace's own time. At the end the last sample stays.

// Serves the client on `client_fd`, a connected stream socket, until it goes. Both descriptors are
// owned from here on. `speed`: as replay_speed in daemon/settings/settings.h. What is wrong with
// the trace is logged as "trace:LINE:COLUMN: ...", and ends it. The program's exit status.
int replay_run(int client_fd, int trace_fd, double speed);

#endif
