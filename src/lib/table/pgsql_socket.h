/* SPDX-License-Identifier: ISC
 *
 * pgsql_socket.h - how much comes from a database server.
 *
 * The library reads for as long as there is something to read, into as much
 * memory as the server asks for. So it gets one end of a pair of sockets in
 * place of its own, and what it says and hears is passed on, piece by piece,
 * while it waits.
 */
#ifndef TABLE_PGSQL_SOCKET_H
#define TABLE_PGSQL_SOCKET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"

struct pgsql_socket {
    int server;      /* what the library opened; -1: it has that still */
    int inner;       /* our end of the pair */
    ino_t given;     /* the library's end */
    uint64_t passed; /* bytes from the server */
};
#define PGSQL_SOCKET_NONE \
    {                     \
        -1, -1, 0, 0      \
    }

/* The library has made progress in connecting, its socket is <fd>: another
 * than before perhaps, of which nothing was read yet if <is_connected>. False:
 * the system is short of something. */
bool pgsql_socket_follow(struct pgsql_socket *s, int fd, bool is_connected);
/* Wait for <events> of poll(2) at the library's socket <fd>. False: the time is
 * over, or a signal came. */
bool pgsql_socket_wait(struct pgsql_socket *s, int fd, short events,
                       deadline_t until);
/* The library has said goodbye. */
void pgsql_socket_close(struct pgsql_socket *s);

#endif
