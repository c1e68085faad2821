/* SPDX-License-Identifier: ISC
 *
 * files.h - what is installed, and whose it must be: the table that the
 * installation wrote, $daemon_directory/postfix-files.
 */
#ifndef POSTFIX_FILES_H
#define POSTFIX_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "config/main_cf.h"

enum file_kind {
    FILE_FOLDER,
    FILE_TREE,    /* a folder whose contents have the same owner */
    FILE_PLAIN,
    FILE_PAGE,    /* not missed when it is not there */
    FILE_KEPT,    /* the administrator's; not missed either */
    FILE_LINK,
    FILE_PROGRAM, /* only owner and mode: another row has the file */
};

struct installed_file {
    enum file_kind kind;
    bool is_private; /* each instance has its own; all else is shared */
    const char *path;
    const char *owner, *group; /* by name; "-": does not matter */
    mode_t mode;
    const char *target; /* of a link */
    uid_t uid;
    gid_t gid; /* (gid_t)-1: does not matter */
};

struct installed_files {
    struct arena *arena; /* owned; all of the below */
    ARRAY_OF(struct installed_file);
};

/* False and <why>: there is no such table, or it has a line that is none. */
bool files_load(struct config *config, struct installed_files *files,
                struct error *why);
void files_free(struct installed_files *files);

#endif
