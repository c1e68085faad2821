/* SPDX-License-Identifier: ISC
 *
 * driver_unix.c - unix:passwd.byname and unix:group.byname.
 */

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { FIRST_BUFFER = 1024, MAX_BUFFER = 1 << 20 };

/* Look <key> up with a buffer of <size> bytes. 0 or an error number; *found
 * tells whether there is such an entry, and then <value> is set. */
typedef int look_up(const char *key, char *buffer, size_t size,
                    struct str *value, bool *found);

static int passwd_by_name(const char *key, char *buffer, size_t size,
                          struct str *value, bool *found)
{
    struct passwd entry, *user;
    int failure = getpwnam_r(key, &entry, buffer, size, &user);

    *found = failure == 0 && user != NULL;
    if (*found)
        str_setf(value, "%s:%s:%ld:%ld:%s:%s:%s", user->pw_name,
                 user->pw_passwd, (long)user->pw_uid, (long)user->pw_gid,
                 user->pw_gecos, user->pw_dir, user->pw_shell);
    return failure;
}

static int group_by_name(const char *key, char *buffer, size_t size,
                         struct str *value, bool *found)
{
    struct group entry, *group;
    int failure = getgrnam_r(key, &entry, buffer, size, &group);

    *found = failure == 0 && group != NULL;
    if (!*found)
        return failure;
    str_setf(value, "%s:%s:%ld:", group->gr_name, group->gr_passwd,
             (long)group->gr_gid);
    for (char **member = group->gr_mem; *member != NULL; member++)
        str_addf(value, "%s%s", member == group->gr_mem ? "" : ",", *member);
    return 0;
}

static const struct unix_table {
    const char *name;
    look_up *look_up;
} unix_tables[] = {
    { "passwd.byname", passwd_by_name },
    { "group.byname", group_by_name },
    { NULL, NULL },
};

static void *unix_open(const char *name, const struct table_options *options,
                       struct error *why)
{
    const struct unix_table *table = unix_tables;

    if (options->mode != TABLE_READ) {
        error_set(why, "unix:%s map requires O_RDONLY access mode", name);
        return NULL;
    }
    while (table->name != NULL && strcmp(table->name, name) != 0)
        table++;
    if (table->name != NULL)
        return (void *)(uintptr_t)table;
    error_set(why, "unknown table: unix:%s", name);
    return NULL;
}

static enum answer unix_get(void *instance, const char *key, struct str *value,
                            struct error *why)
{
    const struct unix_table *table = instance;
    struct str buffer = STR_EMPTY;
    int failure = ERANGE;
    bool found = false;

    for (size_t size = FIRST_BUFFER; failure == ERANGE && size <= MAX_BUFFER;
         size *= 2) {
        str_reserve(&buffer, size);
        failure = table->look_up(key, buffer.data, size, value, &found);
    }
    str_fini(&buffer);
    if (failure == 0)
        return found ? FOUND : ABSENT;
    error_set(why, "unix:%s: %s", table->name, strerror(failure));
    return FAILED;
}

static void unix_close(void *instance)
{
    (void)instance;
}

const struct table_driver driver_unix = {
    .type = "unix",
    .can = TABLE_CAN_BLOCK | TABLE_ASKS_SERVER | TABLE_KEEPS_ANSWERS,
    .open = unix_open,
    .get = unix_get,
    .owner = table_owner_trusted,
    .close = unix_close,
};
