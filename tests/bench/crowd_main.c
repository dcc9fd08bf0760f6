// crowd N [ACTIVE]: N processes, until standard input ends. Says "ready" when all are there.

#include "tests/bench/crowd.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    crowd_t crowd;

    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: crowd N [ACTIVE]\n");
        return 2;
    }
    crowd = crowd_start(strtoul(argv[1], NULL, 10), argc > 2 ? strtoul(argv[2], NULL, 10) : 0);
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF)
        ;
    crowd_stop(&crowd);
    return 0;
}
