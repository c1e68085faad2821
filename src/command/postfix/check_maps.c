/* SPDX-License-Identifier: ISC
 *
 * check_maps.c - is there a file behind every lookup table of main.cf, and is
 * it newer than its source?
 *
 * A service that cannot open a table defers all mail that needs it; it is
 * better to hear of that before.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/priv.h"
#include "base/str.h"
#include "base/text.h"
#include "config/params.h"
#include "postfix.h"
#include "table/driver.h"

/* Types whose name is that of a file which is read as it is. */
static bool is_text_file(const char *type)
{
    static const char *const types[] = { "texthash", "regexp", "pcre",
                                         "cidr",     "sqlite", "mysql",
                                         "pgsql",    "ldap",   "memcache",
                                         "mongodb" };

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return false;
}

/* Caches are made by the program that fills them. */
static bool is_cache(const char *parameter)
{
    return strcmp(parameter, "address_verify_map") == 0 ||
           text_has_suffix_nocase(parameter, "_cache_map");
}

static const char *builder_of(const char *parameter)
{
    return text_has_prefix(parameter, "alias_") ? "postalias" : "postmap";
}

/* Services open tables as root, but proxymap does not. False and errno. */
static bool may_read(const char *path, bool by_proxy)
{
    struct error why = ERROR_NONE;
    uid_t uid;
    gid_t gid;

    if (!by_proxy || geteuid() != 0 ||
        !priv_user(common_params.mail_owner, &uid, &gid, &why))
        return access(path, R_OK) == 0;
    priv_become(uid, gid);
    bool may = faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0;
    int failure = errno;
    priv_restore();
    errno = failure;
    return may;
}

/* A file that is there, but cannot be read, or is a folder. */
static void check_readable(const char *where, const char *parameter,
                           const char *path, bool by_proxy)
{
    struct stat st;

    if (stat(path, &st) != 0 && errno == ENOENT)
        return; /* which is said elsewhere */
    if (!may_read(path, by_proxy))
        log_warning("%s: %s: %s cannot be read%s%s: %m; mend owner or mode of "
                    "the file and the folders above it",
                    where, parameter, path, by_proxy ? " by " : "",
                    by_proxy ? common_params.mail_owner : "");
    else if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        log_warning("%s: %s: %s is a folder, not a table; move it away, or "
                    "correct the name of the table",
                    where, parameter, path);
}

static void check_indexed(const char *where, const char *parameter,
                          const char *type, const char *path,
                          const char *suffix, bool by_proxy)
{
    struct stat source, made;
    char *index = mem_printf("%s%s", path, suffix);
    bool has_source = stat(path, &source) == 0;

    if (stat(index, &made) != 0 && errno == ENOENT)
        log_warning("%s: %s: %s is missing; %s%s%smake it with: %s %s:%s",
                    where, parameter, index, has_source ? "" : "write ",
                    has_source ? "" : path, has_source ? "" : ", then ",
                    builder_of(parameter), type, path);
    else if (has_source && source.st_mtime > made.st_mtime)
        log_warning("%s: %s: %s is newer than %s; bring it up to date with: "
                    "%s %s:%s",
                    where, parameter, path, index, builder_of(parameter),
                    type, path);
    check_readable(where, parameter, index, by_proxy);
    free(index);
}

static void check_table(struct arena *arena, const char *where,
                        const char *parameter, const char *word)
{
    struct stat st;
    struct error why = ERROR_NONE;

    if (*word == '!')
        word++;
    bool by_proxy = text_has_prefix(word, "proxy:");
    if (by_proxy)
        word += strlen("proxy:");
    const char *colon = strstr(word, ":/");
    if (colon == NULL)
        return;
    const char *type = arena_strndup(arena, word, (size_t)(colon - word));
    if (is_text_file(type)) {
        if (stat(colon + 1, &st) != 0 && errno == ENOENT)
            log_warning("%s: %s: the table %s has no file: write %s, or "
                        "remove the table from the list",
                        where, parameter, word, colon + 1);
        check_readable(where, parameter, colon + 1, by_proxy);
        return;
    }
    if (strspn(type, "abcdefghijklmnopqrstuvwxyz") != strlen(type))
        return;
    const struct table_driver *driver = driver_find(type, &why);
    if (driver != NULL && driver->suffix != NULL)
        check_indexed(where, parameter, type, colon + 1, driver->suffix,
                      by_proxy);
}

static void check_parameter(struct config *config, const char *parameter)
{
    struct arena *arena = arena_new();
    struct error why = ERROR_NONE;
    const char *value = config_try(config, parameter, &why);
    const char *where = config_where(config, parameter);

    if (value != NULL &&
        takes_tables(smtpd_params.smtpd_restriction_classes, parameter) &&
        !is_cache(parameter))
        for (char **word = text_split(arena, value, NULL, NULL);
             *word != NULL; word++)
            check_table(arena, where, parameter, *word);
    arena_free(arena);
}

/* What is set, and the one default that names a file. */
void check_maps(struct config *config)
{
    size_t count;
    const char *const *names = config_names(config, &count);

    for (size_t i = 0; i < count; i++)
        check_parameter(config, names[i]);
    if (!config_is_set(config, "alias_maps"))
        check_parameter(config, "alias_maps");
}
