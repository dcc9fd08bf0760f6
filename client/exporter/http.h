#ifndef MEMSCOPE_CLIENT_EXPORTER_HTTP_H
#define MEMSCOPE_CLIENT_EXPORTER_HTTP_H

// Serves /metrics, to GET and HEAD and so many connections at a time. Who is slow or talks nonsense
// is cut off, and where there are too many the one that came first goes. Works in the caller's
// loop: poll http_fd() for input until http_deadline_us(), then http_dispatch().

#include "client/exporter/exposition.h"
#include <stdbool.h>

#define HTTP_CONNECTIONS_MAX 128
#define HTTP_ERROR_MAX       256

typedef struct http http_t;

// Makes the text of /metrics, which the server frees. 0 or -errno.
typedef int (*http_metrics_t)(
        void *user, exposition_format_t format, char **ret_text, size_t *ret_len);

// `listen`: "127.0.0.1:9912", "[::1]:9912"; port 0: any that is free. 0, or with one line in
// `ret_error` -EINVAL where that is no address, -EOPNOTSUPP where this program was built without
// it, or another -errno.
int http_new(http_t **ret, const char *listen, http_metrics_t metrics, void *user, char *ret_error);
void http_free(http_t *h);

// Where it listens, as a URL.
const char *http_url(const http_t *h);

int http_fd(const http_t *h);
uint64_t http_deadline_us(http_t *h); // CLOCK_MONOTONIC; UINT64_MAX: none
void http_dispatch(http_t *h);

// What an Accept header (NULL: none) wants to have.
exposition_format_t http_wanted_format(const char *accept);

// Numbers and brackets only, no names. False: it is no address.
struct sockaddr_storage;
bool http_parse_address(const char *text, struct sockaddr_storage *ret_address, size_t *ret_len);

#endif
