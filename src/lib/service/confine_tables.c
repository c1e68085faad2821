/* SPDX-License-Identifier: ISC
 *
 * confine_tables.c - what the settings of main.cf name that is opened later:
 * files of tables, lists in files, certificates; and servers of tables.
 *
 * Tables may stand inside others and behind restrictions of any name, so all
 * settings are looked at, word for word, whoever reads them.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/str.h"
#include "base/text.h"
#include "config/main_cf.h"
#include "confine_private.h"
#include "table/driver.h"

#define WORDS_END LIST_SEPARATORS "{}()=;"

enum { SETTINGS_MAX = 65536 };

/* Of these none is a file that a daemon reads that is confined by path. */
static const char *const other_places[] = {
    "_directory", "_directories", "_base", "_command", "_path", "_mailbox",
    "_log", "_prefixes", "_paths", "maillog_file", NULL,
};
static const char *const caches[] = {
    "_cache_map", "_verify_map", "_cache_database", "_exchange_name",
    "proxy_write_maps", NULL,
};

static bool ends_in(const char *name, const char *const *endings)
{
    for (; *endings != NULL; endings++)
        if (text_has_suffix_nocase(name, *endings))
            return true;
    return false;
}

struct walk {
    void (*take)(const char *path, void *context);
    void *context;
};

/* A table's file may be replaced, and comes with others (".db", "-wal"): its
 * folder is allowed, but not that of all. */
static void take_place(const char *path, const struct walk *walk)
{
    struct stat st;
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    bool exists = stat(path, &st) == 0;

    if (strcmp(path, "/") == 0 || (exists && S_ISSOCK(st.st_mode)))
        return;
    if ((exists && S_ISDIR(st.st_mode)) || slash == path) {
        walk->take(path, walk->context);
        return;
    }
    size_t length = (size_t)(slash - path);
    if (length >= sizeof folder)
        return;
    memcpy(folder, path, length);
    folder[length] = '\0';
    walk->take(folder, walk->context);
}

typedef void take_function(char *word, const struct walk *walk);

static void each_word_of(const char *text, take_function *take,
                         const struct walk *walk)
{
    struct arena *arena = arena_new();
    char *cursor = arena_strdup(arena, text), *word;

    while ((word = text_token(&cursor, WORDS_END)) != NULL)
        take(word, walk);
    arena_free(arena);
}

/* In a file of settings, "dbpath = /file". */
static void take_path(char *word, const struct walk *walk)
{
    if (*word == '/')
        take_place(word, walk);
}

static void take_settings(const char *path, const struct walk *walk)
{
    struct str text = STR_EMPTY;

    if (file_read(path, SETTINGS_MAX, &text, NULL))
        each_word_of(text.data, take_path, walk);
    str_fini(&text);
}

static bool has_settings(const char *type)
{
    struct error why = ERROR_NONE;
    const struct table_driver *driver = driver_find(type, &why);

    return driver != NULL && (driver->can & TABLE_HAS_SETTINGS) != 0;
}

/* "/file", "type:/file", "proxy:type:/file", "!/file". */
static void take_word(char *word, const struct walk *walk)
{
    char *path = strchr(word, '/');

    if (path == NULL || (path != word && path[-1] != ':' && path[-1] != '!'))
        return;
    take_place(path, walk);
    if (path == word || path[-1] != ':')
        return;
    path[-1] = '\0';
    const char *colon = strrchr(word, ':');
    if (has_settings(colon != NULL ? colon + 1 : word))
        take_settings(path, walk);
}

static void each_word(struct config *config, const char *name,
                      take_function *take, const struct walk *walk)
{
    struct error why = ERROR_NONE;
    const char *value = config_try(config, name, &why);

    if (value != NULL)
        each_word_of(value, take, walk);
}

static void each_setting(struct config *config, bool only_caches,
                         take_function *take, const struct walk *walk)
{
    size_t count;
    const char *const *names = config_names(config, &count);

    for (size_t i = 0; i < count; i++)
        if (only_caches ? ends_in(names[i], caches)
                        : !ends_in(names[i], other_places))
            each_word(config, names[i], take, walk);
}

void tables_each_place(struct config *config,
                       void (*take)(const char *path, void *context),
                       void *context)
{
    const struct walk walk = { take, context };

    each_setting(config, false, take_word, &walk);
}

void tables_each_cache(struct config *config,
                       void (*take)(const char *path, void *context),
                       void *context)
{
    const struct walk walk = { take, context };

    each_setting(config, true, take_word, &walk);
}

static void look_for_server(const char *path, void *found)
{
    (void)path;
    *(bool *)found = true;
}

/* "ldap:name"; what goes through proxymap is opened there. */
static void take_server(char *word, const struct walk *walk)
{
    struct error why = ERROR_NONE;
    char *colon = strchr(word, ':');

    if (colon == NULL || text_has_prefix(word, "proxy:"))
        return;
    *colon = '\0';
    const struct table_driver *driver = driver_find(word, &why);
    if (driver != NULL && (driver->can & TABLE_ASKS_SERVER) != 0)
        walk->take(word, walk->context);
}

bool tables_need_network(struct config *config)
{
    bool found = false;
    const struct walk walk = { look_for_server, &found };

    if (config != NULL)
        each_setting(config, false, take_server, &walk);
    return found;
}
