// A listener on the system bus for tests: `hear SECONDS MEMBER...` prints every signal of
// org.memscope1 in full, after a line "listening", and ends with 0 as soon as it has heard each
// MEMBER, with 1 after SECONDS.

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>

#define MEMBERS_MAX 8

typedef struct {
    char **members;
    int n;
    bool heard[MEMBERS_MAX];
} wanted_t;

static int on_signal(sd_bus_message *m, void *user, sd_bus_error *error)
{
    wanted_t *w = user;
    const char *member = sd_bus_message_get_member(m);

    (void) error;
    printf("%s %s\n", member, sd_bus_message_get_signature(m, true));
    sd_bus_message_dump(m, stdout, 0);
    fflush(stdout);
    for (int i = 0; i < w->n; i++)
        w->heard[i] |= strcmp(w->members[i], member) == 0;
    return 0;
}

static bool heard_all(const wanted_t *w)
{
    for (int i = 0; i < w->n; i++)
        if (!w->heard[i])
            return false;
    return true;
}

int main(int argc, char **argv)
{
    wanted_t w = {argv + 2, argc - 2, {false}};
    sd_bus *bus = NULL;
    time_t end;
    int r;

    if (argc < 3 || argc - 2 > MEMBERS_MAX)
        return 2;
    end = time(NULL) + atoi(argv[1]);
    r = sd_bus_open_system(&bus);
    if (r >= 0)
        r = sd_bus_match_signal(
                bus, NULL, "org.memscope1", "/org/memscope1", NULL, NULL, on_signal, &w);
    if (r >= 0)
        puts("listening");
    fflush(stdout);
    while (r >= 0 && !heard_all(&w) && time(NULL) < end) {
        r = sd_bus_process(bus, NULL);
        if (r == 0)
            r = sd_bus_wait(bus, 200000);
    }
    if (r < 0)
        fprintf(stderr, "hear: %s\n", strerror(-r));
    sd_bus_unref(bus);
    return r >= 0 && heard_all(&w) ? 0 : 1;
}
