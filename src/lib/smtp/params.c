/* SPDX-License-Identifier: ISC
 *
 * params.c - parameters of MAIL and RCPT, by a table of names.
 */
#include "smtp/params.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "mail/dsn_notify.h"
#include "mail/xtext.h"
#include "smtp/extensions.h"

/* What a parameter's parser gets. NULL is its answer for "fine". */
struct context {
    struct arena *arena;
    unsigned offered;
    union {
        struct smtp_mail_params *mail;
        struct smtp_rcpt_params *rcpt;
    };
};

static const char unsupported[] = "";

struct parameter {
    const char *name;
    /* <value>: NULL if the word has no '='. */
    const char *(*parse)(struct context *context, const char *value);
};

/* xtext decoded; NULL: bad, or it hides a NUL. */
static const char *decode(struct arena *arena, const char *value)
{
    struct str out = STR_EMPTY;
    const char *text = NULL;

    if (xtext_decode(&out, value) && out.length > 0 &&
        strlen(out.data) == out.length)
        text = arena_strdup(arena, out.data);
    str_fini(&out);
    return text;
}

static const char *parse_size(struct context *context, const char *value)
{
    if (value == NULL)
        return unsupported;
    if (!text_is_all_digits(value))
        return "501 5.5.4 Bad message size syntax";
    errno = 0;
    context->mail->size = strtol(value, NULL, 10);
    if (errno == ERANGE)
        return "552 5.3.4 Message size exceeds file system imposed limit";
    return NULL;
}

static const char *parse_body(struct context *context, const char *value)
{
    if (value == NULL)
        return unsupported;
    bool is_8bit = text_equal_nocase(value, "8BITMIME");
    bool is_binary = text_equal_nocase(value, "BINARYMIME") &&
                     (context->offered & EXT_BINARYMIME);
    if (!is_8bit && !is_binary && !text_equal_nocase(value, "7BIT"))
        return unsupported;
    context->mail->has_body = true;
    context->mail->body_8bit = is_8bit;
    context->mail->body_binary = is_binary;
    return NULL;
}

static const char *parse_smtputf8(struct context *context, const char *value)
{
    if (value != NULL || !(context->offered & EXT_SMTPUTF8))
        return unsupported;
    context->mail->smtputf8 = true;
    return NULL;
}

static const char *parse_requiretls(struct context *context, const char *value)
{
    if (value != NULL || !(context->offered & EXT_REQUIRETLS))
        return unsupported;
    context->mail->requiretls = true;
    return NULL;
}

static const char *parse_ret(struct context *context, const char *value)
{
    if (value == NULL)
        return unsupported;
    if (!(context->offered & EXT_DSN))
        return "501 5.7.1 DSN support is disabled";
    if (context->mail->ret != DSN_RET_NONE ||
        (context->mail->ret = dsn_return_parse(value)) == DSN_RET_NONE)
        return "501 5.5.4 Bad RET parameter syntax";
    return NULL;
}

static bool is_printable(const char *text)
{
    while (*text >= ' ' && *text < 127)
        text++;
    return *text == '\0';
}

/* It becomes a header of notices: a newline in it would begin another one, or
 * end the message (RFC 3461, section 4.4: printable characters only). */
static const char *parse_envid(struct context *context, const char *value)
{
    if (value == NULL)
        return unsupported;
    if (!(context->offered & EXT_DSN))
        return "501 5.7.1 DSN support is disabled";
    if (context->mail->envid != NULL)
        return "501 5.5.4 Bad ENVID parameter syntax";
    const char *id = decode(context->arena, value);
    if (id == NULL || !is_printable(id))
        return "501 5.5.4 Bad ENVID parameter syntax";
    context->mail->envid = id;
    return NULL;
}

/* Nobody is authenticated, so whoever it names counts as nobody (RFC 4954,
 * section 5), and may be written as it likes. */
static const char *parse_auth(struct context *context, const char *value)
{
    if (value == NULL)
        return unsupported;
    if (context->mail->has_auth)
        return "503 5.5.4 Error: multiple AUTH= options";
    context->mail->has_auth = true;
    return NULL;
}

static const char *parse_verp(struct context *context, const char *value)
{
    if (!(context->offered & EXT_VERP))
        return unsupported;
    context->mail->verp = value ? arena_strdup(context->arena, value) : "";
    return NULL;
}

static const char *parse_notify(struct context *context, const char *value)
{
    if (value == NULL)
        return unsupported;
    if (!(context->offered & EXT_DSN))
        return "501 5.7.1 DSN support is disabled";
    if (context->rcpt->notify != 0 ||
        (context->rcpt->notify = dsn_notify_parse(value)) == 0)
        return "501 5.5.4 Error: Bad NOTIFY parameter syntax";
    return NULL;
}

/* "rfc822;" xtext, or "utf-8;" and RFC 6533 section 3. */
static const char *decode_orcpt(struct context *context, const char *value)
{
    const char *semicolon = strchr(value, ';');
    struct str out = STR_EMPTY;
    const char *text = NULL;

    if (semicolon == NULL || semicolon == value)
        return NULL;
    size_t type_length = (size_t)(semicolon - value);
    bool utf8 = type_length == 5 && text_equal_nocase_n(value, "utf-8", 5);
    bool good = utf8 ? utf8_xtext_decode(&out, semicolon + 1)
                     : xtext_decode(&out, semicolon + 1);
    if (good)
        text = arena_printf(context->arena, "%.*s;%s", (int)type_length,
                            value, out.data);
    context->rcpt->orcpt_utf8 = utf8;
    str_fini(&out);
    return text;
}

static const char *parse_orcpt(struct context *context, const char *value)
{
    if (value == NULL)
        return unsupported;
    if (!(context->offered & EXT_DSN))
        return "501 5.7.1 DSN support is disabled";
    if (context->rcpt->orcpt != NULL ||
        (context->rcpt->orcpt = decode_orcpt(context, value)) == NULL)
        return "501 5.5.4 Error: Bad ORCPT parameter syntax";
    return NULL;
}

static const struct parameter mail_parameters[] = {
    { "SIZE", parse_size },         { "BODY", parse_body },
    { "SMTPUTF8", parse_smtputf8 }, { "REQUIRETLS", parse_requiretls },
    { "RET", parse_ret },           { "ENVID", parse_envid },
    { "AUTH", parse_auth },         { "XVERP", parse_verp },
    { NULL, NULL },
};

static const struct parameter rcpt_parameters[] = {
    { "NOTIFY", parse_notify },
    { "ORCPT", parse_orcpt },
    { NULL, NULL },
};

static const char *parse_one(struct context *context,
                             const struct parameter *table, const char *word)
{
    size_t length = strcspn(word, "=");
    const char *value = word[length] == '=' ? word + length + 1 : NULL;

    for (; table->name != NULL; table++)
        if (strlen(table->name) == length &&
            text_equal_nocase_n(table->name, word, length))
            return table->parse(context, value);
    return unsupported;
}

static bool parse_all(struct context *context, const struct parameter *table,
                      char *const *args, const char **reply)
{
    for (; *args != NULL; args++) {
        const char *problem = parse_one(context, table, *args);
        if (problem == NULL)
            continue;
        *reply = problem == unsupported
                     ? arena_printf(context->arena,
                                    "555 5.5.4 Unsupported option: %s", *args)
                     : problem;
        return false;
    }
    return true;
}

bool smtp_mail_params_parse(struct arena *arena, char *const *args,
                            unsigned offered, struct smtp_mail_params *out,
                            const char **reply)
{
    struct context context = { arena, offered, { .mail = out } };

    *out = (struct smtp_mail_params) { .size = -1, .ret = DSN_RET_NONE };
    return parse_all(&context, mail_parameters, args, reply);
}

bool smtp_rcpt_params_parse(struct arena *arena, char *const *args,
                            unsigned offered, struct smtp_rcpt_params *out,
                            const char **reply)
{
    struct context context = { arena, offered, { .rcpt = out } };

    *out = (struct smtp_rcpt_params) { 0 };
    return parse_all(&context, rcpt_parameters, args, reply);
}
