/* SPDX-License-Identifier: ISC
 *
 * log_socket.h - the way of a log line to the process that keeps it.
 */
#ifndef BASE_LOG_SOCKET_H
#define BASE_LOG_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/un.h>

struct log_socket {
    char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)]; /* "": none */
    int fd;        /* owned; -1: not connected */
    bool may_stream; /* the reader may want a stream, lines ended by NUL */
    bool is_stream;
    bool is_stuck; /* the last line could not be sent in time */
};

/* False: nobody is there. */
bool log_socket_connect(struct log_socket *s);
void log_socket_close(struct log_socket *s);
/* <line> has a NUL at its end. False: it could not be sent. */
bool log_socket_send(struct log_socket *s, const char *line, size_t length);

#endif
