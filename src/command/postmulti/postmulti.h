/* SPDX-License-Identifier: ISC
 *
 * postmulti.h - the parts of the postmulti command.
 */
#ifndef POSTMULTI_POSTMULTI_H
#define POSTMULTI_POSTMULTI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"
#include "config/main_cf.h"

/* One mail system. Texts live as long as the program. */
struct instance {
    const char *name, *group; /* "": none */
    bool is_primary, is_enabled;
    const char *config_directory, *queue_directory, *data_directory;
};

/* The first is the primary one; then in the order of its
 * multi_instance_directories. */
struct instances {
    struct config *primary;
    ARRAY_OF(struct instance);
};

struct options {
    char action; /* 'e', 'l', 'p' or 'x' */
    const char *edit;
    const char *name, *group; /* which instances; NULL: not given */
    bool all, reverse, json;
    const char *new_name, *new_group;
    int verbose;
    char **arguments; /* behind the options; ends with NULL */
};

/* ---- instances.c ---- */

void instances_load(struct instances *instances);
/* fatal() if main.cf cannot be read. */
struct instance instance_read(const char *config_directory, bool is_primary);
/* The one named so, or in this folder, "-" being the primary; or NULL. */
struct instance *instances_find(struct instances *instances,
                                const char *name);
/* fatal() if two have the same name or folder. */
void instances_check(const struct instances *instances);
bool instance_is_selected(const struct instance *instance,
                          const struct options *options);

/* ---- iterate.c: the exit status ---- */

int iterate_list(struct instances *instances, const struct options *options);
int iterate_command(struct instances *instances,
                    const struct options *options);
int iterate_postfix(struct instances *instances,
                    const struct options *options);
/* Run a command of <instance>, with what it wants to know in the environment:
 * its exit status, or 1. */
int instance_run(const struct instance *instance, const char *const *argv);
/* The same for $command_directory/<program>. */
int instance_run_command(const struct instance *instance, const char *program,
                         const char *const *arguments);

/* ---- edit.c, create.c, destroy.c ---- */

int edit_instance(struct instances *instances, const struct options *options);
int create_instance(struct instances *instances,
                    const struct options *options, bool import);
int destroy_instance(struct instances *instances,
                     const struct instance *instance);

/* fatal() without what makes the postfix command ask for all instances. */
void must_be_initialized(const struct instances *instances);
/* Set a parameter of <instance> in its main.cf; fatal() if that fails. */
void set_parameter(const struct instance *instance, const char *name,
                   const char *value);
/* Write multi_instance_directories anew: without <leave_out>, and with
 * <folder> before the instance <before> (NULL: last). Both may be NULL. */
void set_directories(const struct instances *instances,
                     const char *leave_out, const char *folder,
                     const struct instance *before);

#endif
