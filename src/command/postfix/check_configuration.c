/* SPDX-License-Identifier: ISC
 *
 * check_configuration.c - can main.cf and master.cf be used as they are?
 *
 * One line a fault: where it is, what is wrong, and what to do about it.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/priv.h"
#include "base/sock.h"
#include "base/str.h"
#include "base/text.h"
#include "config/master_cf.h"
#include "config/param_index.h"
#include "config/params.h"
#include "config/unbuilt.h"
#include "postfix.h"
#include "service/listen_address.h"
#include "table/driver.h"
#include "table/table.h"

/* ---- main.cf ----------------------------------------------------------- */

static bool complain(const struct error *why)
{
    log_error("%s", why->text);
    return false;
}

/* As the SMTP client reads its parameters, or for LMTP. A default that is none
 * (virtual_mailbox_base) matters only to the program that needs it. */
static bool check_group(struct config *config, const struct param_group *group,
                        bool (*load)(struct config *config,
                                     const struct param_group *group,
                                     struct error *why))
{
    struct error why = ERROR_NONE;

    return load(config, group, &why) ||
           text_has_prefix(why.text, "the built-in default") ||
           complain(&why);
}

/* Each value must be of its type and within its bounds. The values for SMTP
 * stay loaded. */
static bool check_parameters(struct config *config)
{
    bool ok = true;

    for (const struct param_group *const *group = param_groups;
         *group != NULL; group++) {
        struct error known = ERROR_NONE;
        ok = check_group(config, *group, param_group_load) &&
             check_group(config, *group, param_group_load_lmtp) && ok;
        param_group_load(config, *group, &known);
    }
    /* Of a group that could not be loaded. */
    if (smtpd_params.smtpd_restriction_classes == NULL)
        smtpd_params.smtpd_restriction_classes = "";
    return ok;
}

/* What this version does not do: an order is an error, all else worth a
 * line. */
static bool check_unbuilt(struct config *config, const char *where,
                          const char *name, const char *value)
{
    const char *feature;

    switch (unbuilt_judge(config, name, value, &feature)) {
    case UNBUILT_NOTHING: return true;
    case UNBUILT_WARN:
        log_warning("%s: %s = %s asks for %s, which this version does not "
                    "have; it goes on without: remove the setting to be rid "
                    "of this warning",
                    where, name, value, feature);
        return true;
    case UNBUILT_REFUSE: break;
    }
    log_error("%s: %s = %s asks for %s, which this version does not have; "
              "remove the setting",
              where, name, value, feature);
    return false;
}

bool takes_tables(const char *classes, const char *name)
{
    static const char *const suffixes[] = {
        "_maps", "_checks", "_map", "_restrictions", "_domains", "_networks",
        "_classes", "mydestination", "mynetworks", "alias_database",
        "_command_filter", "_reply_filter", "_status_filter", "_exceptions",
        "_rewrite_clients", "debug_peer_list", "_destinations",
    };
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (text_has_suffix_nocase(name, suffixes[i]))
            return true;
    return text_lists_word(classes, name);
}

/* "type:" in front of a word; "" if it does not look like one. */
static char *table_type(struct arena *arena, const char *word)
{
    size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_-");

    if (length < 2 || word[length] != ':' || word[length + 1] == '\0')
        return arena_strdup(arena, "");
    return arena_strndup(arena, word, length);
}

static bool is_known_type(const char *type)
{
    /* Services and nexthops look alike. */
    static const char *const others[] = { "inet", "unix", "smtp", "lmtp",
                                          "relay", "local", "virtual",
                                          "error", "discard" };
    const char *const *known = table_types();

    for (; *known != NULL; known++)
        if (strcmp(*known, type) == 0)
            return true;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i], type) == 0)
            return true;
    return false;
}

/* Is each word of the value of <name> a table? proxy_read_maps has settings
 * of all kinds. */
static bool takes_only_tables(const char *name)
{
    return (text_has_suffix_nocase(name, "_maps") ||
            text_has_suffix_nocase(name, "_checks") ||
            strcmp(name, "alias_database") == 0) &&
           !text_has_prefix(name, "proxy_");
}

/* Is more to be told about a type than that it is none? Most are known, and
 * can be built in. */
static bool is_explained(const char *type, struct error *why)
{
    return driver_find(type, why) == NULL &&
           !text_has_suffix_nocase(why->text, type);
}

static void complain_of_type(const char *where, const char *name,
                             const char *type, const char *text)
{
    struct error why = ERROR_NONE;

    if (is_explained(type, &why))
        log_warning("%s: %s: \"%s\": %s; what needs the table will be put "
                    "off until later",
                    where, name, text, why.text);
    else
        log_warning("%s: %s: unsupported dictionary type: %s (\"%s\"); "
                    "\"postconf -m\" lists those that there are; what needs "
                    "the table will be put off until later",
                    where, name, type, text);
}

/* The mail system runs on, as one that runs already would: what needs such a
 * table is put off until later. */
static void check_tables(const char *classes, const char *where,
                         const char *name, const char *value)
{
    struct arena *arena = arena_new();
    char *cursor =
        arena_strdup(arena, takes_tables(classes, name) ? value : "");
    char *word;

    while ((word = text_token_braced(&cursor, LIST_SEPARATORS, false)) !=
           NULL) {
        const char *text = *word == '!' ? word + 1 : word;
        if (text_has_prefix(text, "proxy:"))
            text += strlen("proxy:");
        if (takes_only_tables(name) && strchr(text, ':') == NULL)
            log_warning("%s: %s: \"%s\" has no type, as in \"%s:%s\"; what "
                        "needs it will be put off until later",
                        where, name, text,
                        common_params.default_database_type, text);
        const char *type = table_type(arena, text);
        if (*type != '\0' && !is_known_type(type))
            complain_of_type(where, name, type, text);
    }
    arena_free(arena);
}

/* Of tables that are named without a type, and of caches. */
static void check_default_type(struct config *config, const char *name)
{
    struct error why = ERROR_NONE;
    const char *type =
        config_is_set(config, name) ? config_try(config, name, &why) : NULL;
    const char *const *known = table_types();

    while (type != NULL && *known != NULL && strcmp(*known, type) != 0)
        known++;
    if (type == NULL || *known != NULL)
        return;
    if (is_explained(type, &why))
        log_warning("%s: %s: %s; tables of it will be put off until later",
                    config_where(config, name), name, why.text);
    else
        log_warning("%s: %s: unsupported dictionary type: %s; \"postconf -m\" "
                    "lists those that there are: tables of it will be put off "
                    "until later",
                    config_where(config, name), name, type);
}

static bool check_settings(struct config *config)
{
    size_t count;
    const char *const *names = config_names(config, &count);
    bool ok = true;

    check_default_type(config, "default_database_type");
    check_default_type(config, "default_cache_db_type");
    for (size_t i = 0; i < count; i++) {
        struct error why = ERROR_NONE;
        const char *value = config_try(config, names[i], &why);
        const char *where = config_where(config, names[i]);
        if (value == NULL)
            continue;
        ok = check_unbuilt(config, where, names[i], value) && ok;
        check_tables(smtpd_params.smtpd_restriction_classes, where, names[i],
                     value);
        check_restrictions(smtpd_params.smtpd_restriction_classes, where,
                           names[i], value);
    }
    return ok;
}

/* Who owns the queue, or its group, is not there. */
static bool complain_of(struct config *config, const char *name,
                        const struct error *why)
{
    log_error("%s: parameter %s: %s; create it, or correct the name",
              config_where(config, name), name, why->text);
    return false;
}

/* Another account with the same number could do all that this one can. */
static bool check_mail_owner(const struct command *command)
{
    struct error why = ERROR_NONE;
    const struct passwd *other;
    uid_t uid;
    gid_t gid, shared;
    bool ok = true;

    if (geteuid() != 0)
        return true;
    if (!priv_user(common_params.mail_owner, &uid, &gid, &why))
        return complain_of(command->config, "mail_owner", &why);
    if (!priv_group(common_params.setgid_group, &shared, &why))
        return complain_of(command->config, "setgid_group", &why);
    setpwent();
    while (ok && (other = getpwent()) != NULL)
        if (other->pw_uid == uid &&
            strcmp(other->pw_name, common_params.mail_owner) != 0) {
            log_error("file %s/main.cf: parameter mail_owner: user %s has "
                      "the same user ID %ld as user %s",
                      config_directory(command->config),
                      common_params.mail_owner, (long)uid, other->pw_name);
            ok = false;
        }
    endpwent();
    if (gid != shared)
        return ok;
    log_error("file %s/main.cf: parameters mail_owner and setgid_group: %s "
              "and %s have the same group ID %ld; specify another group",
              config_directory(command->config), common_params.mail_owner,
              common_params.setgid_group, (long)gid);
    return false;
}

/* ---- master.cf --------------------------------------------------------- */

static bool is_unbuilt_program(const char *name)
{
    static const char *const unbuilt[] = { "postscreen", "dnsblog", "tlsproxy",
                                           "qmqpd" };
    for (size_t i = 0; i < sizeof unbuilt / sizeof *unbuilt; i++)
        if (strcmp(unbuilt[i], name) == 0)
            return true;
    return false;
}

/* A port where clients would come and nobody answers is an error. */
static bool check_program(const struct master_entry *entry, const char *where)
{
    char *path = mem_printf("%s/%s", common_params.daemon_directory,
                            entry->command);
    bool is_there = access(path, X_OK) == 0;
    int error = errno;
    bool is_unbuilt = !is_there && is_unbuilt_program(entry->command);
    bool is_fault = is_unbuilt && entry->type == MASTER_INET;

    if (is_unbuilt)
        (is_fault ? log_error : log_warning)(
            "%s: service %s asks for %s, which this version does not have; "
            "comment the service out",
            where, entry->name, entry->command);
    else if (!is_there)
        log_warning("%s: service %s cannot run: %s: %s; correct the command, "
                    "or comment the service out",
                    where, entry->name, path, strerror(error));
    free(path);
    return !is_fault;
}

/* Names that main.cf or this service gives to lists of restrictions. */
static const char *restriction_classes(struct arena *arena,
                                       const struct master_entry *entry)
{
    const char *classes = smtpd_params.smtpd_restriction_classes;
    size_t position = 0;
    const char *setting;

    while ((setting = master_entry_next_setting(entry, &position)) != NULL) {
        char *name, *value;
        if (text_split_nameval(arena_strdup(arena, setting), &name, &value) &&
            strcmp(name, "smtpd_restriction_classes") == 0)
            classes = value;
    }
    return classes;
}

static bool check_overrides(struct config *config, const struct master_cf *cf,
                            const struct master_entry *entry,
                            const char *where)
{
    struct arena *arena = arena_new();
    const char *classes = restriction_classes(arena, entry);
    size_t position = 0;
    const char *setting;
    bool ok = true;

    while ((setting = master_entry_next_setting(entry, &position)) != NULL) {
        char *name, *value;
        if (!text_split_nameval(arena_strdup(arena, setting), &name, &value))
            continue;
        struct error why = ERROR_NONE;
        if (config_expand(config, value, &why) == NULL)
            log_warning("%s: parameter %s: %s; the service cannot run", where,
                        name, why.text);
        ok = check_unbuilt(config, where, name, value) && ok;
        check_tables(classes, where, name, value);
        check_restrictions(classes, where, name, value);
        check_transport(cf, where, name, value);
    }
    arena_free(arena);
    return ok;
}

/* In a child: parameters as the service will have them. */
_Noreturn static void load_as_service(struct config *config,
                                      const struct master_cf *cf,
                                      const struct master_entry *entry)
{
    struct arena *arena = arena_new();
    size_t position = 0;
    const char *setting;

    while ((setting = master_entry_next_setting(entry, &position)) != NULL) {
        char *name, *value;
        if (text_split_nameval(arena_strdup(arena, setting), &name, &value))
            config_override_at(config, name, value, cf->path, entry->line);
    }
    for (const struct param_group *const *group = param_groups;
         *group != NULL; group++) {
        struct error why = ERROR_NONE;
        if (!param_group_load(config, *group, &why) &&
            text_has_prefix(why.text, cf->path))
            log_warning("%s; the service cannot run", why.text);
    }
    _exit(0);
}

/* Values of the wrong type, or out of bounds, in options of a service. */
static void check_types(struct config *config, const struct master_cf *cf,
                        const struct master_entry *entry)
{
    size_t position = 0;

    if (master_entry_next_setting(entry, &position) == NULL)
        return;
    pid_t child = fork();
    if (child == 0)
        load_as_service(config, cf, entry);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
}

static bool is_port_free(const struct addr *addr, const char *where)
{
    static const struct { int error; const char *remedy; } remedies[] = {
        { EADDRINUSE, "another program uses this port: end that one, or "
                      "change the port" },
        { EADDRNOTAVAIL, "this system has no such address: correct it, or "
                         "set the address up" },
        { EACCES, "a port below 1024 needs root" },
    };
    struct error why = ERROR_NONE;
    int fd = sock_listen(addr, 1, &why);

    if (fd >= 0)
        close(fd);
    for (size_t i = 0; fd < 0 && i < sizeof remedies / sizeof *remedies; i++)
        if (errno == remedies[i].error) {
            log_error("%s: %s; %s", where, why.text, remedies[i].remedy);
            return false;
        }
    return true;
}

static bool check_inet(const struct master_entry *entry, const char *where,
                       bool is_running)
{
    const struct listen_options options = {
        .inet_interfaces = common_params.inet_interfaces,
        .inet_protocols = common_params.inet_protocols,
        .known_tcp_ports = common_params.known_tcp_ports,
    };
    struct listen_addresses found;
    struct error why = ERROR_NONE;
    bool ok = true;

    if (!listen_addresses_find(entry->name, &options, &found, &why)) {
        error_prefix(&why, "%s", where);
        return complain(&why);
    }
    for (size_t i = 0; i < found.count && !is_running; i++)
        ok = is_port_free(&found.items[i], where) && ok;
    ARRAY_FREE(&found);
    return ok;
}

static bool check_entry(struct config *config, const struct master_cf *cf,
                        const struct master_entry *entry, bool is_running)
{
    char *where = mem_printf("%s, line %d", cf->path, entry->line);
    bool ok = check_program(entry, where);

    ok = check_overrides(config, cf, entry, where) && ok;
    check_types(config, cf, entry);
    check_attributes(config, entry, where);
    if (entry->type == MASTER_INET &&
        !master_entry_is_listed(entry, master_params.master_service_disable))
        ok = check_inet(entry, where, is_running) && ok;
    if (entry->type == MASTER_UNIX_DGRAM && entry->wakeup_s > 0) {
        log_error("%s: a unix-dgram service cannot be woken up; specify 0 in "
                  "the wakeup column",
                  where);
        ok = false;
    }
    free(where);
    return ok;
}

static bool check_services(struct command *command)
{
    char *path = mem_printf("%s/master.cf", config_directory(command->config));
    bool is_running = control_master_pid() != 0;
    struct error why = ERROR_NONE;
    struct master_cf *cf = master_cf_load(path, &why);
    bool ok = cf != NULL && master_cf_check(cf, &why);

    free(path);
    if (!ok)
        complain(&why);
    for (size_t i = 0; cf != NULL && i < cf->count; i++)
        ok = check_entry(command->config, cf, &cf->entries[i], is_running) &&
             ok;
    if (cf != NULL)
        check_transports(command->config, cf);
    if (cf != NULL && *common_params.maillog_file != '\0' &&
        master_cf_find(cf, common_params.postlog_service_name,
                       MASTER_UNIX_DGRAM) == NULL) {
        log_error("%s: maillog_file is set, but there is no service "
                  "\"%s unix-dgram n - n - 1 postlogd\"; add it",
                  cf->path, common_params.postlog_service_name);
        ok = false;
    }
    master_cf_free(cf);
    return ok;
}

bool check_configuration(struct command *command)
{
    bool ok = check_parameters(command->config);

    ok = check_addresses(command->config) && ok;
    ok = check_settings(command->config) && ok;
    ok = check_mail_owner(command) && ok;
    return check_services(command) && ok;
}
