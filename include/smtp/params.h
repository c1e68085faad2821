/* SPDX-License-Identifier: ISC
 *
 * params.h - parameters of MAIL and RCPT: name[=value], typed.
 */
#ifndef SMTP_PARAMS_H
#define SMTP_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct smtp_mail_params {
    long size;              /* SIZE=; -1: not given */
    bool body_8bit, body_binary;
    bool has_body, has_auth;
    bool smtputf8, requiretls;
    int ret;                /* DSN_RET_ */
    const char *envid;      /* decoded, printable ASCII; NULL: not given */
    const char *verp;       /* XVERP: the two delimiters, or "" for the
                               default ones; NULL: not given */
};
struct smtp_rcpt_params {
    int notify;             /* DSN_NOTIFY_ bits */
    const char *orcpt;      /* "rfc822;addr", decoded, any characters but NUL;
                               NULL: not given */
    bool orcpt_utf8;
};
/* <offered>: extension bits (extensions.h) that this session offers. False:
 * *reply is the full SMTP reply ("555 5.5.4 Unsupported option: X"). */
bool smtp_mail_params_parse(struct arena *arena, char *const *args,
                            unsigned offered, struct smtp_mail_params *out,
                            const char **reply);
bool smtp_rcpt_params_parse(struct arena *arena, char *const *args,
                            unsigned offered, struct smtp_rcpt_params *out,
                            const char **reply);

#endif
