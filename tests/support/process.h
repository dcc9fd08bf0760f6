#ifndef MEMSCOPE_TESTS_SUPPORT_PROCESS_H
#define MEMSCOPE_TESTS_SUPPORT_PROCESS_H

// Processes for tests to look at, and what the kernel says of them. As with the terminal, what
// cannot be set up ends the test program with a message.

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// Whether this is root who may read all that the kernel tells of any process; in most containers
// root may not.
bool process_sees_all(void);
// Before a program is run: what nohup or a shell had the tests ignore is no wish of its user.
void process_default_signals(void);
// A copy of this process, killed with it: its PID, and 0 in the copy, which ends with _exit().
pid_t process_fork(void);
// In a copy, by root: from now on that user, of no group but their own, as if by an exec of theirs.
void process_become(uid_t uid);
// Waits for a child: its exit status, and 1000 more than the signal that ended it.
int process_wait(pid_t pid);

// A child with pipes on its standard input and output; killed with this process.
typedef struct {
    pid_t pid; // 0: none
    int in, out;
} process_t;

process_t process_start(const char *const argv[]);
// Comes back once somebody listens at that socket: the path is there before.
process_t process_start_listening(const char *const argv[], const char *socket_path);
void process_stop(process_t *p); // kills, reaps, closes; of none: nothing
// Closes its standard input and waits: the wait status.
int process_end(process_t *p);

// The next line of its output, without the newline; false at the end of it.
bool process_read_line(process_t *p, char *buf, size_t cap);
void process_write_line(process_t *p, const char *line);

// Runs argv to its end with its streams closed off; the wait status. What it wrote to standard
// output and error comes as one text, cut to `cap`.
int process_run(const char *const argv[], char *ret_output, size_t cap);

// The actor (see actor.c). Commands are as printf's; the answer is a PID or 0.
process_t actor_start(void);
pid_t actor_do(process_t *actor, const char *format, ...) __attribute__((format(printf, 2, 3)));

// A field in kB of /proc/PID/FILE ("status", "smaps_rollup"); -1 when it is not there.
int64_t proc_kb(pid_t pid, const char *file, const char *field);
// It exists and is no zombie.
bool proc_is_running(pid_t pid);
bool proc_wait_ended(pid_t pid, int timeout_ms); // false: still running at the deadline
pid_t proc_parent(pid_t pid);                    // 0: no such process
uint64_t proc_start_time(pid_t pid);             // in clock ticks since boot; 0: no such process
// Its open files, and some more, always as many; SIZE_MAX: no such process.
size_t proc_open_files(pid_t pid);
// How long its main thread has been kept waiting for a processor; 0: not told.
uint64_t proc_waited_us(pid_t pid);
// A running child of this name (as in /proc/PID/comm), 0: none.
pid_t proc_find_child(pid_t parent, const char *comm);

#endif
