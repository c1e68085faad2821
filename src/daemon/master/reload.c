/* SPDX-License-Identifier: ISC
 *
 * reload.c - read the configuration, at start and again at SIGHUP.
 *
 * A fault at start is fatal. A fault at reload leaves everything as it was:
 * a slip of the pen must not stop the mail.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/sock.h"
#include "base/str.h"
#include "config/compat.h"
#include "config/main_cf.h"
#include "config/params.h"
#include "master.h"
#include "service/setup.h"

static const struct param_group *const groups[] = {
    &common_param_group, &queue_param_group, &master_param_group,
    &postwain_param_group, NULL
};
static struct config *current; /* owned; the texts of the parameters */
static const char *directory;

/* The parameters as they were, for the way back. */
struct settings {
    struct common_params common;
    struct queue_params queue;
    struct master_params master;
    struct postwain_params postwain;
};

static struct settings save_settings(void)
{
    return (struct settings){ common_params, queue_params, master_params,
                              postwain_params };
}

static void restore_settings(const struct settings *old)
{
    common_params = old->common;
    queue_params = old->queue;
    master_params = old->master;
    postwain_params = old->postwain;
}

bool reload_default_chroot(void)
{
    return compat_is_below(current, "1");
}

void reload_log(void)
{
    setup_log(current, "master");
}

static struct config *load_parameters(struct error *why)
{
    struct config *config = config_load(directory, why);

    if (config == NULL)
        return NULL;
    config_set_process(config, "master", "");
    if (config_load_groups(config, groups, why) &&
        setup_log_check(config, why))
        return config;
    config_free(config);
    return NULL;
}

static struct master_cf *load_services(struct error *why)
{
    char *path = mem_printf("%s/master.cf", directory);
    struct master_cf *cf = master_cf_load(path, why);

    free(path);
    if (cf == NULL || master_cf_check(cf, why))
        return cf;
    master_cf_free(cf);
    return NULL;
}

/* What the daemons need to log before they have read main.cf. */
static void export_environment(void)
{
    bool to_file = common_params.maillog_file[0] != '\0';
    char *socket = mem_printf("%s/public/%s", common_params.queue_directory,
                              common_params.postlog_service_name);

    if (setenv("MAIL_CONFIG", directory, 1) != 0)
        fatal("setenv: %m");
    if (!to_file) {
        unsetenv("POSTLOG_SERVICE");
        unsetenv("POSTLOG_HOSTNAME");
    } else if (setenv("POSTLOG_SERVICE", socket, 1) != 0 ||
               setenv("POSTLOG_HOSTNAME", common_params.myhostname, 1) != 0) {
        fatal("setenv: %m");
    }
    free(socket);
}

void reload_first(const char *config_directory)
{
    struct error why = ERROR_NONE;

    directory = config_directory;
    current = load_parameters(&why);
    if (current == NULL)
        fatal("%s", why.text);
    setup_log(current, "master");
    export_environment();
    sock_limit_window(common_params.tcp_windowsize);
}

void reload_services_first(void)
{
    struct error why = ERROR_NONE;
    struct master_cf *cf = load_services(&why);

    if (cf == NULL)
        fatal("%s", why.text);
    if (!services_apply(cf))
        fatal("not all services can be offered; see the lines above");
}

static bool is_same_place(const struct settings *old, struct error *why)
{
    if (strcmp(old->common.queue_directory,
               common_params.queue_directory) == 0 &&
        strcmp(old->common.data_directory, common_params.data_directory) == 0 &&
        strcmp(old->common.mail_owner, common_params.mail_owner) == 0)
        return true;
    return error_set(why, "queue_directory, data_directory or mail_owner has "
                     "changed; run \"postfix stop\" and \"postfix start\"");
}

void reload_again(void)
{
    const struct settings old = save_settings();
    struct error why = ERROR_NONE;
    struct config *config = load_parameters(&why);
    struct master_cf *cf = NULL;

    if (config != NULL && is_same_place(&old, &why))
        cf = load_services(&why);
    if (cf == NULL) {
        restore_settings(&old);
        config_free(config);
        log_error("reload: %s; the old settings stay in use", why.text);
        return;
    }
    config_free(current);
    current = config;
    setup_log(current, "master");
    export_environment();
    sock_limit_window(common_params.tcp_windowsize);
    log_info("reload -- version %s, configuration %s",
             common_params.mail_version, directory);
    services_apply(cf);
}
