/* SPDX-License-Identifier: ISC
 *
 * access_generic.c - restrictions that need to know nothing of the message.
 */
#include <string.h>

#include "access.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/num.h"
#include "base/text.h"
#include "smtp/extensions.h"

enum access_result check_permit(struct access *a, const char *argument)
{
    (void)a, (void)argument;
    return ACCESS_OK;
}

/* Of what cannot be true here: SASL and TLS are not built. */
enum access_result check_nothing(struct access *a, const char *argument)
{
    (void)a, (void)argument;
    return ACCESS_DUNNO;
}

/* The same with an argument: a table keyed by login or certificate. */
enum access_result check_argument_only(struct access *a, const char *argument)
{
    (void)a, (void)argument;
    return ACCESS_DUNNO;
}

enum access_result check_reject(struct access *a, const char *argument)
{
    (void)argument;
    return access_reject(a, (int)smtpd_params.reject_code, "5.7.1",
                         "<%s>: %s rejected: Access denied", a->reply_name,
                         a->class_name);
}

enum access_result check_defer(struct access *a, const char *argument)
{
    (void)argument;
    return access_reject(a, (int)smtpd_params.defer_code, "4.3.2",
                         "<%s>: %s rejected: Try again later", a->reply_name,
                         a->class_name);
}

enum access_result check_defer_if_permit(struct access *a,
                                         const char *argument)
{
    (void)argument;
    access_defer_if_permit(a, 450, "4.7.0",
                           "<%s>: %s rejected: defer_if_permit requested",
                           a->reply_name, a->class_name);
    return ACCESS_DUNNO;
}

enum access_result check_defer_if_reject(struct access *a,
                                         const char *argument)
{
    (void)argument;
    access_defer_if_reject(a, 450, "4.7.0",
                           "<%s>: %s rejected: defer_if_reject requested",
                           a->reply_name, a->class_name);
    return ACCESS_DUNNO;
}

enum access_result check_sleep(struct access *a, const char *argument)
{
    long seconds;

    if (!num_parse_long(argument, 0, 100000, &seconds)) {
        log_warning("restriction sleep must be followed by number: %s",
                    argument);
        return access_trouble(a, "451 4.3.5 Server configuration error");
    }
    clock_sleep_ms(seconds * 1000);
    return ACCESS_DUNNO;
}

enum access_result check_plaintext(struct access *a, const char *argument)
{
    (void)argument;
    return access_reject(a, (int)smtpd_params.plaintext_reject_code, "4.7.1",
                         "Session encryption is required");
}

enum access_result check_pipelining(struct access *a, const char *argument)
{
    const struct session *s = a->s;
    bool announced = s->ehlo && (s->offered & EXT_PIPELINING);
    bool last = strcmp(s->where, "DATA") == 0;

    (void)argument;
    if (stream_buffered(s->stream) == 0 || (announced && !last))
        return ACCESS_DUNNO;
    return access_reject(a, 503, "5.5.0",
                         "<%s>: %s rejected: Improper use of SMTP command "
                         "pipelining",
                         a->reply_name, a->class_name);
}

enum access_result check_multi_recipient_bounce(struct access *a,
                                                const char *argument)
{
    const struct transaction *mail = &a->s->mail;
    bool adding = strcmp(a->s->where, "RCPT") == 0;

    (void)argument;
    if (!mail->active || mail->sender[0] != '\0' ||
        mail->recipients + (adding ? 1 : 0) < 2)
        return ACCESS_DUNNO;
    return access_reject(a,
                         (int)smtpd_params.multi_recipient_bounce_reject_code,
                         "5.5.3", "<%s>: %s rejected: Multi-recipient bounce",
                         a->reply_name, a->class_name);
}

enum access_result check_etrn_table(struct access *a, const char *argument)
{
    return access_map_domain(a, argument, a->s->etrn_domain,
                             a->s->etrn_domain, "Etrn command");
}
