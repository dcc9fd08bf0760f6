#ifndef MEMSCOPE_CLIENT_EXPORTER_MICROHTTPD_H
#define MEMSCOPE_CLIENT_EXPORTER_MICROHTTPD_H

// libmicrohttpd, loaded when something is to be served: linked, it and the libraries that it brings
// (TLS among them) would take every memscope on every terminal 2.5 MB and milliseconds to start.

#include <microhttpd.h>
#include <stddef.h>

#define MICROHTTPD_FUNCTIONS(X)    \
    X(add_response_header)         \
    X(create_response_from_buffer) \
    X(destroy_response)            \
    X(get_connection_info)         \
    X(get_daemon_info)             \
    X(get_timeout)                 \
    X(lookup_connection_value)     \
    X(queue_response)              \
    X(run)                         \
    X(start_daemon)                \
    X(stop_daemon)

typedef struct {
#define X(name) __typeof__(MHD_##name) *name;
    MICROHTTPD_FUNCTIONS(X)
#undef X
} microhttpd_t;

extern microhttpd_t mhd; // counts once it was loaded

// 0, or -ENOENT with a line in `ret_error`.
int microhttpd_load(char *ret_error, size_t cap);

#endif
