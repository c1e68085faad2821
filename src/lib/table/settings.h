/* SPDX-License-Identifier: ISC
 *
 * settings.h - what a table such as ldap:/file.cf or mysql:name is told.
 *
 * A name that starts with '/' or '.' is a file of "setting = value" lines,
 * taken as they are. Any other is a prefix: main.cf has "name_setting".
 */
#ifndef TABLE_SETTINGS_H
#define TABLE_SETTINGS_H

#include "base/arena.h"
#include "internal.h"

enum setting_type {
    SETTING_TEXT, /* const char *; min is the least length */
    SETTING_INT,  /* long; min counts if it is above 0 */
    SETTING_BOOL, /* bool */
};

/* One row: into which member a setting goes. */
struct setting {
    const char *name;
    enum setting_type type;
    size_t offset;
    const char *fallback; /* NULL, for texts: NULL when not set */
    long min, max;        /* max 0: none */
};

struct settings;

/* NULL and <why>. */
struct settings *table_settings_open(const char *name, struct error *why);
void settings_close(struct settings *settings); /* NULL allowed */
/* Fill the members of <into>. The texts live as long as <settings>. False and
 * <why>. */
bool settings_load(struct settings *settings, const struct setting *rows,
                   size_t count, void *into, struct error *why);
/* The value of a setting, or NULL. */
const char *settings_get(struct settings *settings, const char *name);
/* "file.cf: bad string length ...", for a setting that must not be empty.
 * Always false. */
bool settings_missing(const struct settings *settings, const char *name,
                      struct error *why);
/* Memory that lives as long. */
struct arena *settings_arena(struct settings *settings);
enum table_trust settings_owner(const struct settings *settings, uid_t *owner);

#endif
