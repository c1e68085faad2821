/* SPDX-License-Identifier: ISC
 *
 * tables.c - path, user and group of a mailbox.
 */
#include <string.h>

#include "base/log.h"
#include "base/num.h"
#include "mail/find.h"
#include "virtual.h"

static struct maps *paths, *uids, *gids;

void tables_open(void)
{
    unsigned flags = TABLE_FOLD | TABLE_NO_REGSUB | TABLE_NO_PROXY |
                     TABLE_NO_UNAUTH | TABLE_UTF8;

    paths = maps_open("virtual_mailbox_maps",
                      address_params.virtual_mailbox_maps, flags);
    uids = maps_open("virtual_uid_maps", virtual_params.virtual_uid_maps,
                     flags);
    gids = maps_open("virtual_gid_maps", virtual_params.virtual_gid_maps,
                     flags);
}

static enum answer look_up(struct maps *maps, struct arena *arena,
                           const char *address, char **out)
{
    struct find_options options = {
        .steps = FIND_FULL | FIND_AT_DOMAIN,
        .delimiters = common_params.recipient_delimiter,
        .myorigin = common_params.myorigin,
    };
    struct str value = STR_EMPTY;

    enum answer answer =
        find_address(maps, arena, address, &options, &value, NULL);
    *out = answer == FOUND ? arena_strdup(arena, value.data) : "";
    str_fini(&value);
    return answer;
}

/* A number in its range, and nothing else: what a table says becomes an
 * identity. All ones would mean "no change" to the system. */
static bool look_up_id(struct maps *maps, const char *title, const char *what,
                       struct arena *arena, const char *address, long min,
                       long *id)
{
    char *text;

    switch (look_up(maps, arena, address, &text)) {
    case FOUND: break;
    case ABSENT:
        log_warning("recipient %s: not found in %s", address, title);
        return false;
    case FAILED:
        log_warning("recipient %s: %s lookup failure", address, title);
        return false;
    }
    if (num_parse_long(text, min, (long)UINT32_MAX - 1, id))
        return true;
    log_warning("recipient %s: bad %s %s in %s", address, what, text, title);
    return false;
}

/* Tables may lead upwards; whoever writes to "../../x"@domain may not, where
 * a table makes the path from the address (result_format, for one). */
static bool path_is_safe(const char *address, const char *path)
{
    if (strstr(path, "/../") == NULL || strstr(address, "..") == NULL)
        return true;
    log_warning("recipient %s: bad path \"%s\" in virtual_mailbox_maps: "
                "it contains \"/../\", as the address does",
                address, path);
    return false;
}

enum answer find_place(struct arena *arena, const char *address,
                       struct place *out)
{
    char *path;
    long uid, gid;
    enum answer answer = look_up(paths, arena, address, &path);

    if (answer != FOUND)
        return answer;
    path = arena_printf(arena, "%s/%s", virtual_params.virtual_mailbox_base,
                        path);
    if (!path_is_safe(address, path) ||
        !look_up_id(uids, "virtual_uid_maps", "uid", arena, address,
                    virtual_params.virtual_minimum_uid, &uid) ||
        !look_up_id(gids, "virtual_gid_maps", "gid", arena, address, 1, &gid))
        return FAILED;
    *out = (struct place){ path, (uid_t)uid, (gid_t)gid };
    return FOUND;
}
