/* SPDX-License-Identifier: ISC
 *
 * iterate.c - do the same for each instance in turn.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/str.h"
#include "base/text.h"
#include "config/params.h"
#include "postmulti.h"

/* ---- running programs -------------------------------------------------- */

static void export_instance(const struct instance *instance)
{
    const char *const variables[][2] = {
        { "MAIL_CONFIG", instance->config_directory },
        { "config_directory", instance->config_directory },
        { "queue_directory", instance->queue_directory },
        { "data_directory", instance->data_directory },
        { "command_directory", common_params.command_directory },
        { "daemon_directory", common_params.daemon_directory },
        { "multi_instance_name", instance->name },
        { "multi_instance_group", instance->group },
        { "multi_instance_enable", instance->is_enabled ? "yes" : "no" },
    };

    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        if (setenv(variables[i][0], variables[i][1], 1) != 0)
            fatal("setenv: %m");
}

int instance_run(const struct instance *instance, const char *const *argv)
{
    int status;

    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0)
        fatal("fork: %m");
    if (pid == 0) {
        export_instance(instance);
        execvp(argv[0], (char *const *)argv);
        fatal("exec %s: %m", argv[0]);
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            fatal("waitpid: %m");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int instance_run_command(const struct instance *instance, const char *program,
                         const char *const *arguments)
{
    struct { ARRAY_OF(const char *); } words = ARRAY_EMPTY;
    char *path =
        mem_printf("%s/%s", common_params.command_directory, program);

    ARRAY_ADD(&words, path);
    for (; *arguments != NULL; arguments++)
        ARRAY_ADD(&words, *arguments);
    ARRAY_ADD(&words, NULL);
    int status = instance_run(instance, words.items);
    ARRAY_FREE(&words);
    free(path);
    return status;
}

/* ---- walking ----------------------------------------------------------- */

/* True: this one counts as one that matches. */
typedef bool visitor(const struct instance *instance,
                   const struct options *options, bool *failed);

/* The sum of all, as an exit status. */
static int walk(const struct instances *instances,
                const struct options *options, bool backwards,
                visitor *visit)
{
    bool failed = false;
    size_t matches = 0;

    for (size_t i = 0; i < instances->count; i++) {
        const struct instance *instance =
            &instances->items[backwards ? instances->count - 1 - i : i];
        if (instance_is_selected(instance, options))
            matches += visit(instance, options, &failed);
    }
    if (matches == 0)
        fatal("No matching instances");
    return failed ? 1 : 0;
}

static const char *or_dash(const char *text)
{
    return *text != '\0' ? text : "-";
}

static void print_json(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        if ((unsigned char)*text < ' ')
            printf("\\u%04x", (unsigned char)*text);
        else
            putchar(*text);
    }
    putchar('"');
}

static void list_json(const struct instance *instance)
{
    const char *const members[][2] = {
        { "name", or_dash(instance->name) },
        { "group", or_dash(instance->group) },
        { "enabled", instance->is_enabled ? "y" : "n" },
        { "config_directory", instance->config_directory },
    };

    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        printf("%s\"%s\": ", i == 0 ? "{" : ",", members[i][0]);
        print_json(members[i][1]);
    }
    puts("}");
}

int iterate_list(struct instances *instances, const struct options *options)
{
    for (size_t i = 0; i < instances->count; i++) {
        const struct instance *instance =
            &instances->items[options->reverse ? instances->count - 1 - i : i];
        if (!instance_is_selected(instance, options))
            continue;
        if (options->json)
            list_json(instance);
        else
            printf("%-15s %-15s %-9s %s\n", or_dash(instance->name),
                   or_dash(instance->group), instance->is_enabled ? "y" : "n",
                   instance->config_directory);
    }
    return 0;
}

static bool visit_command(const struct instance *instance,
                          const struct options *options, bool *failed)
{
    if (instance_run(instance, (const char *const *)options->arguments) != 0)
        *failed = true;
    return true;
}

int iterate_command(struct instances *instances,
                    const struct options *options)
{
    return walk(instances, options, options->reverse, visit_command);
}

/* ---- the postfix command ----------------------------------------------- */

/* An instance that is not enabled is neither started nor stopped, but its
 * faults are told. */
static bool visit_postfix(const struct instance *instance,
                          const struct options *options, bool *failed)
{
    static const char *const check[] = { "check", NULL };
    const char *const *arguments = (const char *const *)options->arguments;
    const char *word = arguments[0];

    if (!instance->is_enabled) {
        if (text_lists_word(postmulti_params.postmulti_start_commands, word))
            arguments = check;
        else if (text_lists_word(postmulti_params.postmulti_stop_commands,
                                 word) ||
                 text_lists_word(postmulti_params.postmulti_control_commands,
                                 word))
            return false;
    }
    if (instance_run_command(instance, "postfix", arguments) != 0)
        *failed = true;
    return true;
}

/* What was started first feeds or serves the others: it ends last. */
int iterate_postfix(struct instances *instances,
                    const struct options *options)
{
    bool stops = text_lists_word(postmulti_params.postmulti_stop_commands,
                            options->arguments[0]);

    return walk(instances, options, stops, visit_postfix);
}
