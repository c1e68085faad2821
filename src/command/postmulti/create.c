/* SPDX-License-Identifier: ISC
 *
 * create.c - a new instance: folders, and a main.cf that neither listens nor
 * takes mail until it has been looked at.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/str.h"
#include "base/text.h"
#include "config/cf_file.h"
#include "config/params.h"
#include "postmulti.h"

/* What name=value arguments may give. */
struct places {
    const char *config_directory, *queue_directory, *data_directory;
};

static void take_argument(struct places *places, const char *argument,
                          const char *edit, bool import)
{
    char *copy = mem_strdup(argument), *name, *value;

    if (!text_split_nameval(copy, &name, &value))
        fatal("Malformed parameter setting '%s'", argument);
    if (strcmp(name, "config_directory") == 0)
        places->config_directory = value;
    else if (!import && strcmp(name, "queue_directory") == 0)
        places->queue_directory = value;
    else if (!import && strcmp(name, "data_directory") == 0)
        places->data_directory = value;
    else
        fatal("Parameter '%s' not valid with action %s", name, edit);
    if (*value != '/')
        fatal("%s must be an absolute path, not \"%s\"", name, value);
}

/* The neighbour of the first instance's folder, named like the new one. */
static const char *neighbour(const char *folder, const char *name)
{
    const char *slash = strrchr(folder, '/');

    if (name == NULL || *name == '\0' || strcmp(name, "-") == 0 ||
        slash == NULL)
        return NULL;
    return mem_printf("%.*s/%s", (int)(slash - folder), folder, name);
}

static void must_be_given(const char *value, const char *name)
{
    if (value == NULL)
        fatal("Missing %s parameter value", name);
}

static bool exists(const char *folder, const char *file)
{
    char *path = mem_printf("%s/%s", folder, file);
    bool found = access(path, F_OK) == 0;

    free(path);
    return found;
}

static void must_be_unused(const struct instances *instances,
                           const char *config_directory)
{
    for (size_t i = 0; i < instances->count; i++)
        if (strcmp(instances->items[i].config_directory, config_directory) ==
            0)
            fatal("new config_directory=%s is already in use by instance %s, "
                  "config_directory=%s",
                  config_directory, config_directory, config_directory);
}

/* ---- files ------------------------------------------------------------- */

static void make_folder(const char *path)
{
    struct error why = ERROR_NONE;

    if (!file_make_folders(path, 0755, &why))
        fatal("%s", why.text);
}

static void copy_sample(const struct instance *instance, const char *file)
{
    struct str text = STR_EMPTY;
    struct error why = ERROR_NONE;
    char *from = mem_printf("%s/%s.proto", common_params.meta_directory, file);
    char *to = mem_printf("%s/%s", instance->config_directory, file);

    if (!file_read(from, CF_FILE_MAX_BYTES, &text, &why) ||
        !file_replace(to, 0644, text.data, text.length, &why))
        fatal("%s", why.text);
    str_fini(&text);
    free(from);
    free(to);
}

/* Where the shared programs are, and whose they are, if the first instance
 * has it otherwise than by default. */
static void copy_shared_settings(const struct instances *instances,
                                 const struct instance *instance)
{
    static const char *const names[] = {
        "command_directory", "daemon_directory",  "html_directory",
        "mail_owner",        "mailq_path",        "manpage_directory",
        "meta_directory",    "newaliases_path",   "readme_directory",
        "sample_directory",  "sendmail_path",     "setgid_group",
        "shlib_directory",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (config_is_set(instances->primary, names[i]))
            set_parameter(instance, names[i],
                          config_get_raw(instances->primary, names[i]));
}

static void write_files(const struct instances *instances,
                        const struct instance *instance)
{
    static const char *const check[] = { "check", NULL };

    make_folder(instance->config_directory);
    copy_sample(instance, "main.cf");
    copy_sample(instance, "master.cf");
    copy_shared_settings(instances, instance);
    set_parameter(instance, "queue_directory", instance->queue_directory);
    set_parameter(instance, "data_directory", instance->data_directory);
    set_parameter(instance, "multi_instance_enable", "no");
    set_parameter(instance, "master_service_disable", "inet");
    set_parameter(instance, "authorized_submit_users", "");
    make_folder(instance->queue_directory);
    if (instance_run_command(instance, "postfix", check) != 0)
        fatal("the folders of %s are not in order",
              instance->config_directory);
}

/* ---- the list of instances --------------------------------------------- */

/* Whom the new one is to stand before; NULL: the last place. */
static const struct instance *find_place(struct instances *instances,
                                         const struct options *options)
{
    for (size_t i = 1; i < instances->count; i++)
        if (options->all || ((options->name != NULL ||
                              options->group != NULL) &&
                             instance_is_selected(&instances->items[i],
                                                  options)))
            return &instances->items[i];
    if (options->name != NULL)
        fatal("No instance named %s", options->name);
    return NULL;
}

static void take_name(struct instance *instance, const struct options *options)
{
    if (options->new_name != NULL)
        instance->name =
            strcmp(options->new_name, "-") == 0 ? "" : options->new_name;
    if (options->new_group != NULL)
        instance->group =
            strcmp(options->new_group, "-") == 0 ? "" : options->new_group;
}

/* False: it has files, and is taken as it is. */
static bool describe(const struct instances *instances,
                     const struct options *options, bool import,
                     struct instance *instance)
{
    const struct instance *primary = &instances->items[0];
    const char *name = options->new_name;
    struct places places = {
        neighbour(primary->config_directory, name),
        neighbour(primary->queue_directory, name),
        neighbour(primary->data_directory, name),
    };

    for (char **word = options->arguments; *word != NULL; word++)
        take_argument(&places, *word, options->edit, import);
    must_be_given(places.config_directory, "config_directory");
    must_be_unused(instances, places.config_directory);
    if (import || (exists(places.config_directory, "main.cf") &&
                   exists(places.config_directory, "master.cf"))) {
        *instance = instance_read(places.config_directory, false);
        return false;
    }
    must_be_given(places.queue_directory, "queue_directory");
    must_be_given(places.data_directory, "data_directory");
    *instance = (struct instance){
        .name = "",
        .group = "",
        .config_directory = places.config_directory,
        .queue_directory = places.queue_directory,
        .data_directory = places.data_directory,
    };
    return true;
}

int create_instance(struct instances *instances,
                    const struct options *options, bool import)
{
    struct instance instance;

    bool is_new = describe(instances, options, import, &instance);
    const struct instance *place = find_place(instances, options);
    size_t index = place != NULL ? (size_t)(place - instances->items) : 0;
    take_name(&instance, options);
    ARRAY_ADD(instances, instance);
    instances_check(instances);
    must_be_initialized(instances);
    instances->count--;
    place = index > 0 ? &instances->items[index] : NULL;
    /* Listed first: only so are the shared files none of its own. */
    set_directories(instances, NULL, instance.config_directory, place);
    if (is_new)
        write_files(instances, &instance);
    if (options->new_name != NULL)
        set_parameter(&instance, "multi_instance_name", instance.name);
    if (options->new_group != NULL)
        set_parameter(&instance, "multi_instance_group", instance.group);
    return 0;
}
