/* SPDX-License-Identifier: ISC
 *
 * edit.c - the life of an instance: init, assign, enable, disable, deport;
 * what creates and destroys is in files of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fatal.h"
#include "base/str.h"
#include "base/text.h"
#include "config/params.h"
#include "postmulti.h"

void set_parameter(const struct instance *instance, const char *name,
                   const char *value)
{
    char *setting = mem_printf("%s=%s", name, value);
    const char *const arguments[] = { "-c", instance->config_directory, "-e",
                                      setting, NULL };

    if (instance_run_command(instance, "postconf", arguments) != 0)
        fatal("cannot set %s in %s/main.cf", name,
              instance->config_directory);
    free(setting);
}

void set_directories(const struct instances *instances, const char *leave_out,
                     const char *folder, const struct instance *before)
{
    struct str list = STR_EMPTY;
    const char *space = "";

    for (size_t i = 1; i < instances->count; i++) {
        const struct instance *instance = &instances->items[i];
        if (folder != NULL && instance == before) {
            str_addf(&list, "%s%s", space, folder);
            space = " ";
        }
        if (leave_out != NULL &&
            strcmp(instance->config_directory, leave_out) == 0)
            continue;
        str_addf(&list, "%s%s", space, instance->config_directory);
        space = " ";
    }
    if (folder != NULL && before == NULL)
        str_addf(&list, "%s%s", space, folder);
    set_parameter(&instances->items[0], "multi_instance_directories",
                  list.data);
    str_fini(&list);
}

static int init(const struct instances *instances)
{
    const struct instance *primary = &instances->items[0];
    const char *wrapper =
        config_get(instances->primary, "multi_instance_wrapper");
    const char *enable =
        config_get(instances->primary, "multi_instance_enable");

    if (*wrapper == '\0')
        set_parameter(primary, "multi_instance_wrapper",
                      "${command_directory}/postmulti -p --");
    if (!text_equal_nocase(enable, "yes"))
        set_parameter(primary, "multi_instance_enable", "yes");
    return 0;
}

void must_be_initialized(const struct instances *instances)
{
    if (*config_get(instances->primary, "multi_instance_wrapper") == '\0')
        fatal("multi_instance_wrapper is empty, run 'postmulti -e init' "
              "first.");
    if (!instances->items[0].is_enabled)
        fatal("multi_instance_enable!=yes, run 'postmulti -e init' first.");
}

static void check_new_name(const char *name)
{
    if (name != NULL && *name != '\0' && strcmp(name, "-") != 0 &&
        !text_has_prefix(name, "postfix-"))
        fatal("New instance name must start with 'postfix-'");
    if (name != NULL && strpbrk(name, "/ \t,") != NULL)
        fatal("New instance name must not contain '/', ',' or white space");
}

static const char *without_dash(const char *word)
{
    return strcmp(word, "-") == 0 ? "" : word;
}

static int assign(const struct instances *instances,
                  struct instance *instance, const struct options *options)
{
    if (options->new_name != NULL)
        instance->name = without_dash(options->new_name);
    if (options->new_group != NULL)
        instance->group = without_dash(options->new_group);
    instances_check(instances);
    if (options->new_name != NULL)
        set_parameter(instance, "multi_instance_name", instance->name);
    if (options->new_group != NULL)
        set_parameter(instance, "multi_instance_group", instance->group);
    return 0;
}

static int enable(const struct instance *instance)
{
    set_parameter(instance, "multi_instance_enable", "yes");
    return 0;
}

static int disable(const struct instance *instance)
{
    set_parameter(instance, "multi_instance_enable", "no");
    return 0;
}

static int remove_instance(struct instances *instances,
                           const struct instance *instance, bool destroy)
{
    if (instance->is_primary)
        fatal("Cannot remove the primary instance");
    if (instance->is_enabled)
        fatal("Cannot remove enabled instances");
    if (destroy)
        return destroy_instance(instances, instance);
    set_directories(instances, instance->config_directory, NULL, NULL);
    return 0;
}

/* What is done to an instance that is there. */
static int change(struct instances *instances, const struct options *options)
{
    const char *edit = options->edit;

    if (options->name == NULL)
        fatal("Select an instance via '-i name'");
    struct instance *instance = instances_find(instances, options->name);
    if (instance == NULL)
        fatal("No instance named %s", options->name);
    if (*options->arguments != NULL)
        fatal("Parameter '%s' not valid with action %s", *options->arguments,
              edit);
    if (strcmp(edit, "disable") == 0)
        return disable(instance);
    if (strcmp(edit, "assign") == 0) {
        must_be_initialized(instances);
        return assign(instances, instance, options);
    }
    if (strcmp(edit, "enable") == 0) {
        must_be_initialized(instances);
        return enable(instance);
    }
    return remove_instance(instances, instance,
                           strcmp(edit, "destroy") == 0);
}

int edit_instance(struct instances *instances, const struct options *options)
{
    check_new_name(options->new_name);
    if (strcmp(options->edit, "init") == 0)
        return init(instances);
    instances_check(instances);
    if (strcmp(options->edit, "create") != 0 &&
        strcmp(options->edit, "import") != 0)
        return change(instances, options);
    return create_instance(instances, options,
                           strcmp(options->edit, "import") == 0);
}
