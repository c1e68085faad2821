/* SPDX-License-Identifier: ISC
 *
 * sock.h - sockets: listen, connect, names, all with a deadline.
 */
#ifndef BASE_SOCK_H
#define BASE_SOCK_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/error.h"

/* Of all TCP sockets made from now on: buffers of this many bytes, which limit
 * the window that is announced; 0: as the system has it. Only at start. */
void sock_limit_window(long bytes);

/* Nonblocking, close-on-exec. Return -1 and <why>, errno kept. <from> may be
 * NULL. */
int sock_listen(const struct addr *addr, int backlog, struct error *why);
MAY_WAIT int sock_connect(const struct addr *addr, const struct addr *from,
                          deadline_t until, struct error *why);
int sock_listen_unix(const char *path, int backlog, struct error *why);
MAY_WAIT int sock_connect_unix(const char *path, deadline_t until,
                               struct error *why);
/* -1 with errno EAGAIN when nobody is there any more. */
int sock_accept(int fd, struct addr *peer);
bool sock_peer(int fd, struct addr *out);
bool sock_local(int fd, struct addr *out);
bool sock_pair(int fds[2], struct error *why);
/* The peer has neither said something that was not read, nor gone. */
bool sock_is_quiet(int fd);
void sock_set_nodelay(int fd);
/* Room in the kernel's send buffer; bytes. */
int sock_send_space(int fd);
/* "host:port", "[host]:port", "host", ":port": cut in place. The brackets
 * stay off. Service names are looked up by sock_port. */
bool sock_split_hostport(char *text, char **host, char **port,
                         const char *default_port, struct error *why);
bool sock_port(const char *name, const char *protocol, int *port);

#endif
