/* SPDX-License-Identifier: ISC
 *
 * builder.h - what postmap and postalias do: build, query, list, delete.
 *
 * All functions end the program by fatal() when a table cannot be used, as
 * these commands do.
 */
#ifndef TABLE_BUILDER_H
#define TABLE_BUILDER_H

#include <stdbool.h>

#include "table/table.h"
#include "table/text_source.h"

struct builder_options {
    /* From the command line. */
    const char *config_directory;
    const char *query, *remove; /* a key, "-", or NULL */
    bool list, incremental;
    bool body, header, mime;    /* -b -h -m */
    bool json, is_file;         /* -j -F */
    bool keep_root, default_mode; /* -o -p */
    bool no_folding, no_utf8, force_utf8; /* -f -u -U */
    int verbose;
    unsigned flags; /* of tables: NUL and duplicates; builder_use adds more */
    /* What the program is. */
    const char *separator; /* behind keys: "\t" */
    /* Store what <line> says; warn of what is wrong with it. */
    void (*store)(const struct builder_options *options,
                  const struct text_source *source, char *line,
                  struct table *table);
    /* After all lines; may be NULL. */
    void (*finish)(const struct builder_options *options, struct table *table);
    /* In place of a query, with -b or -h; may be NULL. */
    bool (*query_message)(const struct builder_options *options, char **names);
};

/* Read argv. Returns the index of the first operand. */
int builder_parse(struct builder_options *options, int argc, char **argv,
                  const char *letters, const char *usage);
/* Which table flags the options come to. */
void builder_use(struct builder_options *options, bool utf8);

/* What the options ask for, of the tables that the <operands> name, up to a
 * NULL: delete, list, query, or build. True: found, or built. */
bool builder_run(const struct builder_options *options, char **operands,
                 const char *default_type);
/* Open one table. */
struct table *builder_open(const char *name, enum table_mode mode,
                           unsigned flags);
/* Open those that <names> lists up to a NULL, for builder_close_all. */
struct table **builder_open_all(const struct builder_options *options,
                                char **names, enum table_mode mode);
void builder_close_all(struct table **tables);
/* Look up one key in one table after the other and print "key<TAB>value" if
 * it is there. */
bool builder_query_key(const struct builder_options *options,
                       struct table **tables, const char *key);
/* Write out what was printed; fatal() if that fails. */
void builder_flush(void);

/* Cut "key whitespace value" in place; false after a warning. */
bool builder_cut_line(const struct builder_options *options,
                      const struct text_source *source, char *line, char **key,
                      char **value);
/* Store, with a fatal() for what cannot be written. */
void builder_put(struct table *table, const char *key, const char *value);
/* The content of the files that <list> names, in base 64 (-F). */
bool builder_read_files(struct str *out, const char *list, struct error *why);

#endif
