/* SPDX-License-Identifier: ISC
 *
 * address.c - what an address stands for, and whether it has a mailbox.
 */
#include <string.h>

#include "access.h"
#include "base/text.h"
#include "base/utf8.h"
#include "client/resolve.h"
#include "client/rewrite.h"
#include "mail/address.h"
#include "mail/dsn.h"
#include "mail/find.h"
#include "mail/local_domain.h"
#include "mail/probe_sender.h"
#include "old_defaults.h"

/* Who would write to this address: to the sender, the recipient. */
static const char *other_side(const struct session *s, const char *address)
{
    if (s->mail.active && address != s->mail.sender)
        return s->mail.sender;
    return s->mail.active && s->recipient != NULL ? s->recipient : "";
}

static const char *fold(struct arena *arena, const char *text)
{
    struct str folded = STR_EMPTY;

    if (utf8_fold(&folded, text, common_params.smtputf8_enable))
        text = arena_strdup(arena, folded.data);
    str_fini(&folded);
    return text;
}

/* Small letters: tables that do not fold keys themselves are asked for these
 * and no others. */
bool address_resolve(struct session *s, const char *address,
                     struct resolve_reply *reply)
{
    const char *standard = rewrite_try(s->line_arena, REWRITE_LOCAL, address);

    if (standard == NULL)
        return false;
    resolve_address(s->line_arena, other_side(s, address), standard, reply);
    reply->recipient = fold(s->line_arena, reply->recipient);
    return (reply->flags & RESOLVE_FAILED) == 0;
}

/* No other address can be one that trivial-rewrite finds bad. */
static bool is_odd(struct arena *arena, const char *address)
{
    const char *domain = address_domain(address);

    return *address == '-' ||
           strpbrk(address_local(arena, address), "@%!") != NULL ||
           (domain != NULL &&
            (*domain == '\0' || domain_is_literal_ipv4(domain)));
}

bool address_is_nonsense(struct session *s, const char *address)
{
    struct resolve_reply reply;

    return is_odd(s->line_arena, address) &&
           address_resolve(s, address, &reply) &&
           (reply.flags & RESOLVE_BAD) != 0;
}

/* Only an address that may be meant costs a question. */
const char *address_without_period(struct session *s, const char *address)
{
    const char *sender = verify_params.address_verify_sender;
    long ttl = verify_params.address_verify_sender_ttl;
    size_t length = strcspn(sender, "@");

    if (ttl <= 0 || length == 0 || strcmp(sender, "<>") == 0 ||
        !text_equal_nocase_n(address, sender, length))
        return address;
    sender = rewrite_try(s->line_arena, REWRITE_LOCAL, sender);
    return sender != NULL &&
                   probe_sender_is_current(address, sender, ttl, time(NULL))
               ? sender
               : address;
}

/* ---- unknown users ---- */

/* A class of domains that has a list of its users. */
struct user_list {
    int64_t class_bit;
    size_t maps_offset;  /* in struct settings */
    size_t code_offset;  /* in struct smtpd_params */
    const char *table;   /* as replies name it */
    bool empty_means_all;
};

static const struct user_list user_lists[] = {
    { RESOLVE_CLASS_LOCAL, offsetof(struct settings, local_recipients),
      offsetof(struct smtpd_params, unknown_local_recipient_reject_code),
      "local recipient", true },
    { RESOLVE_CLASS_VIRTUAL, offsetof(struct settings, virtual_mailboxes),
      offsetof(struct smtpd_params, unknown_virtual_mailbox_reject_code),
      "virtual mailbox", true },
    { RESOLVE_CLASS_RELAY, offsetof(struct settings, relay_recipients),
      offsetof(struct smtpd_params, unknown_relay_recipient_reject_code),
      "relay recipient", true },
    { RESOLVE_CLASS_ALIAS, offsetof(struct settings, virtual_aliases),
      offsetof(struct smtpd_params, unknown_virtual_alias_reject_code),
      "virtual alias", false },
};

static enum answer has_user(struct session *s, struct maps *maps,
                            const struct resolve_reply *resolved)
{
    const struct find_options options = {
        .steps = FIND_DEFAULT,
        .delimiters = common_params.recipient_delimiter,
        .myorigin = common_params.myorigin,
        .is_local = local_domains_own,
        .context = settings()->own,
    };
    struct str value = STR_EMPTY;

    if (maps_is_empty(maps))
        return ABSENT;
    enum answer answer = find_address(maps, s->line_arena,
                                      resolved->recipient, &options, &value,
                                      NULL);
    str_fini(&value);
    return answer;
}

enum answer address_has_owner(struct session *s, const char *address)
{
    struct resolve_reply resolved;

    if (maps_is_empty(settings()->sender_login))
        return ABSENT;
    if (!address_resolve(s, address, &resolved))
        return FAILED;
    return has_user(s, settings()->sender_login, &resolved);
}

/* An address that maps to another exists, wherever that other may be. */
static enum answer is_mapped(struct session *s,
                             const struct resolve_reply *resolved,
                             enum unlisted_kind kind)
{
    const struct settings *st = settings();
    struct maps *maps[] = {
        st->recipient_canonical,
        kind == UNLISTED_SENDER ? st->sender_canonical : NULL,
        st->canonical, st->virtual_aliases,
    };

    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        enum answer answer = has_user(s, maps[i], resolved);
        if (answer != ABSENT)
            return answer;
    }
    return ABSENT;
}

static enum access_result unknown_user(struct access *a, const char *address,
                                       enum unlisted_kind kind,
                                       const struct user_list *list)
{
    long code = *(const long *)((const char *)&smtpd_params +
                                list->code_offset);
    bool show = address_params.show_user_unknown_table_name;
    bool sender = kind == UNLISTED_SENDER;
    struct access refusal = *a;

    refusal.is_bounce = true;
    return access_reject(&refusal, (int)code, sender ? "5.1.0" : "5.1.1",
                         "<%s>: %s address rejected: User unknown%s%s%s",
                         address, sender ? "Sender" : "Recipient",
                         show ? " in " : "", show ? list->table : "",
                         show ? " table" : "");
}

static enum access_result lookup_failed(struct access *a, const char *address)
{
    return access_trouble(a, "451 4.3.0 <%s>: Temporary lookup failure",
                          address);
}

/* The transport error:text says why there is no such user. */
static enum access_result refuse_as_told(struct access *a,
                                         const char *address,
                                         enum unlisted_kind kind,
                                         const char *text, bool later)
{
    static const char *const statuses[2][2] = { { "5.1.1", "5.1.0" },
                                                { "4.1.1", "4.1.0" } };
    bool sender = kind == UNLISTED_SENDER;
    const char *class_name = sender ? "Sender address" : "Recipient address";
    struct access refusal = *a;
    struct dsn dsn;

    refusal.is_bounce = true;
    dsn_split(a->s->line_arena, statuses[later][sender], text, &dsn);
    return access_reject(
        &refusal,
        later ? 450 : (int)smtpd_params.unknown_virtual_alias_reject_code,
        access_fit_status(a, class_name, dsn.status), "<%s>: %s rejected: %s",
        address, class_name, dsn.reason);
}

static bool is_local_user(const struct resolve_reply *resolved,
                          const char *name)
{
    const char *at = strrchr(resolved->recipient, '@');

    return at != NULL && (resolved->flags & RESOLVE_CLASS_LOCAL) &&
           strlen(name) == (size_t)(at - resolved->recipient) &&
           text_equal_nocase_n(name, resolved->recipient, strlen(name));
}

/* Users that need not be listed: RFC 5321, section 4.5.1, and one whose mail
 * the queue manager takes, and throws away. */
static bool is_always_there(const struct resolve_reply *resolved)
{
    return is_local_user(resolved, "postmaster") ||
           is_local_user(resolved, common_params.double_bounce_sender);
}

/* The list of the domain's class has the last word, if there is one. */
static enum access_result check_list(struct access *a, const char *address,
                                     enum unlisted_kind kind,
                                     const struct resolve_reply *resolved)
{
    for (size_t i = 0; i < sizeof user_lists / sizeof *user_lists; i++) {
        const struct user_list *list = &user_lists[i];
        struct maps *maps = *(struct maps *const *)(
            (const char *)settings() + list->maps_offset);
        if (!(resolved->flags & list->class_bit) ||
            (list->empty_means_all && maps_is_empty(maps)))
            continue;
        switch (has_user(a->s, maps, resolved)) {
        case FOUND:
            return ACCESS_DUNNO;
        case FAILED:
            return lookup_failed(a, address);
        case ABSENT:
            return unknown_user(a, address, kind, list);
        }
    }
    return ACCESS_DUNNO;
}

enum access_result access_unlisted(struct access *a, const char *address,
                                   enum unlisted_kind kind)
{
    struct resolve_reply resolved;
    struct session *s = a->s;

    if (!address_resolve(s, address, &resolved))
        return lookup_failed(a, address);
    switch (is_mapped(s, &resolved, kind)) {
    case FOUND:
        return ACCESS_DUNNO;
    case FAILED:
        return lookup_failed(a, address);
    case ABSENT:
        break;
    }
    if (is_always_there(&resolved))
        return ACCESS_DUNNO;
    bool error = strcmp(resolved.transport, "error") == 0;
    bool retry = strcmp(resolved.transport, "retry") == 0;
    if ((error || retry) && *resolved.nexthop != '\0')
        return refuse_as_told(a, address, kind, resolved.nexthop, retry);
    if (kind == UNLISTED_RECIPIENT && (resolved.flags & RESOLVE_CLASS_RELAY))
        old_defaults_note_relay_address(resolved.recipient);
    return check_list(a, address, kind, &resolved);
}
