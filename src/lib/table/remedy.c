/* SPDX-License-Identifier: ISC
 *
 * remedy.c - what an administrator can do about a table that postmap or
 * postalias could not read or write.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "internal.h"

/* Tables behind a server. */
static const char *const served[] = {
    "tcp",   "socketmap", "memcache", "ldap", "ldaps", "ldapi",
    "mysql", "pgsql",     "mongodb",  "nis",  "proxy",
};

static bool is_served(const char *name)
{
    size_t length = strcspn(name, ":");

    for (size_t i = 0; i < sizeof(served) / sizeof(served[0]); i++)
        if (strlen(served[i]) == length &&
            strncmp(served[i], name, length) == 0)
            return true;
    return false;
}

static bool tells(const char *reason, int number)
{
    return strstr(reason, strerror(number)) != NULL;
}

const char *table_remedy(const char *name, const char *reason)
{
    static const char type[] = "unsupported dictionary type: ";

    if (strstr(reason, " -- ") != NULL)
        return "";
    if (tells(reason, ENOSPC) || tells(reason, EDQUOT) || tells(reason, EFBIG))
        return " -- make room for the new table beside the old one, then run "
               "the command again";
    if (text_has_prefix(reason, type) &&
        strchr(reason + strlen(type), ' ') == NULL)
        return " -- correct it: \"postconf -m\" lists those that there are";
    if (is_served(name))
        return " -- see that its server runs, and that the name of the table, "
               "or the file in it, tells rightly where that is and what to "
               "ask";
    return "";
}
