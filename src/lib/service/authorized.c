/* SPDX-License-Identifier: ISC
 *
 * authorized.c - lists of users who may do something: authorized_*_users.
 */
#include "service/authorized.h"

#include "base/fatal.h"
#include "table/match_list.h"

bool authorized_user(const char *parameter, const char *list,
                     const char *login)
{
    struct match_list *users =
        match_list_open(parameter, list, MATCH_STRING, 0);
    enum answer answer = match_list_has(users, login, NULL, NULL);

    match_list_close(users);
    if (answer == FAILED)
        fatal("%s: lookup of %s failed", parameter, login);
    return answer == FOUND;
}
