/* SPDX-License-Identifier: ISC
 *
 * child_status.h - what master and its children tell each other.
 *
 * Descriptors that a child starts with: 0-2 as usual; SERVICE_FLOW_READ and
 * _WRITE are the ends of a pipe with one token a unit of work (in_flow_delay);
 * SERVICE_STATUS_FD takes struct child_status; listening sockets follow from
 * SERVICE_LISTEN_FD. The environment has MASTER_GENERATION.
 */
#ifndef SERVICE_CHILD_STATUS_H
#define SERVICE_CHILD_STATUS_H

#include <stdbool.h>
#include <sys/types.h>

enum {
    SERVICE_FLOW_READ = 3,
    SERVICE_FLOW_WRITE = 4,
    SERVICE_STATUS_FD = 5,
    SERVICE_LISTEN_FD = 6,
};
struct child_status {
    pid_t pid;
    unsigned generation;
    int clients;   /* sessions being served now */
    int room;      /* more that it could take; 0: busy */
};
/* False: master has gone. */
bool child_status_send(int fd, int clients, int room);

#endif
