#ifndef MEMSCOPE_DAEMON_TRACE_ANALYZE_H
#define MEMSCOPE_DAEMON_TRACE_ANALYZE_H

// The rules over a trace, for one client: what they find goes to it as EVENTs on the trace's own
// clock, how far they are as ANALYSIS.
//
// Of a process that is there in the first sample the age is taken from its start_time, in ticks of
// 1/100 s, where that lies on the trace's clock, and unknown otherwise; whoever comes later is new.

// Serves the client on `client_fd`, a connected stream socket, until it goes. Both descriptors are
// owned from here on. The program's exit status.
int analyze_run(int client_fd, int trace_fd);

#endif
