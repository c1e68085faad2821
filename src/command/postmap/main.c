/* SPDX-License-Identifier: ISC
 *
 * main.c - postmap: make, query and change lookup tables.
 */

#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "config/params.h"
#include "service/setup.h"
#include "table/builder.h"
#include "postmap.h"

#define LETTERS "bc:d:fFhijmnNopq:rsuUvw"
#define USAGE                                                                \
    "usage: postmap [-bfFhijmnNoprsuUvw] [-c config_dir] [-d key] [-q key] " \
    "[map_type:]file..."

static void store_line(const struct builder_options *o,
                       const struct text_source *source, char *line,
                       struct table *table)
{
    struct str content = STR_EMPTY;
    struct error why = ERROR_NONE;
    char *key, *value;

    if (!builder_cut_line(o, source, line, &key, &value))
        return;
    if (!o->is_file)
        builder_put(table, key, value);
    else if (builder_read_files(&content, value, &why))
        builder_put(table, key, content.data);
    else
        log_warning("%s, line %zu: %s: skipping this entry", source->path,
                    source->first_line, why.text);
    str_fini(&content);
}

int main(int argc, char **argv)
{
    static const struct param_group *const groups[] = { &message_param_group,
                                                        NULL };
    struct builder_options o = {
        .separator = "\t",
        .store = store_line,
        .query_message = query_message,
    };

    command_begin(argv, "postmap");
    int first = builder_parse(&o, argc, argv, LETTERS, USAGE);
    if ((o.body || o.header || o.mime) &&
        (o.query == NULL || strcmp(o.query, "-") != 0))
        fatal("specify -b -h or -m only with \"-q -\"");
    if (o.mime && !o.body && !o.header)
        log_warning("ignoring -m option without -b or -h");

    const struct command_options command = {
        .program = "postmap",
        .config_directory = o.config_directory,
        .groups = groups,
    };
    command_start(&command);
    builder_use(&o, common_params.smtputf8_enable);
    return builder_run(&o, argv + first, common_params.default_database_type)
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}
