/* SPDX-License-Identifier: ISC
 *
 * arguments.c - $recipient and its like in the command line.
 *
 * The command is run without a shell, so values cannot turn into commands;
 * what an argument means to the program itself is for master.cf to get right.
 */
#include <string.h>

#include "base/expand.h"
#include "base/fatal.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/quote.h"
#include "pipe.h"

struct expansion {
    const struct attributes *a;
    struct request *r;
    const struct recipient *to;
    bool uses_recipient; /* a part of it was named */
    const char *unknown; /* a name that we do not know, or NULL */
};

/* ---- addresses ---- */

static char *quoted(struct expansion *e, const char *address)
{
    if ((e->a->flags & PIPE_QUOTE) && *address != '\0')
        return quote_822_dup(e->r->arena, address);
    return arena_strdup(e->r->arena, address);
}

/* As a whole: quoted, and each half folded as the flags say. */
static const char *whole(struct expansion *e, const char *address)
{
    char *text = quoted(e, address);
    char *at = strrchr(text, '@');

    if (e->a->flags & PIPE_FOLD_HOST && at != NULL)
        text_lower(at);
    if (e->a->flags & PIPE_FOLD_USER) {
        const char *domain = at == NULL ? "" : arena_strdup(e->r->arena, at);
        if (at != NULL)
            *at = '\0';
        text = arena_printf(e->r->arena, "%s%s", text_lower(text), domain);
    }
    return text;
}

/* The local part; with *extension (never NULL) cut off if that is wanted. */
static char *local_part(struct expansion *e, const char **extension)
{
    const char *address = e->to->address;
    const char *at = strrchr(address, '@');
    char *text = at == NULL ? arena_strdup(e->r->arena, address)
                            : arena_strndup(e->r->arena, address,
                                            (size_t)(at - address));

    if (e->a->flags & PIPE_FOLD_USER)
        text_lower(text);
    if (extension == NULL)
        return text;
    char *rest = address_split_extension(text,
                                         common_params.recipient_delimiter,
                                         common_params.owner_request_special);
    *extension = rest == NULL ? "" : rest + 1;
    if (rest != NULL)
        *rest = '\0';
    return text;
}

/* ---- macros ---- */

static const char *get_recipient(struct expansion *e)
{
    return whole(e, e->to->address);
}

static const char *get_original(struct expansion *e)
{
    return whole(e, e->to->original);
}

static const char *get_mailbox(struct expansion *e)
{
    return local_part(e, NULL);
}

static const char *get_user(struct expansion *e)
{
    const char *extension;

    return local_part(e, &extension);
}

static const char *get_extension(struct expansion *e)
{
    const char *extension;

    local_part(e, &extension);
    return extension;
}

static const char *folded_host(struct expansion *e, const char *host)
{
    char *text = arena_strdup(e->r->arena, host);

    return e->a->flags & PIPE_FOLD_HOST ? text_lower(text) : text;
}

static const char *get_domain(struct expansion *e)
{
    const char *at = strrchr(e->to->address, '@');

    return at == NULL ? "" : folded_host(e, at + 1);
}

static const char *get_nexthop(struct expansion *e)
{
    return folded_host(e, e->r->wire->nexthop);
}

static const char *get_sender(struct expansion *e)
{
    const char *sender = e->r->wire->sender;

    return quoted(e, *sender == '\0' ? e->a->null_sender : sender);
}

static const char *get_size(struct expansion *e)
{
    return arena_printf(e->r->arena, "%lld", (long long)e->r->wire->data_size);
}

static const struct {
    const char *name;
    const char *(*get)(struct expansion *e);
    bool of_recipient;
} computed[] = {
    { "recipient", get_recipient, true },
    { "original_recipient", get_original, true },
    { "mailbox", get_mailbox, true },
    { "user", get_user, true },
    { "extension", get_extension, true },
    { "domain", get_domain, true },
    { "nexthop", get_nexthop, false },
    { "sender", get_sender, false },
    { "size", get_size, false },
};

static const char *as_received(const struct delivery_request *w,
                               const char *name)
{
    const struct {
        const char *name, *value;
    } values[] = {
        { "client_address", w->log_client_address },
        { "client_helo", w->log_helo_name },
        { "client_hostname", w->log_client_name },
        { "client_port", w->log_client_port },
        { "client_protocol", w->log_protocol_name },
        { "envid", w->envelope_id },
        { "queue_id", w->queue_id },
        { "sasl_method", w->sasl_method },
        { "sasl_sender", w->sasl_sender },
        { "sasl_username", w->sasl_username },
    };

    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (strcmp(values[i].name, name) == 0)
            return values[i].value;
    return NULL;
}

static const char *look_up(const char *name, void *context)
{
    struct expansion *e = context;

    for (size_t i = 0; i < sizeof computed / sizeof *computed; i++)
        if (strcmp(computed[i].name, name) == 0) {
            e->uses_recipient = e->uses_recipient || computed[i].of_recipient;
            return computed[i].get(e);
        }
    const char *value = as_received(e->r->wire, name);
    if (value == NULL)
        e->unknown = arena_strdup(e->r->arena, name);
    return value;
}

/* ---- arguments ---- */

static bool add(struct expansion *e, const char *word,
                struct argument_list *out, struct error *why)
{
    const struct expand_options options = { .lookup = look_up, .context = e };
    struct str text = STR_EMPTY;

    bool good = expand_text(&text, word, &options, NULL, why);
    if (good && e->unknown != NULL)
        good = error_set(why, "unknown macro name: \"%s\"", e->unknown);
    ARRAY_ADD(out, arena_strdup(e->r->arena, text.data ? text.data : ""));
    str_fini(&text);
    return good;
}

bool arguments_expand(const struct attributes *a, struct request *r,
                      struct argument_list *out, struct error *why)
{
    for (const char *const *word = a->argv; *word != NULL; word++) {
        struct expansion e = { .a = a, .r = r, .to = &r->recipients[0] };
        if (!add(&e, *word, out, why))
            return false;
        for (size_t i = 1; e.uses_recipient && i < r->count; i++) {
            e.to = &r->recipients[i];
            if (!add(&e, *word, out, why))
                return false;
        }
    }
    ARRAY_ADD(out, NULL);
    return true;
}
