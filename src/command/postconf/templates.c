/* SPDX-License-Identifier: ISC
 *
 * templates.c - the templates of notices, which the bounce program has.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/str.h"
#include "postconf.h"

/* The daemon runs in the queue's folder. */
static char *absolute(const char *path)
{
    char *folder = path[0] == '\0' || path[0] == '/' ? NULL
                                                     : getcwd(NULL, 0);
    char *whole = folder != NULL ? mem_printf("%s/%s", folder, path)
                                 : mem_strdup(path);

    free(folder);
    return whole;
}

_Noreturn void show_templates(const struct postconf *pc)
{
    struct error why = ERROR_NONE;
    const char *file = pc->arguments[0];
    bool expanded = (pc->options & OPT_BOUNCE) != 0;

    if (file != NULL && pc->arguments[1] != NULL)
        fatal("options -b and -t require at most one template file");
    struct config *config = config_load(pc->directory, &why);
    if (config == NULL)
        fatal("%s", why.text);
    char *program =
        mem_printf("%s/bounce", config_get(config, "daemon_directory"));
    char *setting = file == NULL
                        ? NULL
                        : mem_printf("bounce_template_file=%s",
                                     absolute(file));
    /* As the configuration of the daemon, which has no option -c DIR. */
    if (setenv("MAIL_CONFIG", pc->directory, 1) != 0)
        fatal("out of memory");
    execl(program, "bounce", "-SVn",
          expanded ? "expand_templates" : "dump_templates",
          setting != NULL ? "-o" : NULL, setting, NULL);
    fatal("%s: %m; daemon_directory in %s must name the folder of the "
          "daemons",
          program, pc->main_path);
}
