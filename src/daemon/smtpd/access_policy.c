/* SPDX-License-Identifier: ISC
 *
 * access_policy.c - check_policy_service: asking a server outside.
 *
 * The protocol is lines of name=value and an empty line, both ways; the
 * answer's "action" is what an access(5) table would say. A session keeps its
 * connection, so that greylisting and the like cost one connect a client.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/num.h"
#include "base/sock.h"
#include "base/text.h"
#include "dns/query.h"
#include "policy.h"

static const char timed_out[] = "Connection timed out";

enum { POLICY_LINE_MAX = 2048, POLICY_LINES_MAX = 100 };

/* One policy server and how to talk to it. */
struct policy_server {
    const char *endpoint;
    const char *default_action, *context;
    int timeout_s, retry_delay_s, max_idle_s, max_ttl_s;
    long try_limit, request_limit;
};

/* A connection of a session. */
struct policy_connection {
    struct policy_connection *next;
    const char *endpoint;   /* in the session's arena */
    struct stream *stream;  /* owned; NULL: closed */
    deadline_t idle_until, ttl_until;
    long requests;
};

/* ---- the argument ---- */

/* At least a second, as the parameters for all servers have it. */
static bool set_time(const char *value, int *seconds)
{
    return num_parse_time(value, 's', seconds) && *seconds > 0;
}

static bool set_option(struct policy_server *server, const char *name,
                       const char *value)
{
    if (strcmp(name, "default_action") == 0)
        server->default_action = value;
    else if (strcmp(name, "policy_context") == 0)
        server->context = value;
    else if (strcmp(name, "timeout") == 0)
        return set_time(value, &server->timeout_s);
    else if (strcmp(name, "retry_delay") == 0)
        return set_time(value, &server->retry_delay_s);
    else if (strcmp(name, "try_limit") == 0)
        return num_parse_long(value, 1, 1000, &server->try_limit);
    else if (strcmp(name, "max_idle") == 0)
        return set_time(value, &server->max_idle_s);
    else if (strcmp(name, "max_ttl") == 0)
        return set_time(value, &server->max_ttl_s);
    else if (strcmp(name, "request_limit") == 0)
        return num_parse_long(value, 0, 1000000000, &server->request_limit);
    else
        return false;
    return true;
}

/* "endpoint" or "{endpoint, name=value, {name = value}}". */
static bool parse_server(struct arena *arena, const char *argument,
                         struct policy_server *out)
{
    *out = (struct policy_server) {
        .endpoint = argument,
        .default_action = smtpd_params.smtpd_policy_service_default_action,
        .context = smtpd_params.smtpd_policy_service_policy_context,
        .timeout_s = smtpd_params.smtpd_policy_service_timeout,
        .retry_delay_s = smtpd_params.smtpd_policy_service_retry_delay,
        .max_idle_s = smtpd_params.smtpd_policy_service_max_idle,
        .max_ttl_s = smtpd_params.smtpd_policy_service_max_ttl,
        .try_limit = smtpd_params.smtpd_policy_service_try_limit,
        .request_limit = smtpd_params.smtpd_policy_service_request_limit,
    };
    if (*argument != '{')
        return true;
    char *inner = text_unbrace(arena_strdup(arena, argument));
    char **words = settings_words(arena, inner);
    if (*inner == '{' || words[0] == NULL) {
        log_warning("check_policy_service: bad argument: %s; specify "
                    "{ server, name = value, ... }",
                    argument);
        return false;
    }
    out->endpoint = words[0];
    for (words++; *words != NULL; words++) {
        char *name, *value;
        char *text = text_unbrace(arena_strdup(arena, *words));
        if (!text_split_nameval(text, &name, &value) ||
            !set_option(out, name, value)) {
            log_warning("check_policy_service: bad option: %s", *words);
            return false;
        }
    }
    return true;
}

/* ---- connections ---- */

static int connect_inet(struct arena *arena, const char *endpoint,
                        deadline_t until, struct error *why)
{
    char *host, *port_name;
    int port, fd = -1;
    struct dns_record *records;

    if (!sock_split_hostport(arena_strdup(arena, endpoint), &host, &port_name,
                             NULL, why))
        return -1;
    if (!sock_port(port_name, "tcp", &port)) {
        error_set(why, "unknown port: %s", port_name);
        return -1;
    }
    if (host_addresses(arena, *host ? host : "localhost", 0, &records, why) !=
        DNS_OK)
        return -1;
    for (; records != NULL && fd < 0; records = records->next) {
        struct addr addr = records->address;
        if (addr_family(&addr) == AF_INET6)
            addr.in6.sin6_port = htons((uint16_t)port);
        else
            addr.in4.sin_port = htons((uint16_t)port);
        fd = sock_connect(&addr, NULL, until, why);
    }
    return fd;
}

static struct stream *connect_server(struct arena *arena,
                                     const struct policy_server *server,
                                     struct error *why)
{
    deadline_t until = deadline_in_s(server->timeout_s);
    const char *endpoint = server->endpoint;
    int fd = -1;

    if (text_has_prefix(endpoint, "unix:"))
        fd = sock_connect_unix(endpoint + 5, until, why);
    else if (text_has_prefix(endpoint, "inet:"))
        fd = connect_inet(arena, endpoint + 5, until, why);
    else
        error_set(why, "not inet:host:port or unix:path");
    if (fd < 0)
        return NULL;
    return stream_open(fd);
}

static void disconnect(struct policy_connection *c)
{
    stream_abandon(c->stream);
    c->stream = NULL;
}

void policy_close(struct session *s)
{
    for (struct policy_connection *c = s->policy; c != NULL; c = c->next)
        disconnect(c);
    s->policy = NULL;
}

/* The session's connection to the server, open and not too old; or NULL. */
static struct policy_connection *connection_to(
    struct session *s, const struct policy_server *server, struct error *why)
{
    struct policy_connection *c = s->policy;
    long max = server->request_limit;
    deadline_t now = clock_now();

    while (c != NULL && strcmp(c->endpoint, server->endpoint) != 0)
        c = c->next;
    if (c == NULL) {
        c = ARENA_NEW(s->arena, struct policy_connection);
        c->endpoint = arena_strdup(s->arena, server->endpoint);
        c->next = s->policy;
        s->policy = c;
    }
    if (c->stream != NULL && (now > c->idle_until || now > c->ttl_until ||
                              (max > 0 && c->requests >= max)))
        disconnect(c);
    if (c->stream != NULL)
        return c;
    c->stream = connect_server(s->line_arena, server, why);
    c->requests = 0;
    c->ttl_until = deadline_in_s(server->max_ttl_s);
    return c->stream ? c : NULL;
}

/* ---- request and reply ---- */

static const char *protocol_state(const struct session *s)
{
    return strcmp(s->where, "BDAT") == 0 ? "DATA" : s->where;
}

static const char *number(struct session *s, long value)
{
    return arena_printf(s->line_arena, "%ld", value);
}

/* The same for all requests about one message. */
static const char *instance(struct session *s)
{
    const struct timeval *t = &s->mail.arrival;

    if (!s->mail.active || strcmp(s->where, "MAIL") == 0)
        return "";
    return arena_printf(s->line_arena, "%lx.%lx.%lx.%x", (long)getpid(),
                        (long)t->tv_sec, (long)t->tv_usec,
                        s->mails > 0 ? s->mails - 1 : 0);
}

/* A value ends at the line's end, so that nobody can add attributes. */
static void put(struct stream *out, const char *name, const char *value)
{
    stream_put(out, name);
    stream_put_char(out, '=');
    for (; value != NULL && *value != '\0'; value++)
        stream_put_char(out, *value == '\n' || *value == '\r' ? '?' : *value);
    stream_put_char(out, '\n');
}

static void put_request(struct session *s, struct stream *out,
                        const char *context)
{
    const struct transaction *mail = &s->mail;
    const struct peer *peer = &s->peer;
    bool at_end = strcmp(s->where, "END-OF-MESSAGE") == 0;
    long declared = mail->active && mail->params.size > 0 ? mail->params.size
                                                          : 0;
    bool in_data = at_end || strcmp(protocol_state(s), "DATA") == 0;
    const struct {
        const char *name, *value;
    } rows[] = {
        { "request", "smtpd_access_policy" },
        { "protocol_state", protocol_state(s) },
        { "protocol_name", session_protocol(s) },
        { "client_address", peer->address },
        { "client_name", peer->name },
        { "client_port", peer->port },
        { "reverse_client_name", peer->reverse_name },
        { "server_address", peer->server_address },
        { "server_port", peer->server_port },
        { "helo_name", s->helo },
        { "sender", mail->sender },
        { "recipient", s->recipient },
        { "recipient_count",
          number(s, in_data ? (long)mail->recipients : 0) },
        { "queue_id", mail->post ? session_id(s) : "" },
        { "instance", instance(s) },
        { "size", number(s, at_end ? mail->size : declared) },
        { "etrn_domain", s->etrn_domain },
        { "stress", common_params.stress },
        { "sasl_method", "" },
        { "sasl_username", "" },
        { "sasl_sender", "" },
        { "ccert_subject", "" },
        { "ccert_issuer", "" },
        { "ccert_fingerprint", "" },
        { "ccert_pubkey_fingerprint", "" },
        { "encryption_protocol", "" },
        { "encryption_cipher", "" },
        { "encryption_keysize", "0" },
        { "tls_sni", "" },
        { "policy_context", context },
        { "compatibility_level", common_params.compatibility_level },
        { "mail_version", common_params.mail_version },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        put(out, rows[i].name, rows[i].value);
    stream_put_char(out, '\n');
}

/* The action, in the line's arena; NULL: no useful answer. What has a NUL in
 * it is none, as it would mean one thing to us and another to the sender. */
static const char *get_action(struct session *s, struct stream *in)
{
    struct str line = STR_EMPTY;
    const char *action = NULL;
    bool whole = false;

    for (int i = 0; i < POLICY_LINES_MAX; i++) {
        if (!stream_get_until(in, '\n', POLICY_LINE_MAX, &line) ||
            memchr(line.data, '\0', line.length) != NULL)
            break;
        if (line.length == 0) {
            whole = true;
            break;
        }
        if (text_has_prefix(line.data, "action="))
            action = text_trim(arena_strdup(s->line_arena, line.data + 7));
    }
    str_fini(&line);
    return whole ? action : NULL;
}

static const char *ask(struct session *s, const struct policy_server *server,
                       struct error *why)
{
    struct policy_connection *c = connection_to(s, server, why);
    const char *action;

    if (c == NULL)
        return NULL;
    stream_set_deadline(c->stream, deadline_in_s(server->timeout_s));
    put_request(s, c->stream, server->context);
    c->requests++;
    c->idle_until = deadline_in_s(server->max_idle_s);
    if (stream_flush(c->stream) &&
        (action = get_action(s, c->stream)) != NULL)
        return action;
    error_set(why, "%s", stream_state(c->stream) == STREAM_TIMEOUT
                             ? timed_out
                             : "Application error");
    disconnect(c);
    return NULL;
}

/* The endpoint as the log has it: without "inet:" or "unix:". */
static const char *server_name(const struct policy_server *server)
{
    const char *colon = strchr(server->endpoint, ':');

    return colon == NULL ? server->endpoint : colon + 1;
}

/* Ask as often as try_limit says. A server that ended since the last request
 * is no news: of a first try that is not the last only a timeout is told. */
static const char *ask_until(struct session *s,
                             const struct policy_server *server)
{
    for (long i = 1; i <= server->try_limit; i++) {
        struct error why = ERROR_NONE;
        const char *action = ask(s, server, &why);
        if (action != NULL)
            return action;
        if (i > 1 || i == server->try_limit ||
            strcmp(why.text, timed_out) == 0)
            log_warning("problem talking to server %s: %s",
                        server_name(server), why.text);
        if (i > 1 && i < server->try_limit)
            clock_sleep_ms(server->retry_delay_s * 1000L);
    }
    return NULL;
}

enum access_result check_policy(struct access *a, const char *argument)
{
    struct policy_server server;

    if (!parse_server(a->s->line_arena, argument, &server))
        return access_trouble(a, "451 4.3.5 Server configuration error");
    const char *action = ask_until(a->s, &server);
    return access_action(a, server.endpoint, "policy query",
                         action != NULL ? action : server.default_action,
                         a->reply_name, a->class_name);
}
