/* SPDX-License-Identifier: ISC
 *
 * main.c - the SMTP server as a service.
 */
#include "base/log.h"
#include "base/text.h"
#include "dns/query.h"
#include "ipc/call.h"
#include "service/service.h"
#include "session.h"
#include "settings.h"

static const struct param_group *const groups[] = {
    &smtpd_param_group,  &address_param_group,    &message_param_group,
    &notify_param_group, &tls_server_param_group, &milter_param_group,
    &verify_param_group, NULL,
};

static bool is_set(const char *value)
{
    return *value != '\0' && !text_equal_nocase(value, "none");
}

/* What main.cf asks for and this program does not do. */
static void warn_of_missing_features(void)
{
    const struct {
        const char *parameter;
        bool asked;
    } rows[] = {
        { "smtpd_tls_security_level",
          is_set(tls_server_params.smtpd_tls_security_level) },
        { "smtpd_use_tls", tls_server_params.smtpd_use_tls },
        { "smtpd_enforce_tls", tls_server_params.smtpd_enforce_tls },
        { "smtpd_tls_wrappermode",
          tls_server_params.smtpd_tls_wrappermode },
        { "smtpd_sasl_auth_enable",
          smtpd_params.smtpd_sasl_auth_enable },
        { "smtpd_milters", is_set(milter_params.smtpd_milters) },
        { "smtpd_milter_maps", is_set(milter_params.smtpd_milter_maps) },
        { "smtpd_proxy_filter", is_set(smtpd_params.smtpd_proxy_filter) },
        { "smtpd_authorized_xclient_hosts",
          is_set(smtpd_params.smtpd_authorized_xclient_hosts) },
        { "smtpd_upstream_proxy_protocol",
          is_set(smtpd_params.smtpd_upstream_proxy_protocol) },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].asked)
            log_warning("%s is set, but this program does not support what "
                        "it asks for",
                        rows[i].parameter);
}

/* A client gives up after some minutes (RFC 5321, section 4.5.3.2): it is to
 * have a reply before, also when a service that we need is down. */
enum { PATIENCE_S = 100 };

static void before_jail(void)
{
    ipc_set_patience(PATIENCE_S);
    const struct dns_setup dns = {
        .reply_filter = smtpd_params.smtpd_dns_reply_filter,
        .filter_name = "smtpd_dns_reply_filter",
    };

    dns_set_up(&dns);
    settings_open(!service_is_standalone());
    warn_of_missing_features();
}

static const struct service smtpd = {
    .name = "smtpd",
    .groups = groups,
    .kind = SERVICE_STREAM,
    .sessions = SERVICE_BY_LIMIT,
    .flags = SERVICE_PASS | SERVICE_STANDALONE,
    .may = MAY_CONNECT_INET | MAY_READ_CONFIG,
    .serve = session_serve,
    .before_jail = before_jail,
};

int main(int argc, char **argv)
{
    return service_main(&smtpd, argc, argv);
}
