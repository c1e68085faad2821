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

typedef enum answer look_up(const char *key, struct str *value, int *failure);

enum { FIRST_BUFFER = 1024, MAX_BUFFER = 1 << 20 };

static enum answer passwd_by_name(const char *key, struct str *value,
                                  int *failure)
{
    struct passwd entry, *found;
    struct str buffer = STR_EMPTY;

    for (size_t size = FIRST_BUFFER; size <= MAX_BUFFER; size *= 2) {
        str_reserve(&buffer, size);
        *failure = getpwnam_r(key, &entry, buffer.data, size, &found);
        if (*failure != ERANGE)
            break;
    }
    if (*failure == 0 && found != NULL)
        str_setf(value, "%s:%s:%ld:%ld:%s:%s:%s", found->pw_name,
                 found->pw_passwd, (long)found->pw_uid, (long)found->pw_gid,
                 found->pw_gecos, found->pw_dir, found->pw_shell);
    str_fini(&buffer);
    if (*failure != 0)
        return FAILED;
    return found != NULL ? FOUND : ABSENT;
}

static void format_group(struct str *value, const struct group *group)
{
    str_setf(value, "%s:%s:%ld:", group->gr_name, group->gr_passwd,
             (long)group->gr_gid);
    for (char **member = group->gr_mem; *member != NULL; member++)
        str_addf(value, "%s%s", member == group->gr_mem ? "" : ",", *member);
}

static enum answer group_by_name(const char *key, struct str *value,
                                 int *failure)
{
    struct group entry, *found;
    struct str buffer = STR_EMPTY;

    for (size_t size = FIRST_BUFFER; size <= MAX_BUFFER; size *= 2) {
        str_reserve(&buffer, size);
        *failure = getgrnam_r(key, &entry, buffer.data, size, &found);
        if (*failure != ERANGE)
            break;
    }
    if (*failure == 0 && found != NULL)
        format_group(value, found);
    str_fini(&buffer);
    if (*failure != 0)
        return FAILED;
    return found != NULL ? FOUND : ABSENT;
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
    int failure = 0;
    enum answer answer = table->look_up(key, value, &failure);

    if (answer == FAILED)
        error_set(why, "unix:%s: %s", table->name, strerror(failure));
    return answer;
}

static void unix_close(void *instance)
{
    (void)instance;
}

const struct table_driver driver_unix = {
    .type = "unix",
    .can = TABLE_CAN_BLOCK | TABLE_ASKS_SERVER,
    .open = unix_open,
    .get = unix_get,
    .owner = table_owner_trusted,
    .close = unix_close,
};
