/* SPDX-License-Identifier: ISC
 *
 * post_install.c - what follows an installation: set-permissions,
 * upgrade-configuration and create-missing, one after the other, with
 * name=value arguments between them that go to main.cf first.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/str.h"
#include "config/params.h"
#include "postfix.h"

static bool set_permissions(struct command *command, struct config *config)
{
    (void)command;
    if (geteuid() != 0)
        fatal("set-permissions must be run by root");
    return check_files(config, true);
}

static bool create_missing(struct command *command, struct config *config)
{
    (void)command;
    return check_files(config, false);
}

static bool upgrade(struct command *command, struct config *config)
{
    return set_permissions(command, config) &&
           upgrade_configuration(command, config);
}

static const struct action {
    const char *name;
    bool (*run)(struct command *command, struct config *config);
} actions[] = {
    { "set-permissions", set_permissions },
    { "upgrade-configuration", upgrade_configuration },
    { "create-missing", create_missing },
    { "upgrade-source", upgrade },
    { "upgrade-package", upgrade },
};

static const struct action *find_action(const char *name)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    fatal("\"%s\" is neither name=value nor one of set-permissions, "
          "upgrade-configuration, create-missing, upgrade-source and "
          "upgrade-package",
          name);
}

/* mail_owner=... and the like. */
static bool change_settings(char **words)
{
    struct { ARRAY_OF(const char *); } argv = ARRAY_EMPTY;
    char *postconf =
        mem_printf("%s/postconf", common_params.command_directory);

    ARRAY_ADD(&argv, postconf);
    ARRAY_ADD(&argv, "-e");
    for (; *words != NULL; words++)
        if (strchr(*words, '=') != NULL)
            ARRAY_ADD(&argv, *words);
    bool has_any = argv.count > 2;
    ARRAY_ADD(&argv, NULL);
    if (has_any && control_run(argv.items) != 0)
        fatal("main.cf could not be changed");
    ARRAY_FREE(&argv);
    free(postconf);
    return has_any;
}

static struct config *read_again(const struct command *command)
{
    static const struct param_group *const groups[] = {
        &common_param_group, &install_param_group, NULL
    };
    struct error why = ERROR_NONE;
    struct config *config =
        config_load(config_directory(command->config), &why);

    if (config == NULL || !config_load_groups(config, groups, &why))
        fatal("%s", why.text);
    return config;
}

static int run_actions(struct command *command, char **words)
{
    struct config *config = command->config;
    bool ok = true;

    for (char **word = words; *word != NULL; word++)
        if (strchr(*word, '=') == NULL)
            find_action(*word);
    if (change_settings(words))
        config = read_again(command);
    for (; *words != NULL && ok; words++)
        if (strchr(*words, '=') == NULL)
            ok = find_action(*words)->run(command, config);
    return ok ? 0 : 1;
}

/* The subcommand is the first of the actions. */
int command_post_install_action(struct command *command)
{
    return run_actions(command, command->arguments - 1);
}

int command_post_install(struct command *command)
{
    if (*command->arguments == NULL)
        fatal("usage: postfix post-install [name=value...] "
              "set-permissions|upgrade-configuration|create-missing...");
    return run_actions(command, command->arguments);
}
