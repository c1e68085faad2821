/* SPDX-License-Identifier: ISC
 *
 * pass.h - a connection that another server has accepted, to a service of
 * type pass. No reply; the sender closes.
 */
#ifndef IPC_MESSAGES_PASS_H
#define IPC_MESSAGES_PASS_H

#include "ipc/schema.h"

/* What the sender knows of the client: client_address and the like. */
#define PASS_ATTRIBUTE(M, FIELD) \
    FIELD(M, STR, name)          \
    FIELD(M, STR, value)
IPC_MESSAGE(pass_attribute, PASS_ATTRIBUTE)

#define PASS_CONNECTION(M, FIELD)  \
    FIELD(M, FD, connection)       \
    FIELD(M, LIST(pass_attribute), attributes)
IPC_MESSAGE(pass_connection, PASS_CONNECTION)

#endif
