/* SPDX-License-Identifier: ISC
 *
 * main.c - the SMTP and LMTP client. Started as "lmtp" it speaks LMTP and
 * takes the lmtp_ parameters.
 */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "client/scache.h"
#include "deliver.h"
#include "dns/query.h"
#include "service/service.h"
#include "settings.h"

static const struct param_group *const groups[] = {
    &smtp_param_group,    &tls_client_param_group, &address_param_group,
    &message_param_group, &notify_param_group,     &rewrite_param_group,
    NULL,
};

static void before_jail(void)
{
    bool lmtp = strcmp(service_program(), "lmtp") == 0;
    const struct dns_setup dns = {
        .reply_filter = smtp_params.smtp_dns_reply_filter,
        .filter_name = lmtp ? "lmtp_dns_reply_filter"
                            : "smtp_dns_reply_filter",
    };

    dns_set_up(&dns);
    settings_open();
    delivery_set_status_filter(lmtp ? "lmtp_delivery_status_filter"
                                    : "smtp_delivery_status_filter",
                               smtp_params.smtp_delivery_status_filter);
    if (text_equal_nocase(tls_client_params.smtp_tls_security_level, "may"))
        log_warning("%s_tls_security_level = may: this program does not "
                    "support TLS; mail goes out in clear text",
                    service_program());
    if (settings()->refusal != NULL)
        log_warning("%s: mail is deferred, as this program does not support "
                    "what main.cf asks for",
                    settings()->refusal);
}

static const struct delivery_agent agent = {
    .service = {
        .name = "smtp",
        .groups = groups,
        .twin_of = "smtp",
        .twin_prefix = "lmtp",
        .kind = SERVICE_STREAM,
        .sessions = SERVICE_BY_LIMIT,
        .may = MAY_CONNECT_INET | MAY_READ_CONFIG | MAY_WRITE_QUEUE,
        .queue_folders = "active",
        .before_jail = before_jail,
    },
    .deliver = deliver,
    .idle = scache_share,
};

int main(int argc, char **argv)
{
    return delivery_main(&agent, argc, argv);
}
