/* SPDX-License-Identifier: ISC
 *
 * database_file.c - what the drivers of databases in files share.
 */

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/log.h"
#include "internal.h"

enum { SOURCE_GRACE_S = 100 };

void set_stored(struct str *out, const void *data, size_t length)
{
    const char *bytes = data;

    if (length > 0 && bytes[length - 1] == 0)
        length--;
    str_set_bytes(out, bytes, length);
}

enum table_trust file_trust(const struct stat *file, uid_t *owner)
{
    *owner = file->st_uid;
    return *owner == 0 ? TRUST_ROOT : TRUST_OWNER;
}

void warn_of_newer_source(const char *name, const char *suffix,
                          const struct stat *made)
{
    struct stat source;

    if (stat(name, &source) == 0 && source.st_mtime > made->st_mtime &&
        source.st_mtime < time(NULL) - SOURCE_GRACE_S)
        log_warning("database %s%s is older than source file %s", name, suffix,
                    name);
}

void duplicate_advise(struct str *warning, const char *path, size_t line,
                      size_t first_line)
{
    str_addf(warning, " -- ignoring %s, line %zu; remove it, ", path, line);
    if (first_line != 0)
        str_addf(warning, "or line %zu, which counts, ", first_line);
    str_add(warning, "or let later entries replace earlier ones with option "
                     "-r");
}
