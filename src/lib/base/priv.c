/* SPDX-License-Identifier: ISC
 *
 * priv.c - who this process is.
 */
#include "base/priv.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fatal.h"
#include "base/num.h"
#include "base/str.h"
#include "base/text.h"

static bool is_exactly(uid_t uid, gid_t gid)
{
    uid_t real, effective, saved;
    gid_t real_group, effective_group, saved_group;
    return getresuid(&real, &effective, &saved) == 0 &&
           getresgid(&real_group, &effective_group, &saved_group) == 0 &&
           real == uid && effective == uid && saved == uid &&
           real_group == gid && effective_group == gid && saved_group == gid;
}

bool priv_try_drop(uid_t uid, gid_t gid)
{
    /* An ordinary user's process cannot change its groups, and need not. */
    if (uid != 0 && is_exactly(uid, gid))
        return true;
    if (geteuid() != 0 && seteuid(0) < 0)
        return false;
    if (setgroups(1, &gid) < 0 || setresgid(gid, gid, gid) < 0 ||
        setresuid(uid, uid, uid) < 0)
        return false;
    errno = EPERM;
    if (uid != 0 && seteuid(0) == 0)
        return false;
    return is_exactly(uid, gid);
}

void priv_drop(uid_t uid, gid_t gid)
{
    if (!priv_try_drop(uid, gid))
        fatal("change to uid %lu gid %lu: %s", (unsigned long)uid,
              (unsigned long)gid, strerror(errno));
}

/* The groups that a process with the real id of root started with. */
static struct {
    bool known;
    int count;
    gid_t *groups; /* owned, for ever */
} first_groups;

static void remember_groups(void)
{
    if (first_groups.known)
        return;
    int count = getgroups(0, NULL);
    if (count < 0)
        fatal("getgroups: %s", strerror(errno));
    first_groups.groups = mem_alloc((size_t)count * sizeof(gid_t));
    first_groups.count = getgroups(count, first_groups.groups);
    first_groups.known = first_groups.count >= 0;
}

static void switch_effective(uid_t uid, gid_t gid, const gid_t *groups,
                             int group_count)
{
    uid_t now = geteuid();
    if (now == uid && getegid() == gid && getuid() != 0)
        return; /* without privileges this is all that can be had */
    if ((now != 0 && seteuid(0) < 0) || setegid(gid) < 0 ||
        setgroups((size_t)group_count, groups) < 0 || seteuid(uid) < 0)
        fatal("switch to uid %lu gid %lu: %s", (unsigned long)uid,
              (unsigned long)gid, strerror(errno));
    if (geteuid() != uid || getegid() != gid)
        fatal("switch to uid %lu gid %lu had no effect", (unsigned long)uid,
              (unsigned long)gid);
}

void priv_become(uid_t uid, gid_t gid)
{
    remember_groups();
    switch_effective(uid, gid, &gid, 1);
}

void priv_restore(void)
{
    remember_groups();
    switch_effective(getuid(), getgid(), first_groups.groups,
                     first_groups.count);
}

bool priv_is_setuid(void)
{
    return geteuid() != getuid() || getegid() != getgid();
}

/* The id that <name> spells in digits; all ones means "no change" to the
 * system and is nobody's. */
static bool parse_id(const char *name, unsigned long *id)
{
    return num_parse_ulong(name, 10, id) && *id < UINT32_MAX;
}

bool priv_user(const char *name, uid_t *uid, gid_t *gid, struct error *why)
{
    unsigned long number;
    errno = 0;
    const struct passwd *entry = getpwnam(name);
    if (entry == NULL && parse_id(name, &number))
        entry = getpwuid((uid_t)number);
    if (entry == NULL)
        return error_set(why, "unknown user: %s%s%s", name,
                         errno != 0 ? ": " : "",
                         errno != 0 ? strerror(errno) : "");
    if (uid != NULL)
        *uid = entry->pw_uid;
    if (gid != NULL)
        *gid = entry->pw_gid;
    return true;
}

bool priv_group(const char *name, gid_t *gid, struct error *why)
{
    unsigned long number;
    errno = 0;
    const struct group *entry = getgrnam(name);
    if (entry != NULL) {
        *gid = entry->gr_gid;
        return true;
    }
    if (parse_id(name, &number)) {
        *gid = (gid_t)number;
        return true;
    }
    return error_set(why, "unknown group: %s%s%s", name,
                     errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
}

/* "NAME", "NAME=value" or "{ NAME = value with spaces }". */
static void import_variable(struct arena *arena, char *word,
                            char **name, char **value)
{
    word = text_unbrace(word);
    if (text_split_nameval(word, name, value))
        return;
    *name = text_trim(word);
    const char *present = getenv(*name);
    *value = present == NULL ? NULL : arena_strdup(arena, present);
}

void priv_clean_environment(const char *import_list)
{
    struct { ARRAY_OF(char *); } kept = ARRAY_EMPTY;
    struct arena *arena = arena_new();
    char *cursor = arena_strdup(arena, import_list), *word;

    while ((word = text_token_braced(&cursor, LIST_SEPARATORS, false)) !=
           NULL) {
        char *name, *value;
        import_variable(arena, word, &name, &value);
        if (value == NULL || name[0] == '\0')
            continue;
        ARRAY_ADD(&kept, name);
        ARRAY_ADD(&kept, value);
    }
    clearenv();
    for (size_t i = 0; i < kept.count; i += 2)
        if (setenv(kept.items[i], kept.items[i + 1], 1) < 0)
            fatal("setenv(%s): %s", kept.items[i], strerror(errno));
    ARRAY_FREE(&kept);
    arena_free(arena);
}

/* Otherwise the next file that is opened would receive what is printed. */
void priv_open_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd < 0)
        fatal("open /dev/null: %s", strerror(errno));
    close(fd);
}
