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
};

/* Read argv. Returns the index of the first operand. */
int builder_parse(struct builder_options *options, int argc, char **argv,
                  const char *letters, const char *usage);
/* Which table flags the options come to. */
void builder_use(struct builder_options *options, bool utf8);

/* "type:path"; <default_type> if there is no "type:". On the heap. */
char *builder_table_name(const char *operand, const char *default_type);

/* Build or, incrementally, extend one table from its source. */
void builder_build(const struct builder_options *options, const char *name);
/* The query, delete and list forms. True: found. Names end with NULL. */
bool builder_query(const struct builder_options *options, char **names);
bool builder_remove(const struct builder_options *options, char **names);
bool builder_list(const struct builder_options *options, char **names);
struct table *builder_open(const char *name, enum table_mode mode,
                           unsigned flags);
/* Look up one key in one table after the other and print "key<TAB>value" if
 * it is there. Close with builder_close_all. */
struct table **builder_open_all(const struct builder_options *options,
                                char **names, enum table_mode mode);
void builder_close_all(struct table **tables);
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
