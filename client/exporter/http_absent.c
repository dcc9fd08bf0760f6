// In place of http.c in a program that is built without libmicrohttpd.

#include "client/exporter/http.h"

#include <errno.h>

int http_new(http_t **ret, const char *listen, http_metrics_t metrics, void *user, char *ret_error)
{
    (void) ret;
    (void) listen;
    (void) metrics;
    (void) user;
    snprintf(ret_error, HTTP_ERROR_MAX,
            "this memscope is built without libmicrohttpd and cannot serve HTTP: use --textfile, "
            "or build it with meson's -Dexport=enabled");
    return -EOPNOTSUPP;
}

void http_free(http_t *h)
{
    (void) h;
}

const char *http_url(const http_t *h)
{
    (void) h;
    return "";
}

int http_fd(const http_t *h)
{
    (void) h;
    return -1;
}

uint64_t http_deadline_us(http_t *h)
{
    (void) h;
    return UINT64_MAX;
}

void http_dispatch(http_t *h)
{
    (void) h;
}
