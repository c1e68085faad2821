/* SPDX-License-Identifier: ISC
 *
 * upgrade.c - give the configuration of an earlier release what this one
 * needs to run.
 *
 * A service that later releases have brought, and that others rely on, is
 * added to master.cf; what the administrator has there stays as it is, and
 * a second run finds nothing to do.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/str.h"
#include "config/master_cf.h"
#include "config/params.h"
#include "postfix.h"

/* In the order in which releases brought them. */
static const struct service {
    const char *name;
    enum master_type type;
    const char *columns; /* from private to maxproc */
    const char *command;
} services[] = {
    { "relay", MASTER_UNIX, "- - n - -", "smtp" },
    { "flush", MASTER_UNIX, "n - n 1000? 0", "flush" },
    { "trace", MASTER_UNIX, "- - n - 0", "bounce" },
    { "verify", MASTER_UNIX, "- - n - 1", "verify" },
    { "proxymap", MASTER_UNIX, "- - n - -", "proxymap" },
    { "anvil", MASTER_UNIX, "- - n - 1", "anvil" },
    { "scache", MASTER_UNIX, "- - n - 1", "scache" },
    { "discard", MASTER_UNIX, "- - n - -", "discard" },
    { "tlsmgr", MASTER_UNIX, "- - n 1000? 1", "tlsmgr" },
    { "retry", MASTER_UNIX, "- - n - -", "error" },
    { "proxywrite", MASTER_UNIX, "- - n - 1", "proxymap" },
    { "postlog", MASTER_UNIX_DGRAM, "n - n - 1", "postlogd" },
};

static bool run_postconf(const struct command *command, const char *option,
                         const char *argument)
{
    char *program =
        mem_printf("%s/postconf", common_params.command_directory);
    const char *const argv[] = { program,
                                 "-c",
                                 config_directory(command->config),
                                 option,
                                 argument,
                                 NULL };
    bool ok = control_run(argv) == 0;

    if (!ok)
        log_error("\"postconf %s '%s'\" failed", option, argument);
    free(program);
    return ok;
}

static bool add_service(const struct command *command,
                        const struct master_cf *cf, const struct service *s)
{
    const char *type = master_type_name(s->type);
    char *entry = mem_printf("%s/%s=%s %s %s %s", s->name, type, s->name,
                             type, s->columns, s->command);

    log_info("Editing %s, adding missing entry for %s %s", cf->path, s->name,
             s->type == MASTER_UNIX ? "service"
                                    : "unix-domain datagram service");
    bool ok = run_postconf(command, "-Me", entry);
    free(entry);
    return ok;
}

static bool set_field(const struct command *command, const char *service,
                      const char *field, const char *value)
{
    char *text = mem_printf("%s/%s=%s", service, field, value);
    bool ok = run_postconf(command, "-Fe", text);

    free(text);
    return ok;
}

/* Old releases ran tlsmgr as a FIFO, through which no answer can come. */
static bool mend_tlsmgr(const struct command *command,
                        const struct master_cf *cf)
{
    if (master_cf_find(cf, "tlsmgr", MASTER_FIFO) == NULL)
        return true;
    log_info("Editing %s, updating the tlsmgr from fifo to unix service",
             cf->path);
    return set_field(command, "tlsmgr/fifo", "type", "unix");
}

/* Users ask it by "postqueue -s". */
static bool mend_flush(const struct command *command,
                       const struct master_cf *cf)
{
    const struct master_entry *flush =
        master_cf_find(cf, "flush", MASTER_UNIX);

    if (flush == NULL || !flush->is_private)
        return true;
    log_info("Editing %s, making the flush service public", cf->path);
    return set_field(command, "flush/unix", "private", "n");
}

static bool is_there(const struct master_cf *cf, const struct service *s)
{
    return master_cf_find(cf, s->name, s->type) != NULL ||
           (strcmp(s->name, "tlsmgr") == 0 &&
            master_cf_find(cf, s->name, MASTER_FIFO) != NULL);
}

static bool upgrade_services(const struct command *command)
{
    char *path = mem_printf("%s/master.cf", config_directory(command->config));
    struct error why = ERROR_NONE;
    struct master_cf *cf = master_cf_load(path, &why);

    if (cf == NULL)
        fatal("%s", why.text);
    bool ok = mend_tlsmgr(command, cf) && mend_flush(command, cf);
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if (!is_there(cf, &services[i]))
            ok = add_service(command, cf, &services[i]) && ok;
    master_cf_free(cf);
    free(path);
    return ok;
}

/* A path that an earlier installation wrote to main.cf wins over the place
 * where this one was put. */
static bool check_programs(struct config *config)
{
    char *path = mem_printf("%s/master", common_params.daemon_directory);
    bool ok = access(path, X_OK) == 0;

    if (!ok)
        log_error("%s: daemon_directory: there is no %s; change the setting "
                  "to where the daemons are, or remove it",
                  config_where(config, "daemon_directory"), path);
    free(path);
    return ok;
}

bool upgrade_configuration(struct command *command, struct config *config)
{
    bool ok = upgrade_services(command);

    return check_programs(config) && ok;
}
