/* SPDX-License-Identifier: ISC
 *
 * child_status.c - what master and its children tell each other.
 */
#include "service/child_status.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"

/* Services do not fork before they say this. */
static pid_t own_pid(void)
{
    static pid_t pid;

    if (pid == 0)
        pid = getpid();
    return pid;
}

static unsigned generation(void)
{
    static unsigned long number;
    static bool is_known;

    if (!is_known) {
        const char *text = getenv("MASTER_GENERATION");
        if (text == NULL || !num_parse_ulong(text, 10, &number))
            number = 0;
        is_known = true;
    }
    return (unsigned)number;
}

bool child_status_send(int fd, int clients, int room)
{
    const struct child_status status = { .pid = own_pid(),
                                         .generation = generation(),
                                         .clients = clients,
                                         .room = room };
    ssize_t put;

    do {
        put = write(fd, &status, sizeof status);
    } while (put < 0 && errno == EINTR);
    return put == (ssize_t)sizeof status;
}
