#ifndef MEMSCOPE_CLIENT_COLLECT_H
#define MEMSCOPE_CLIENT_COLLECT_H

// A picture goes to the terminal in one piece. ncurses writes at every jump of the cursor, hundreds
// of times for a full screen, and whoever reads in between shows half a picture.

// Between these two what is written to standard output is collected; the second one passes it on.
// Where that cannot be had it goes where it went.
void collect_begin(void);
void collect_end(void);
void collect_done(void);

#endif
