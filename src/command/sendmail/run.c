/* SPDX-License-Identifier: ISC
 *
 * run.c - the modes that other programs serve.
 */
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/text.h"
#include "config/params.h"
#include "sendmail.h"

static _Noreturn void become(struct arena *arena, const char *folder,
                             const char *program, char **argv)
{
    const char *path = arena_printf(arena, "%s/%s", folder, program);

    argv[0] = (char *)(size_t)program;
    execv(path, argv);
    fatal_status(EX_OSERR, "execute %s: %m", path);
}

static _Noreturn void become_command(struct arena *arena, const char *program,
                                     const char *option, const char *value)
{
    char *argv[] = { NULL, (char *)(size_t)option, (char *)(size_t)value,
                     NULL };

    become(arena, common_params.command_directory, program, argv);
}

/* newaliases: all of alias_database, or the file of -oA. */
static _Noreturn void run_postalias(struct arena *arena,
                                    const struct request *r)
{
    size_t count = 0;
    const char *list = r->alias_file != NULL ? r->alias_file
                                             : address_params.alias_database;
    char **tables = text_split(arena, list, NULL, &count);
    char **argv = arena_array(arena, count + 3, sizeof *argv);

    if (count == 0)
        exit(0);
    argv[1] = (char *)(size_t)"--";
    memcpy(argv + 2, tables, count * sizeof *tables);
    argv[count + 2] = NULL;
    become(arena, common_params.command_directory, "postalias", argv);
}

void run_instead(const struct request *r)
{
    struct arena *arena = arena_new();
    char *smtpd[] = { NULL, (char *)(size_t)"-S", NULL };

    switch (r->mode) {
    case MODE_QUEUE: become_command(arena, "postqueue", "-p", NULL);
    case MODE_ALIASES: run_postalias(arena, r);
    case MODE_DAEMON: become_command(arena, "postfix", "start", NULL);
    case MODE_SMTP:
        become(arena, common_params.daemon_directory, "smtpd", smtpd);
    case MODE_FLUSH:
        if (r->flush_id != NULL)
            become_command(arena, "postqueue", "-i", r->flush_id);
        if (r->flush_site != NULL)
            become_command(arena, "postqueue", "-s", r->flush_site);
        become_command(arena, "postqueue", "-f", NULL);
    case MODE_NOTHING: exit(0);
    case MODE_POST:
    case MODE_VERIFY: break;
    }
    panic("sendmail: mode %d is no other program's", (int)r->mode);
}
