/* SPDX-License-Identifier: ISC
 *
 * authorized.h - lists of users who may do something: authorized_*_users.
 */
#ifndef SERVICE_AUTHORIZED_H
#define SERVICE_AUTHORIZED_H

#include <stdbool.h>

/* Is <login> in <list>, the value of <parameter>? fatal() if a table cannot
 * say. */
bool authorized_user(const char *parameter, const char *list,
                     const char *login);

#endif
