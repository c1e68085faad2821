/* SPDX-License-Identifier: ISC
 *
 * run.c - the modes that other programs serve.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/text.h"
#include "config/params.h"
#include "sendmail.h"

struct command {
    struct arena *arena;
    ARRAY_OF(char *);
};

static void add(struct command *c, const char *argument)
{
    ARRAY_ADD(c, arena_strdup(c->arena, argument));
}

static void add_verbose(struct command *c, const struct request *r)
{
    for (int i = 0; i < r->verbose; i++)
        add(c, "-v");
}

static void set_program(struct command *c, const char *folder,
                        const char *program)
{
    ARRAY_ADD(c, arena_printf(c->arena, "%s/%s", folder, program));
}

static _Noreturn void become(struct command *c)
{
    ARRAY_ADD(c, NULL);
    execv(c->items[0], c->items);
    fatal("execv %s: %m", c->items[0]);
}

static void refuse_recipients(const struct request *r, const char *mode)
{
    if (r->recipients[0] != NULL)
        fatal("%s requires no recipient", mode);
}

/* newaliases: all of alias_database, or the file of -oA. */
static _Noreturn void build_aliases(struct command *c, const struct request *r)
{
    char **tables = text_split(c->arena, address_params.alias_database, NULL,
                               NULL);

    set_program(c, common_params.command_directory, "postalias");
    add_verbose(c, r);
    add(c, "--");
    if (r->alias_file != NULL)
        add(c, r->alias_file);
    else if (*tables == NULL)
        exit(0);
    else
        for (; *tables != NULL; tables++)
            add(c, *tables);
    become(c);
}

/* Nobody waits for a daemon. */
static _Noreturn void start_daemon(struct command *c, const struct request *r)
{
    pid_t pid = fork();

    if (pid < 0)
        fatal("fork: %m");
    if (pid > 0)
        _exit(0);
    set_program(c, common_params.command_directory, "postfix");
    add_verbose(c, r);
    add(c, "start");
    become(c);
}

static _Noreturn void serve_smtp(struct command *c, const struct request *r)
{
    post_submitter(c->arena);
    set_program(c, common_params.daemon_directory, "smtpd");
    add(c, "-S");
    add_verbose(c, r);
    become(c);
}

static _Noreturn void ask_queue(struct command *c, const struct request *r,
                                const char *option, const char *value)
{
    set_program(c, common_params.command_directory, "postqueue");
    add(c, option);
    if (value != NULL)
        add(c, value);
    else
        add_verbose(c, r);
    become(c);
}

static _Noreturn void flush_part(struct command *c, const struct request *r)
{
    refuse_recipients(r, r->flush_site != NULL ? "flush site"
                                               : "flush queue_id");
    if (r->flush_site != NULL)
        ask_queue(c, r, "-s", r->flush_site);
    ask_queue(c, r, "-i", r->flush_id);
}

void run_instead(const struct request *r)
{
    struct command c = { .arena = arena_new() };

    if (r->is_periodic && r->mode != MODE_DAEMON)
        exit(0);
    switch (r->mode) {
    case MODE_POST: flush_part(&c, r);
    case MODE_NOTHING: exit(0);
    case MODE_QUEUE:
        refuse_recipients(r, "display queue mode");
        ask_queue(&c, r, "-p", NULL);
    case MODE_FLUSH:
        refuse_recipients(r, "flush queue mode");
        ask_queue(&c, r, "-f", NULL);
    case MODE_ALIASES:
        refuse_recipients(r, "alias initialization mode");
        build_aliases(&c, r);
    case MODE_DAEMON:
        refuse_recipients(r, "daemon mode");
        start_daemon(&c, r);
    case MODE_SMTP:
        refuse_recipients(r, "stand-alone mode");
        serve_smtp(&c, r);
    }
    panic("sendmail: no mode %d", (int)r->mode);
}
