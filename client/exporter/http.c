#include "client/exporter/http.h"

#include "client/exporter/microhttpd.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define IDLE_SECONDS  5
#define REQUEST_US    (10 * USEC_PER_SEC)        // for a connection in all
#define REQUEST_BYTES 16384                      // of a connection's request and answer head
#define GUESTS_MAX    (2 * HTTP_CONNECTIONS_MAX) // with those that are being shown out
#define URL_MAX_LEN   96

typedef struct {
    int fd; // -1: free
    bool leaving;
    uint64_t since_us;
} guest_t;

struct http {
    struct MHD_Daemon *daemon;
    http_metrics_t metrics;
    void *user;
    guest_t guests[GUESTS_MAX];
    char url[URL_MAX_LEN];
};

static const char index_page[] =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><title>memscope</title></head>\n"
        "<body><h1>memscope</h1><p><a href=\"/metrics\">Metrics</a> of this host's memory, for "
        "Prometheus.</p></body></html>\n";

// ---- Answers -----------------------------------------------------------------------------------

static enum MHD_Result answer(
        struct MHD_Connection *c, unsigned status, const char *type, struct MHD_Response *response)
{
    enum MHD_Result result;

    if (!response)
        return MHD_NO;
    mhd.add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    mhd.add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    mhd.add_response_header(response, "X-Content-Type-Options", "nosniff");
    // One request a connection: what is counted against the limits is at work.
    mhd.add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        mhd.add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    result = mhd.queue_response(c, status, response);
    mhd.destroy_response(response);
    return result;
}

static enum MHD_Result answer_text(
        struct MHD_Connection *c, unsigned status, const char *type, const char *text)
{
    return answer(c, status, type,
            mhd.create_response_from_buffer(
                    strlen(text), (void *) (uintptr_t) text, MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result answer_metrics(http_t *h, struct MHD_Connection *c)
{
    const char *accept = mhd.lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
    exposition_format_t format = http_wanted_format(accept);
    struct MHD_Response *response;
    char *text = NULL;
    size_t len = 0;

    if (h->metrics(h->user, format, &text, &len) < 0)
        return answer_text(c, MHD_HTTP_SERVICE_UNAVAILABLE, "text/plain", "out of memory\n");
    response = mhd.create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE);
    if (!response)
        free(text);
    return answer(c, MHD_HTTP_OK, exposition_content_type(format), response);
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *c, const char *url,
        const char *method, const char *version, const char *upload, size_t *upload_len,
        void **request)
{
    (void) version;
    (void) upload;
    (void) upload_len;
    (void) request;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return answer_text(c, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain", "only GET and HEAD\n");
    if (strcmp(url, "/metrics") == 0)
        return answer_metrics(user, c);
    if (strcmp(url, "/") == 0)
        return answer_text(c, MHD_HTTP_OK, "text/html; charset=utf-8", index_page);
    return answer_text(
            c, MHD_HTTP_NOT_FOUND, "text/plain", "there is /metrics, and nothing else\n");
}

// ---- Connections -------------------------------------------------------------------------------

static void show_out(guest_t *g)
{
    shutdown(g->fd, SHUT_RDWR);
    g->leaving = true;
}

// Whether something was sent that is still to be looked at.
static bool is_heard(const guest_t *g)
{
    int unread = 0;

    return ioctl(g->fd, FIONREAD, &unread) < 0 || unread == 0;
}

// Who collects asks and is answered within moments: of more than there is room for, the one that
// has been here longest goes, so that nobody can take all the room and keep it.
static void make_room(http_t *h)
{
    guest_t *oldest = NULL;
    size_t n = 0;

    for (size_t i = 0; i < GUESTS_MAX; i++) {
        guest_t *g = &h->guests[i];

        if (g->fd < 0 || g->leaving)
            continue;
        n++;
        if ((!oldest || g->since_us < oldest->since_us) && is_heard(g))
            oldest = g;
    }
    if (n >= HTTP_CONNECTIONS_MAX && oldest)
        show_out(oldest);
}

static void on_connection(void *user, struct MHD_Connection *c, void **context,
        enum MHD_ConnectionNotificationCode code)
{
    const union MHD_ConnectionInfo *info =
            mhd.get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    http_t *h = user;

    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*context)
            *(guest_t *) *context = (guest_t){.fd = -1};
        return;
    }
    make_room(h);
    for (size_t i = 0; info && i < GUESTS_MAX; i++) {
        if (h->guests[i].fd >= 0)
            continue;
        h->guests[i] = (guest_t){.fd = info->connect_fd, .since_us = clock_monotonic_us()};
        *context = &h->guests[i];
        return;
    }
}

// A byte now and then is no request.
static void cut_off_slow(http_t *h, uint64_t now)
{
    for (size_t i = 0; i < GUESTS_MAX; i++) {
        guest_t *g = &h->guests[i];

        if (g->fd >= 0 && !g->leaving && now - g->since_us >= REQUEST_US)
            show_out(g);
    }
}

int http_fd(const http_t *h)
{
    return mhd.get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

uint64_t http_deadline_us(http_t *h)
{
    uint64_t now = clock_monotonic_us(), deadline = UINT64_MAX;
    unsigned long long ms;

    if (mhd.get_timeout(h->daemon, &ms) == MHD_YES)
        deadline = now + ms * USEC_PER_MSEC;
    for (size_t i = 0; i < GUESTS_MAX; i++)
        if (h->guests[i].fd >= 0 && !h->guests[i].leaving)
            deadline = MIN(deadline, MAX(h->guests[i].since_us + REQUEST_US, now));
    return deadline;
}

void http_dispatch(http_t *h)
{
    cut_off_slow(h, clock_monotonic_us());
    mhd.run(h->daemon);
}

// ---- The listening socket ----------------------------------------------------------------------

static void put_url(http_t *h, int fd)
{
    struct sockaddr_storage bound = {0};
    const struct sockaddr_in *v4 = (const struct sockaddr_in *) &bound;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *) &bound;
    socklen_t len = sizeof(bound);
    char host[INET6_ADDRSTRLEN] = "";
    bool six;

    getsockname(fd, (struct sockaddr *) &bound, &len);
    six = bound.ss_family == AF_INET6;
    inet_ntop(bound.ss_family, six ? (const void *) &v6->sin6_addr : (const void *) &v4->sin_addr,
            host, sizeof(host));
    snprintf(h->url, sizeof(h->url), six ? "http://[%s]:%u/metrics" : "http://%s:%u/metrics", host,
            ntohs(six ? v6->sin6_port : v4->sin_port));
}

static int listen_on(const char *text, int *ret_fd, char *ret_error)
{
    const int on = 1, off = 0;
    struct sockaddr_storage address;
    _cleanup_close_ int fd = -1;
    size_t len;

    if (!http_parse_address(text, &address, &len)) {
        snprintf(ret_error, HTTP_ERROR_MAX,
                "--listen '%.80s': expected ADDRESS:PORT, such as 127.0.0.1:9912 or [::1]:9912",
                text);
        return -EINVAL;
    }
    fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (fd >= 0 && address.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (fd < 0 || bind(fd, (struct sockaddr *) &address, (socklen_t) len) < 0 ||
            listen(fd, HTTP_CONNECTIONS_MAX) < 0) {
        int r = -errno;

        snprintf(ret_error, HTTP_ERROR_MAX, "cannot listen on %.80s: %s%s", text, strerror(-r),
                r == -EADDRINUSE ? "; end what uses it, or choose another port with --listen" : "");
        return r;
    }
    *ret_fd = take_fd(&fd);
    return 0;
}

static void ignore_log(void *user, const char *format, va_list args)
        __attribute__((format(printf, 2, 0)));
static void ignore_log(void *user, const char *format, va_list args)
{
    (void) user;
    (void) format;
    (void) args;
}

int http_new(http_t **ret, const char *listen, http_metrics_t metrics, void *user, char *ret_error)
{
    _cleanup_close_ int fd = -1;
    http_t *h;
    int r = listen_on(listen, &fd, ret_error);

    if (r == 0)
        r = microhttpd_load(ret_error, HTTP_ERROR_MAX);
    if (r < 0)
        return r;
    snprintf(ret_error, HTTP_ERROR_MAX, "cannot serve HTTP: out of memory or descriptors");
    h = calloc(1, sizeof(*h));
    if (!h)
        return -ENOMEM;
    h->metrics = metrics;
    h->user = user;
    for (size_t i = 0; i < GUESTS_MAX; i++)
        h->guests[i].fd = -1;
    put_url(h, fd);
    h->daemon = mhd.start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, h,
            MHD_OPTION_EXTERNAL_LOGGER, ignore_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
            MHD_OPTION_CONNECTION_LIMIT, (unsigned) GUESTS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
            (unsigned) IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) REQUEST_BYTES,
            MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
            MHD_OPTION_END);
    if (!h->daemon) {
        free(h);
        return -ENOMEM;
    }
    (void) take_fd(&fd);
    *ret = h;
    return 0;
}

void http_free(http_t *h)
{
    if (!h)
        return;
    mhd.stop_daemon(h->daemon);
    free(h);
}

const char *http_url(const http_t *h)
{
    return h->url;
}
