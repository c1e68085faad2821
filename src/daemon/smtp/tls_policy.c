/* SPDX-License-Identifier: ISC
 *
 * tls_policy.c - the TLS level of a connection, as it is logged.
 *
 * This client has no TLS yet: "may" goes without, as to a server that does
 * not offer it, and settings.c refuses to send at all with a higher level.
 */
#include "base/text.h"
#include "smtp.h"

const char *tls_log_text(bool connected)
{
    bool may = text_equal_nocase(tls_client_params.smtp_tls_security_level,
                                 "may") ||
               tls_client_params.smtp_use_tls;

    if (!tls_client_params.smtp_log_tls_feature_status)
        return NULL;
    if (!connected)
        return may ? "may?" : "none?";
    return may ? "may:none" : "none";
}
