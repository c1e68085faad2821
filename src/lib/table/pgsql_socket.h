/* SPDX-License-Identifier: ISC
 *
 * pgsql_socket.h - how much comes from a database server.
 *
 * TCP counts what a connection received; a UNIX-domain socket does not. There
 * the library gets one end of a pair of sockets in its place, and what it says
 * and hears is passed on while it waits.
 */
#ifndef TABLE_PGSQL_SOCKET_H
#define TABLE_PGSQL_SOCKET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"

struct pgsql_socket {
    int server;      /* what the library opened; -1: it has that itself */
    int inner;       /* our end of the pair */
    ino_t given;     /* the library's end */
    uint64_t passed; /* bytes from the server */
};
#define PGSQL_SOCKET_NONE \
    {                     \
        -1, -1, 0, 0      \
    }

/* The library has made progress in connecting, its socket is <fd>: another
 * than before perhaps, and nothing was read from it yet in that case. False:
 * the system is short of something. */
bool pgsql_socket_follow(struct pgsql_socket *s, int fd);
/* Wait for <events> of poll(2) at the library's socket <fd>. False: the time is
 * over, or a signal came. */
bool pgsql_socket_wait(struct pgsql_socket *s, int fd, short events,
                       deadline_t until);
/* All bytes that came until now. */
uint64_t pgsql_socket_received(const struct pgsql_socket *s, int fd);
/* The library has said goodbye. */
void pgsql_socket_close(struct pgsql_socket *s);

#endif
