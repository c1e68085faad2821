/* SPDX-License-Identifier: ISC
 *
 * internal.h - what the files of this layer share.
 */
#ifndef TABLE_INTERNAL_H
#define TABLE_INTERNAL_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "table/driver.h"
#include "table/table.h"
#include "table/text_source.h"

/* ---- table.c, table_open.c ---- */

/* Never NULL. */
const struct table_setup *table_setup(void);
/* A table inside another, for unionmap and the like: its name counts one
 * level deeper than <outer>. NULL and <why> also if it is dead. */
struct table *table_open_inner(const char *type_and_name,
                               const struct table_options *outer,
                               struct error *why);
/* <text> folded as keys are that are looked up with <flags>. */
void table_fold_key(struct str *out, const char *text, unsigned flags);
/* For drivers whose data is the configuration itself. */
enum table_trust table_owner_trusted(void *instance, uid_t *owner);
/* The trust that two tables have together: the lesser. */
void table_trust_merge(enum table_trust *trust, uid_t *owner,
                       const struct table *other);

/* ---- database_file.c: databases in files ---- */

/* What a database has stored, without the NUL that may end it. */
void set_stored(struct str *out, const void *data, size_t length);

/* Whom a file makes answer for what is in it. */
enum table_trust file_trust(const struct stat *file, uid_t *owner);

/* Say where a duplicate is and what to do about it. <first_line> has the entry
 * that counts; 0: not known. */
void duplicate_advise(struct str *warning, const char *path, size_t line,
                      size_t first_line);

/* Warn if the source <name> is newer than the file <name><suffix>, of which
 * <made> tells, and not just being edited. */
void warn_of_newer_source(const char *name, const char *suffix,
                          const struct stat *made);

/* ---- inline_list.c: "{a, {b c}, type:name}" ---- */

/* The items as they stand; NULL-terminated. NULL if <text> is not one braced
 * list. */
char **inline_list_split(struct arena *arena, const char *text, size_t *count);
/* The same, outer braces of items and the white space inside them cut off. */
char **inline_list_parse(struct arena *arena, const char *text, size_t *count);
/* "{ text }" as "text"; NULL if the braces do not enclose all of it. */
char *inline_list_strip(struct arena *arena, const char *text);

/* ---- remedy.c ---- */

/* " -- " and what to do about <reason>, which table <name> ("type:...") failed
 * for; or "". */
const char *table_remedy(const char *name, const char *reason);

/* ---- text_file.c: the source of a text table, a file or in the name ---- */

struct text_file {
    struct stream *in;
    struct text_source source;
    struct stat info;
    struct str content; /* of an inline one */
    bool is_inline;
};

/* <inline_type>: the type of a table that may have its rules in its name, or
 * NULL. False and <why> if it cannot be opened. */
bool text_file_open(struct text_file *file, const char *name,
                    const char *inline_type, const char *what,
                    struct error *why);
/* False and <why> after a read error. */
bool text_file_close(struct text_file *file, struct error *why);

/* Who owns a table made from a file. */
struct text_owner {
    enum table_trust trust;
    uid_t uid;
};
struct text_owner text_file_owner(const struct text_file *file);

/* ---- map_line.c: "key whitespace value" ---- */

/* Cut <line> in place. False after a warning; <ignoring> is put behind its
 * text. */
bool map_line_parse(const struct text_source *source, char *line, bool utf8,
                    const char *ignoring, char **key, char **value);

/* ---- memory_table.c: keys and values in this process ---- */

struct memory_table;

struct memory_table *memory_table_new(void);
void memory_table_free(void *table);
/* The functions of a driver. */
enum answer memory_table_get(void *table, const char *key, struct str *value,
                             struct error *why);
enum answer memory_table_put(void *table, const char *key, const char *value,
                             struct error *why);
enum answer memory_table_del(void *table, const char *key, struct error *why);
enum answer memory_table_next(void *table, bool first, struct str *key,
                              struct str *value, struct error *why);
bool memory_table_has(const struct memory_table *table, const char *key);

/* ---- builder_query.c ---- */

struct builder_options;
/* The query, delete and list forms. True: found. Names end with NULL. */
bool builder_query(const struct builder_options *options, char **names);
bool builder_remove(const struct builder_options *options, char **names);
bool builder_list(const struct builder_options *options, char **names);

/* ---- file_value.c ---- */

/* The content of the files that <list> names, newlines between, in base 64. */
bool file_value_read(struct str *out, const char *list, struct error *why);

#endif
