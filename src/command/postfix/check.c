/* SPDX-License-Identifier: ISC
 *
 * check.c - the folders and files of an installation: there, and owned by
 * whom they should be?
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"
#include "base/priv.h"
#include "base/str.h"
#include "config/params.h"
#include "postfix.h"

enum owner { ROOT, MAIL_OWNER };
enum kind { QUEUE_FOLDER, DATA_FOLDER, QUEUE_TOP, FOLDER, SETGID_PROGRAM };

/* The mode of what is made; for folders that exist, what is too much. */
static const struct place {
    const char *name;
    enum kind kind;
    enum owner owner;
    bool setgid_group;
    mode_t mode;
} places[] = {
    { "", QUEUE_TOP, ROOT, false, 0755 },
    { "active", QUEUE_FOLDER, MAIL_OWNER, false, 0700 },
    { "bounce", QUEUE_FOLDER, MAIL_OWNER, false, 0700 },
    { "corrupt", QUEUE_FOLDER, MAIL_OWNER, false, 0700 },
    { "defer", QUEUE_FOLDER, MAIL_OWNER, false, 0700 },
    { "deferred", QUEUE_FOLDER, MAIL_OWNER, false, 0700 },
    { "flush", QUEUE_FOLDER, MAIL_OWNER, false, 0700 },
    { "hold", QUEUE_FOLDER, MAIL_OWNER, false, 0700 },
    { "incoming", QUEUE_FOLDER, MAIL_OWNER, false, 0700 },
    { "private", QUEUE_FOLDER, MAIL_OWNER, false, 0700 },
    { "saved", QUEUE_FOLDER, MAIL_OWNER, false, 0700 },
    { "tlstrace", QUEUE_FOLDER, MAIL_OWNER, false, 0700 },
    { "trace", QUEUE_FOLDER, MAIL_OWNER, false, 0700 },
    { "maildrop", QUEUE_FOLDER, MAIL_OWNER, true, 0730 },
    { "public", QUEUE_FOLDER, MAIL_OWNER, true, 0710 },
    { "pid", QUEUE_FOLDER, ROOT, false, 0755 },
    { "", DATA_FOLDER, MAIL_OWNER, false, 0700 },
    { "config_directory", FOLDER, ROOT, false, 0755 },
    { "command_directory", FOLDER, ROOT, false, 0755 },
    { "daemon_directory", FOLDER, ROOT, false, 0755 },
    { "postdrop", SETGID_PROGRAM, ROOT, true, 02755 },
    { "postlog", SETGID_PROGRAM, ROOT, true, 02755 },
    { "postqueue", SETGID_PROGRAM, ROOT, true, 02755 },
};

struct owners {
    bool is_root;
    uid_t mail_owner;
    gid_t setgid_group;
};

static const char *folder_named(const char *name)
{
    if (strcmp(name, "command_directory") == 0)
        return common_params.command_directory;
    if (strcmp(name, "daemon_directory") == 0)
        return common_params.daemon_directory;
    return getenv("MAIL_CONFIG");
}

static char *path_of(const struct place *place)
{
    switch (place->kind) {
    case QUEUE_TOP: return mem_strdup(common_params.queue_directory);
    case DATA_FOLDER: return mem_strdup(common_params.data_directory);
    case FOLDER: return mem_strdup(folder_named(place->name));
    case QUEUE_FOLDER:
        return mem_printf("%s/%s", common_params.queue_directory, place->name);
    case SETGID_PROGRAM:
        return mem_printf("%s/%s", common_params.command_directory,
                          place->name);
    }
    panic("place of kind %d", (int)place->kind);
}

static uid_t owner_of(const struct place *place, const struct owners *owners)
{
    if (!owners->is_root)
        return geteuid();
    return place->owner == ROOT ? 0 : owners->mail_owner;
}

/* Group -1: whatever it is. Last the mode: a change of owner clears bits. */
static bool set_owner(const char *path, const struct place *place,
                      const struct owners *owners)
{
    gid_t group = place->setgid_group && owners->is_root ? owners->setgid_group
                                                         : (gid_t)-1;
    mode_t mode = owners->is_root ? place->mode : place->mode & 0777;

    if (owners->is_root &&
        lchown(path, owner_of(place, owners), group) != 0) {
        log_warning("chown %s: %m", path);
        return false;
    }
    if (chmod(path, mode) == 0)
        return true;
    log_warning("chmod %s: %m", path);
    return false;
}

static bool make_folder(const char *path, const struct place *place,
                        const struct owners *owners)
{
    struct error why = ERROR_NONE;

    if (place->kind == SETGID_PROGRAM) {
        log_warning("missing program: %s", path);
        return true;
    }
    if (!file_make_folders(path, 0755, &why)) {
        log_error("%s", why.text);
        return false;
    }
    return set_owner(path, place, owners);
}

/* Returns whether all is well. */
static bool is_in_order(const char *path, const struct stat *st,
                        const struct place *place,
                        const struct owners *owners, bool quiet)
{
    const char *owner =
        place->owner == ROOT ? "root" : common_params.mail_owner;
    mode_t all_bits = S_ISGID | 0111;
    const char *fault = NULL;

    if (st->st_uid != owner_of(place, owners))
        fault = "not owned by";
    else if (!owners->is_root)
        return true;
    else if (place->setgid_group && st->st_gid != owners->setgid_group)
        fault = "not owned by group", owner = common_params.setgid_group;
    else if (place->kind == SETGID_PROGRAM &&
             (st->st_mode & all_bits) != all_bits)
        fault = "not set-gid or not owner+group+world executable", owner = "";
    else if ((st->st_mode & 0022 & ~place->mode) != 0)
        fault = "group or other writable", owner = "";
    else if (place->kind == QUEUE_FOLDER &&
             (st->st_mode & 0777) != place->mode)
        fault = "unusual mode of", owner = "queue folder";
    if (fault != NULL && !quiet)
        log_warning("%s%s%s: %s", fault, *owner != '\0' ? " " : "", owner,
                    path);
    return fault == NULL;
}

static bool check_place(const struct place *place,
                        const struct owners *owners, bool repair)
{
    char *path = path_of(place);
    struct stat st;
    bool ok = true;

    if (stat(path, &st) != 0 && errno == ENOENT)
        ok = make_folder(path, place, owners);
    else if (!is_in_order(path, &st, place, owners, repair) && repair)
        ok = set_owner(path, place, owners);
    free(path);
    return ok;
}

bool check_folders(bool repair)
{
    struct owners owners = { .is_root = geteuid() == 0 };
    struct error why = ERROR_NONE;
    bool ok = true;

    if (!priv_user(common_params.mail_owner, &owners.mail_owner, NULL, &why))
        fatal("parameter mail_owner: %s", why.text);
    if (owners.is_root &&
        !priv_group(common_params.setgid_group, &owners.setgid_group, &why))
        fatal("parameter setgid_group: %s", why.text);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        ok = check_place(&places[i], &owners, repair) && ok;
    return ok;
}

int command_check(struct command *command)
{
    bool usable = check_configuration(command);

    return check_folders(false) && usable ? 0 : 1;
}

int command_set_permissions(struct command *command)
{
    if (command->arguments[0] != NULL)
        fatal("set-permissions takes no name=value here; change main.cf with "
              "postconf first");
    if (geteuid() != 0)
        fatal("set-permissions must be run by root");
    return check_folders(true) ? 0 : 1;
}
