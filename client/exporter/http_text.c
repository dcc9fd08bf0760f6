// What HTTP brings as text: addresses and Accept headers.

#include "client/exporter/http.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

bool http_parse_address(const char *text, struct sockaddr_storage *ret_address, size_t *ret_len)
{
    const char *colon = strrchr(text, ':');
    struct sockaddr_storage address = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *) &address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *) &address;
    char host[INET6_ADDRSTRLEN + 2];
    size_t len = colon ? (size_t) (colon - text) : 0, digits = colon ? strlen(colon + 1) : 0;
    unsigned long port;

    if (len == 0 || len >= sizeof(host) || digits == 0 || digits > 5 ||
            strspn(colon + 1, "0123456789") != digits)
        return false;
    port = strtoul(colon + 1, NULL, 10);
    if (port > 65535)
        return false;
    memcpy(host, text, len);
    host[len] = '\0';
    if (host[0] == '[' && host[len - 1] == ']') {
        host[len - 1] = '\0';
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t) port);
        if (inet_pton(AF_INET6, host + 1, &v6->sin6_addr) != 1)
            return false;
        *ret_len = sizeof(*v6);
    } else {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t) port);
        if (inet_pton(AF_INET, host, &v4->sin_addr) != 1)
            return false;
        *ret_len = sizeof(*v4);
    }
    *ret_address = address;
    return true;
}

// The weight in the parameters of a media range; 1 where there is none.
static double weight_of(const char *range, size_t len)
{
    const char *end = range + len;

    for (const char *at = memchr(range, ';', len); at; at = memchr(at, ';', (size_t) (end - at))) {
        at++;
        while (at < end && (*at == ' ' || *at == '\t'))
            at++;
        if (end - at > 2 && (*at == 'q' || *at == 'Q') && at[1] == '=') {
            double q = strtod(at + 2, NULL);

            return q >= 0 && q <= 1 ? q : 0;
        }
    }
    return 1;
}

static bool is_type(const char *range, size_t len, const char *type)
{
    size_t n = strlen(type);

    return len >= n && strncasecmp(range, type, n) == 0 &&
           (len == n || strchr("; \t", range[n]) != NULL);
}

exposition_format_t http_wanted_format(const char *accept)
{
    double open = 0, text = 0;

    for (const char *at = accept ? accept : ""; *at;) {
        size_t len = strcspn(at, ","), blanks = strspn(at, " \t");

        if (blanks < len && is_type(at + blanks, len - blanks, "application/openmetrics-text")) {
            double q = weight_of(at + blanks, len - blanks);

            open = q > open ? q : open;
        } else if (blanks < len && is_type(at + blanks, len - blanks, "text/plain")) {
            double q = weight_of(at + blanks, len - blanks);

            text = q > text ? q : text;
        }
        at += len + (at[len] == ',');
    }
    return open > 0 && open >= text ? EXPOSITION_OPENMETRICS : EXPOSITION_PROMETHEUS;
}
