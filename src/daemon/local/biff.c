/* SPDX-License-Identifier: ISC
 *
 * biff.c - "you have new mail", for users who asked for it with biff(1).
 *
 * The comsat service of this host gets a datagram "user@offset". Nobody knows
 * whether it runs, and nobody waits for it.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/sock.h"
#include "base/str.h"
#include "local.h"

/* False: there is no such service on this system. */
static bool find_service(struct addr *to)
{
    static int port = -1;

    if (port < 0 && !sock_port("biff", "udp", &port))
        port = 0;
    return port > 0 && addr_parse("127.0.0.1", port, to);
}

static int open_socket(void)
{
    static int fd = -1;

    if (fd < 0)
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        log_warning("biff: socket: %m");
    return fd;
}

void biff_tell(const char *user, off_t start)
{
    struct addr to;
    int fd;

    if (!find_service(&to) || (fd = open_socket()) < 0)
        return;
    char *text = mem_printf("%s@%ld", user, (long)start);
    /* Refused if nobody listens, which is how it mostly is. */
    (void)sendto(fd, text, strlen(text) + 1, 0, &to.generic, to.length);
    free(text);
}
