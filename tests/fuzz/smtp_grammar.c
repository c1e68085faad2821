/* SPDX-License-Identifier: ISC
 *
 * smtp_grammar.c - an SMTP command line, and the parameters of MAIL and RCPT.
 */
#include "smtp/grammar.h"

#include <string.h>

#include "fuzz.h"
#include "mail/path821.h"
#include "smtp/params.h"

static void check_words(const struct smtp_line *line)
{
    FUZZ_CHECK(line->count <= SMTP_ARGS_MAX);
    FUZZ_CHECK(line->args[line->count] == NULL);
    for (size_t i = 0; i < line->count; i++)
        FUZZ_CHECK(line->args[i] != NULL);
}

static void check_reply(bool ok, const char *reply)
{
    if (!ok)
        FUZZ_CHECK(reply != NULL && (*reply == '4' || *reply == '5') &&
                   strchr(reply, '\n') == NULL);
}

FUZZ(smtp_grammar)
{
    unsigned offered = fuzz_byte(in) & 1 ? ~0u : 0;
    struct smtp_line line;
    struct smtp_mail_params mail;
    struct smtp_rcpt_params rcpt;
    const char *reply = NULL;

    smtp_line_parse(in->arena, fuzz_line(in), &line);
    check_words(&line);
    char *const *args = line.args + (line.count > 2 ? 2 : line.count);
    bool ok = smtp_mail_params_parse(in->arena, args, offered, &mail, &reply);
    check_reply(ok, reply);
    /* It becomes a header. */
    if (ok && mail.envid != NULL)
        for (const char *c = mail.envid; *c != '\0'; c++)
            FUZZ_CHECK(*c >= ' ' && *c < 127);
    ok = smtp_rcpt_params_parse(in->arena, args, offered, &rcpt, &reply);
    check_reply(ok, reply);
}
