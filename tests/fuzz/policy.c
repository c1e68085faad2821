/* SPDX-License-Identifier: ISC
 *
 * policy.c - what a policy server answers, or an access table has: the action
 * and all that it can ask for.
 *
 * The first byte says where the session stands, the first line is the argument
 * of check_policy_service, and the rest is what the server sends.
 */
#include "../../src/daemon/smtpd/access_action.c"
#include "../../src/daemon/smtpd/access_policy.c"

#include "base/fatal.h"
#include "fuzz.h"

enum { WORDS_MAX = 20 };

/* ---- what smtpd has around them ---- */

static enum access_result refusal(struct access *a, int code, const char *dsn,
                                  const char *text)
{
    FUZZ_CHECK(code >= 400 && code <= 599);
    FUZZ_CHECK(dsn_status_length(dsn) == strlen(dsn));
    FUZZ_CHECK(strchr(text, '\n') == NULL);
    return a->warn ? ACCESS_DUNNO : ACCESS_REJECT;
}

#define REFUSE(name, type, returned)                                    \
    type name(struct access *a, int code, const char *dsn,              \
              const char *format, ...)                                  \
    {                                                                   \
        va_list args;                                                   \
                                                                        \
        va_start(args, format);                                         \
        const char *text =                                              \
            arena_vprintf(a->s->line_arena, format, args);              \
        va_end(args);                                                   \
        returned refusal(a, code, dsn, text);                           \
    }
REFUSE(access_reject, enum access_result, return)
REFUSE(access_defer_if_permit, void, (void))
REFUSE(access_defer_if_reject, void, (void))

enum access_result access_trouble(struct access *a, const char *format, ...)
{
    (void)a;
    FUZZ_CHECK(strncmp(format, "451 4.3.5 ", 10) == 0);
    return ACCESS_REJECT;
}

void access_log_permit(struct session *s, const char *action,
                       const char *class_name, const char *name,
                       const char *table)
{
    (void)s;
    FUZZ_CHECK(action && class_name && name && table);
}

void session_log(struct session *s, const char *action, const char *text)
{
    (void)s;
    FUZZ_CHECK(action != NULL && strchr(text, '\n') == NULL);
}

/* Each word is an action in turn, as if it were a class of that name. */
enum access_result access_list(struct access *a, char *const *words)
{
    enum access_result result = ACCESS_DUNNO;

    FUZZ_CHECK(a->from_table && a->depth > 0);
    for (int i = 0; i < WORDS_MAX && words[i] != NULL; i++)
        if (a->depth < 3 && result == ACCESS_DUNNO)
            result = access_action(a, "table", "key", words[i], "name",
                                   a->class_name);
    return result;
}

char **settings_words(struct arena *arena, const char *text)
{
    return text_split(arena, text, NULL, NULL);
}

const char *session_id(const struct session *s)
{
    (void)s;
    return "NOQUEUE";
}

const char *session_protocol(const struct session *s)
{
    (void)s;
    return "ESMTP";
}

/* ---- the target ---- */

static void read_argument(struct fuzz_input *in)
{
    const char *argument = fuzz_line(in);
    struct policy_server server;

    if (parse_server(in->arena, argument, &server))
        FUZZ_CHECK(server.endpoint != NULL && server.timeout_s >= 0 &&
                   server.try_limit >= 0);
}

FUZZ(policy)
{
    static const char *const classes[] = { "Client host", "Sender address",
                                           "Recipient address", "Helo command" };
    unsigned char state = fuzz_byte(in);
    struct session s = { .arena = in->arena, .mail_arena = in->arena,
                         .line_arena = in->arena, .where = "RCPT" };
    struct access a = { .s = &s, .class_name = classes[state & 3],
                        .reply_name = "name", .warn = state & 8 };

    s.mail.active = state & 4;
    if (state & 16)
        s.where = "END-OF-MESSAGE";
    smtpd_params.access_map_reject_code = 554;
    smtpd_params.access_map_defer_code = 450;
    read_argument(in);
    struct stream *server = fuzz_stream(in);
    for (int i = 0; i < WORDS_MAX; i++) {
        const char *action = get_action(&s, server);
        if (action == NULL)
            break;
        access_action(&a, "server", "policy query", action, a.reply_name,
                      a.class_name);
    }
    stream_close(server);
    ARRAY_FREE(&s.mail.prepended);
    ARRAY_FREE(&s.mail.delegated.bcc);
}
