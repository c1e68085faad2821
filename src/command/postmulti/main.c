/* SPDX-License-Identifier: ISC
 *
 * main.c - postmulti: several mail systems on one host, that share programs
 * and documents and nothing else.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/str.h"
#include "config/params.h"
#include "postmulti.h"
#include "service/setup.h"

static void check_action(const char *name)
{
    static const char *const actions[] = { "create", "destroy", "import",
                                           "deport", "enable",  "disable",
                                           "assign", "init" };

    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(actions[i], name) == 0)
            return;
    fatal("Invalid '-e' edit action '%s'. Specify 'create', 'destroy', "
          "'import', 'deport', 'enable', 'disable', 'assign' or 'init'",
          name);
}

static void set_action(struct options *o, int letter)
{
    if (o->action != 0)
        fatal("Specify exactly one of '-e', '-l', '-p', '-x'");
    o->action = (char)letter;
}

static void parse_letter(struct options *o, int letter)
{
    switch (letter) {
    case 'a': o->all = true; return;
    case 'e': o->edit = optarg; set_action(o, letter); return;
    case 'g': o->group = optarg; return;
    case 'G': o->new_group = optarg; return;
    case 'i': o->name = optarg; return;
    case 'I': o->new_name = optarg; return;
    case 'j': o->json = true; return;
    case 'l':
    case 'p':
    case 'x': set_action(o, letter); return;
    case 'R': o->reverse = true; return;
    case 'v': o->verbose++; return;
    default:
        fatal("usage: postmulti -e action [options] | -l [options] | "
              "-p [options] postfix-command... | -x [options] "
              "unix-command...");
    }
}

static void check_options(const struct options *o)
{
    bool has_command = *o->arguments != NULL;

    if (o->action == 0)
        fatal("Specify exactly one of '-e', '-l', '-p', '-x'");
    if (o->all + (o->group != NULL) + (o->name != NULL) > 1)
        fatal("Specify no more than one of '-a', '-g', '-i'");
    if ((o->action == 'p' || o->action == 'e') && o->reverse)
        fatal("The '-p' and '-e' options preclude the use of '-R'");
    if ((o->action == 'p' || o->action == 'x') && !has_command)
        fatal("Command required with '-p' or '-x' option");
    if (o->action == 'l' && has_command)
        fatal("Command not allowed with '-l'");
    if (o->json && o->action != 'l')
        fatal("JSON output available only with '-l'");
    if (o->action != 'e' && (o->new_name != NULL || o->new_group != NULL))
        fatal("The '-I' and '-G' options are for '-e' alone");
    if (o->action == 'e')
        check_action(o->edit);
}

static struct options parse_options(int argc, char **argv)
{
    struct options o = { .action = 0 };
    int letter;

    while ((letter = getopt(argc, argv, "+ae:g:G:i:I:jlpRvx")) != -1)
        parse_letter(&o, letter);
    o.arguments = argv + optind;
    check_options(&o);
    return o;
}

/* There is one list of instances on a host. */
static void check_environment(void)
{
    const char *directory = getenv("MAIL_CONFIG");

    if (directory != NULL && *directory != '\0' &&
        strcmp(directory, config_primary_directory()) != 0)
        fatal("Non-default configuration directory: MAIL_CONFIG=%s",
              directory);
}

int main(int argc, char **argv)
{
    static const struct param_group *const groups[] = { &postmulti_param_group,
                                                        NULL };
    struct instances instances;

    command_begin(argv, "postmulti");
    const struct options options = parse_options(argc, argv);
    check_environment();
    unsetenv("MAIL_CONFIG");
    const struct command_options start = { .program = "postmulti",
                                           .groups = groups };
    command_start(&start);
    log_set_verbose(options.verbose);
    if (options.verbose > 0)
        setenv("MAIL_VERBOSE", "", 1);
    instances_load(&instances);
    switch (options.action) {
    case 'l': return iterate_list(&instances, &options);
    case 'x': return iterate_command(&instances, &options);
    case 'p': return iterate_postfix(&instances, &options);
    default: return edit_instance(&instances, &options);
    }
}
