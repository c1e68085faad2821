/* SPDX-License-Identifier: ISC
 *
 * ldap_search.c - searches of an ldap table, and what their entries refer to.
 *
 * A special attribute has DNs or URLs of other entries, which may have
 * special attributes again: the search goes down, at most recursion_limit
 * levels, and gives up as soon as there are more results than are allowed.
 */

#include <ldap.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/time.h>

#include "ldap_private.h"

struct search {
    struct ldap_table *t;
    const char *key;
    struct template_values *values;
    struct str *warnings;
    long depth;
    long results; /* that will be counted */
    bool is_broken; /* the connection */
};

/* What to ask the server for. */
struct request {
    const char *base, *filter;
    int scope;
    char **attributes;
};

static bool run(struct search *s, const struct request *request,
                LDAPMessage **reply, int *code);
static bool take_entries(struct search *s, LDAPMessage *reply);

/* Always false. */
static bool fail(struct search *s, const char *format, ...)
    PRINTF_LIKE(2, 3);

static bool fail(struct search *s, const char *format, ...)
{
    va_list args;

    str_addf(s->warnings, "%s[%ld]: ", s->t->table, s->depth);
    va_start(args, format);
    str_vaddf(s->warnings, format, args);
    va_end(args);
    str_add_char(s->warnings, '\n');
    return false;
}

/* ---- Attributes ---- */

static bool is_listed(char *const *list, const char *name)
{
    for (; *list != NULL; list++)
        if (strcasecmp(*list, name) == 0)
            return true;
    return false;
}

static enum ldap_attribute_kind kind_of(const struct ldap_table *t,
                                        const char *name)
{
    for (int kind = 0; kind < LDAP_UNWANTED; kind++)
        if (is_listed(t->lists[kind], name))
            return kind;
    return LDAP_UNWANTED;
}

/* "attr;option" and "attr" are the same, but for the option. */
static bool is_same_base(const char *a, const char *b)
{
    size_t length = strcspn(a, ";");

    return length == strcspn(b, ";") && strncasecmp(a, b, length) == 0;
}

/* Those of our attributes that a URL asks for; it may ask for all. Where just
 * one side has options, these count. */
static char **select_attributes(struct arena *arena,
                                const struct ldap_table *t,
                                char *const *of_url)
{
    size_t count = 0;

    if (of_url == NULL || of_url[0] == NULL)
        return t->wanted;
    for (size_t i = 0; of_url[i] != NULL; i++)
        if (strcmp(of_url[i], "*") == 0)
            return t->wanted;
        else
            count++;
    for (size_t i = 0; t->wanted[i] != NULL; i++)
        count++;
    char **selected = arena_array(arena, count + 1, sizeof(*selected));
    count = 0;
    for (char *const *ours = t->wanted; *ours != NULL; ours++)
        for (char *const *url = of_url; *url != NULL; url++) {
            bool has_options = strchr(*ours, ';') != NULL;
            if (strcasecmp(*ours, *url) != 0 &&
                (!is_same_base(*ours, *url) ||
                 has_options == (strchr(*url, ';') != NULL)))
                continue;
            selected[count++] = has_options ? *ours : *url;
            break;
        }
    selected[count] = NULL;
    return selected;
}

/* ---- Following references ---- */

/* False after a warning. What is not there is passed over. */
static bool follow(struct search *s, const struct request *request)
{
    LDAPMessage *reply = NULL;
    int code;

    s->depth++;
    bool good = run(s, request, &reply, &code);
    if (good && code == LDAP_SUCCESS)
        good = take_entries(s, reply);
    else if (good && code != LDAP_NO_SUCH_OBJECT)
        good = fail(s, "search error %d: %s", code,
                    ldap_library.ldap_err2string(code));
    if (reply != NULL)
        ldap_library.ldap_msgfree(reply);
    s->depth--;
    return good;
}

static bool follow_url(struct search *s, const char *text)
{
    LDAPURLDesc *url = NULL;
    struct arena *arena = arena_new();
    bool good = true;

    int code = ldap_library.ldap_url_parse(text, &url);
    if (code != LDAP_URL_SUCCESS) {
        fail(s, "malformed URL %s: %d", text, code);
        arena_free(arena);
        return false;
    }
    struct request request = {
        .base = url->lud_dn,
        .filter = url->lud_filter,
        .scope = url->lud_scope == LDAP_SCOPE_DEFAULT ? LDAP_SCOPE_BASE
                                                      : url->lud_scope,
        .attributes = select_attributes(arena, s->t, url->lud_attrs),
    };
    if (request.attributes[0] != NULL)
        good = follow(s, &request);
    ldap_library.ldap_free_urldesc(url);
    arena_free(arena);
    return good;
}

static bool follow_value(struct search *s, const char *name, const char *value)
{
    const struct request request = {
        .base = value,
        .filter = "(objectclass=*)",
        .scope = LDAP_SCOPE_BASE,
        .attributes = s->t->wanted,
    };

    if (s->depth >= s->t->recursion_limit)
        return fail(s, "%s: Recursion limit exceeded for special attribute "
                       "%s=%s",
                    s->key, name, value);
    return ldap_library.ldap_is_ldap_url(value) ? follow_url(s, value)
                                                : follow(s, &request);
}

/* ---- Entries ---- */

static bool has_kind(const struct search *s, LDAPMessage *entry,
                     enum ldap_attribute_kind kind)
{
    LDAP *ldap = s->t->connection;

    for (char *const *name = s->t->lists[kind]; *name != NULL; name++) {
        struct berval **values =
            ldap_library.ldap_get_values_len(ldap, entry, *name);
        bool has = ldap_library.ldap_count_values_len(values) > 0;
        ldap_library.ldap_value_free_len(values);
        if (has)
            return true;
    }
    return false;
}

/* Two groups in each other would give results for a long time. */
static bool is_within_limit(struct search *s, const struct berval *value)
{
    const struct ldap_table *t = s->t;
    char *text = mem_strndup(value->bv_val, value->bv_len);
    struct str result = STR_EMPTY;

    if (*text != 0 && template_expand(&result, t->rules.result_format, s->key,
                                      text, NULL, NULL))
        s->results++;
    str_fini(&result);
    free(text);
    return s->results <= t->expansion_limit ||
           fail(s, "Expansion limit exceeded for key: '%s'", s->key);
}

static bool take_value(struct search *s, enum ldap_attribute_kind kind,
                       const char *name, const struct berval *value)
{
    const struct ldap_table *t = s->t;

    if (kind == LDAP_SPECIAL) {
        char *text = mem_strndup(value->bv_val, value->bv_len);
        bool good = follow_value(s, name, text);
        free(text);
        return good;
    }
    template_values_add(s->values, value->bv_val, value->bv_len);
    return t->expansion_limit <= 0 || is_within_limit(s, value);
}

static bool take_values(struct search *s, LDAPMessage *entry,
                        const char *name, enum ldap_attribute_kind kind)
{
    struct berval **values =
        ldap_library.ldap_get_values_len(s->t->connection, entry, name);
    bool good = true;

    for (int i = 0; good && values != NULL && values[i] != NULL; i++)
        good = take_value(s, kind, name, values[i]);
    ldap_library.ldap_value_free_len(values);
    return good;
}

/* Which kinds of attributes of this entry count. */
static void choose_kinds(const struct search *s, LDAPMessage *entry,
                         bool counts[LDAP_UNWANTED + 1])
{
    bool is_terminal = has_kind(s, entry, LDAP_TERMINAL);

    counts[LDAP_TERMINAL] = is_terminal;
    counts[LDAP_SPECIAL] = counts[LDAP_RESULT] = !is_terminal;
    counts[LDAP_LEAF] = !is_terminal && !has_kind(s, entry, LDAP_SPECIAL);
    counts[LDAP_UNWANTED] = false;
}

static bool take_entry(struct search *s, LDAPMessage *entry)
{
    LDAP *ldap = s->t->connection;
    bool counts[LDAP_UNWANTED + 1];
    BerElement *position = NULL;
    bool good = true;

    choose_kinds(s, entry, counts);
    char *name = ldap_library.ldap_first_attribute(ldap, entry, &position);
    while (name != NULL) {
        enum ldap_attribute_kind kind = kind_of(s->t, name);
        if (good && counts[kind])
            good = take_values(s, entry, name, kind);
        ldap_library.ldap_memfree(name);
        name = ldap_library.ldap_next_attribute(ldap, entry, position);
    }
    if (position != NULL)
        ldap_library.ber_free(position, 0);
    return good;
}

static bool take_entries(struct search *s, LDAPMessage *reply)
{
    LDAP *ldap = s->t->connection;

    for (LDAPMessage *entry = ldap_library.ldap_first_entry(ldap, reply);
         entry != NULL; entry = ldap_library.ldap_next_entry(ldap, entry))
        if (!take_entry(s, entry))
            return false;
    return true;
}

/* ---- One search ---- */

/* False after a warning; else *code is what the server says. */
static bool run(struct search *s, const struct request *request,
                LDAPMessage **reply, int *code)
{
    const struct ldap_table *t = s->t;
    struct timeval limit = { .tv_sec = t->timeout };

    *code = ldap_library.ldap_search_ext_s(
        t->connection, request->base, request->scope, request->filter,
        request->attributes, 0, NULL, NULL, t->timeout > 0 ? &limit : NULL,
        (int)t->size_limit, reply);
    s->is_broken |= *code != LDAP_SUCCESS && *code != LDAP_NO_SUCH_OBJECT &&
                    *code != LDAP_SIZELIMIT_EXCEEDED;
    if (*code == LDAP_SIZELIMIT_EXCEEDED)
        return fail(s, "%s: Query size limit (%ld) exceeded", s->key,
                    t->size_limit);
    return true;
}

static bool is_connection_lost(int code)
{
    return code == LDAP_SERVER_DOWN || code == LDAP_CONNECT_ERROR ||
           code == LDAP_UNAVAILABLE || code == LDAP_OPERATIONS_ERROR;
}

/* The first search; a connection that was idle may have been closed. */
static bool run_first(struct search *s, const struct request *request,
                      LDAPMessage **reply, int *code)
{
    struct ldap_table *t = s->t;
    bool was_open = t->connection != NULL;

    if (!was_open && !ldap_table_connect(t, s->warnings))
        return false;
    if (!run(s, request, reply, code))
        return false;
    if (!was_open || !is_connection_lost(*code))
        return true;
    if (*reply != NULL)
        ldap_library.ldap_msgfree(*reply);
    *reply = NULL;
    ldap_table_disconnect(t);
    s->is_broken = false;
    return ldap_table_connect(t, s->warnings) &&
           run(s, request, reply, code);
}

static bool judge(struct search *s, const struct request *request,
                  LDAPMessage *reply, int code)
{
    const char *table = s->t->table;

    if (code == LDAP_SUCCESS)
        return take_entries(s, reply);
    if (code == LDAP_NO_SUCH_OBJECT && s->t->base_has_key)
        return true;
    if (code == LDAP_NO_SUCH_OBJECT)
        str_addf(s->warnings, "%s: Search base '%s' not found: %d: %s\n", table,
                 request->base, code, ldap_library.ldap_err2string(code));
    else
        str_addf(s->warnings, "%s: Search error %d: %s \n", table, code,
                 ldap_library.ldap_err2string(code));
    return false;
}

bool ldap_table_search(struct ldap_table *t, const char *key,
                       struct template_values *values, struct str *warnings)
{
    struct search s = {
        .t = t, .key = key, .values = values, .warnings = warnings
    };
    struct str base = STR_EMPTY;
    struct str filter = STR_EMPTY;
    LDAPMessage *reply = NULL;
    bool good = true;
    int code = LDAP_SUCCESS;

    if (ldap_table_expand(t, key, &base, &filter)) {
        const struct request request = {
            .base = base.data,
            .filter = filter.data,
            .scope = t->scope_number,
            .attributes = t->wanted,
        };
        good = run_first(&s, &request, &reply, &code) &&
               judge(&s, &request, reply, code);
    }
    if (reply != NULL)
        ldap_library.ldap_msgfree(reply);
    if (s.is_broken)
        ldap_table_disconnect(t);
    str_fini(&filter);
    str_fini(&base);
    return good;
}
