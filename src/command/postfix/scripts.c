/* SPDX-License-Identifier: ISC
 *
 * scripts.c - subcommands that are shell scripts in daemon_directory: they
 * only put other commands together.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fatal.h"
#include "base/str.h"
#include "config/params.h"
#include "postfix.h"

static int run_script(const struct command *command, const char *name)
{
    struct { ARRAY_OF(const char *); } words = ARRAY_EMPTY;

    ARRAY_ADD(&words,
              mem_printf("%s/%s", common_params.daemon_directory, name));
    for (char **word = command->arguments; *word != NULL; word++)
        ARRAY_ADD(&words, *word);
    ARRAY_ADD(&words, NULL);
    execv(words.items[0], (char *const *)words.items);
    fatal("exec %s: %m", words.items[0]);
}

int command_tls(struct command *command)
{
    return run_script(command, "postfix-tls-script");
}

#define NON_BDB_SCRIPT "postfix-non-bdb-script"

int command_non_bdb(struct command *command)
{
    return run_script(command, NON_BDB_SCRIPT);
}

/* What cannot be indexed is in the log; the rest of the mail can flow. */
void index_alias_maps(const struct command *command)
{
    if (strcmp(config_get(command->config, "non_bdb_migration_level"),
               "enable-reindex") != 0)
        return;
    char *script = mem_printf("%s/" NON_BDB_SCRIPT,
                              common_params.daemon_directory);
    control_run((const char *const[]){ script, "index-alias-maps", NULL });
    free(script);
}
