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

static bool run(struct search *s, const struct ldap_request *request,
                struct ldap_entries *entries, int *code);
static bool take_entries(struct search *s, const struct ldap_entries *entries);

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

static bool too_much(struct search *s)
{
    s->is_broken = true;
    return fail(s, "%s: Answers of more than %d bytes", s->key,
                LDAP_MAX_LOOKUP);
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
static bool follow(struct search *s, const struct ldap_request *request)
{
    struct ldap_entries entries = ARRAY_EMPTY;
    int code;

    s->depth++;
    bool good = run(s, request, &entries, &code);
    if (good && code == LDAP_SUCCESS)
        good = take_entries(s, &entries);
    else if (good && code != LDAP_NO_SUCH_OBJECT)
        good = fail(s, "search error %d: %s", code,
                    ldap_library.ldap_err2string(code));
    ldap_entries_free(&entries);
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
    struct ldap_request request = {
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
    const struct ldap_request request = {
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

/* An attribute that is wanted. */
struct attribute {
    char *name;       /* owned */
    BerVarray values; /* owned, not what it points to; the last has no text */
    enum ldap_attribute_kind kind;
};

struct attributes {
    ARRAY_OF(struct attribute);
};

static void free_attributes(struct attributes *attributes)
{
    for (size_t i = 0; i < attributes->count; i++) {
        free(attributes->items[i].name);
        ldap_library.ldap_memfree(attributes->items[i].values);
    }
    ARRAY_FREE(attributes);
}

/* The values that the library finds take more than they did in the message. */
static bool count_values(struct search *s, BerVarray values)
{
    size_t count = 0;

    while (values != NULL && values[count].bv_val != NULL)
        count++;
    return ldap_limits_take(s->t, count * sizeof(*values)) || too_much(s);
}

/* False after a warning. */
static bool read_attributes(struct search *s, LDAPMessage *entry,
                            struct attributes *attributes)
{
    LDAP *ldap = s->t->connection;
    struct berval dn, name;
    BerElement *position = NULL;
    bool good = true;

    int code = ldap_library.ldap_get_dn_ber(ldap, entry, &position, &dn);
    while (good && code == LDAP_SUCCESS) {
        BerVarray values = NULL;
        code = ldap_library.ldap_get_attribute_ber(ldap, entry, position, &name,
                                                   &values);
        if (code != LDAP_SUCCESS || name.bv_val == NULL)
            break;
        struct attribute attribute = {
            .name = mem_strndup(name.bv_val, name.bv_len),
            .values = values,
        };
        attribute.kind = kind_of(s->t, attribute.name);
        ARRAY_ADD(attributes, attribute);
        good = count_values(s, values);
    }
    if (position != NULL)
        ldap_library.ber_free(position, 0);
    return good && (code == LDAP_SUCCESS ||
                    fail(s, "%s: entry error %d: %s", s->key, code,
                         ldap_library.ldap_err2string(code)));
}

static bool has_kind(const struct search *s,
                     const struct attributes *attributes,
                     enum ldap_attribute_kind kind)
{
    for (size_t i = 0; i < attributes->count; i++) {
        const struct attribute *attribute = &attributes->items[i];
        if (attribute->values != NULL &&
            is_listed(s->t->lists[kind], attribute->name))
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

static bool take_values(struct search *s, const struct attribute *attribute)
{
    const struct berval *value = attribute->values;

    for (; value != NULL && value->bv_val != NULL; value++)
        if (!take_value(s, attribute->kind, attribute->name, value))
            return false;
    return true;
}

/* Which kinds of attributes of an entry count. */
static void choose_kinds(const struct search *s,
                         const struct attributes *attributes,
                         bool counts[LDAP_UNWANTED + 1])
{
    bool is_terminal = has_kind(s, attributes, LDAP_TERMINAL);

    counts[LDAP_TERMINAL] = is_terminal;
    counts[LDAP_SPECIAL] = counts[LDAP_RESULT] = !is_terminal;
    counts[LDAP_LEAF] = !is_terminal && !has_kind(s, attributes, LDAP_SPECIAL);
    counts[LDAP_UNWANTED] = false;
}

static bool take_entry(struct search *s, LDAPMessage *entry)
{
    struct attributes attributes = ARRAY_EMPTY;
    bool counts[LDAP_UNWANTED + 1];

    bool good = read_attributes(s, entry, &attributes);
    choose_kinds(s, &attributes, counts);
    for (size_t i = 0; good && i < attributes.count; i++)
        if (counts[attributes.items[i].kind])
            good = take_values(s, &attributes.items[i]);
    free_attributes(&attributes);
    return good;
}

static bool take_entries(struct search *s, const struct ldap_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        if (!take_entry(s, entries->items[i]))
            return false;
    return true;
}

/* ---- One search ---- */

/* False after a warning; else *code is what the server says. */
static bool run(struct search *s, const struct ldap_request *request,
                struct ldap_entries *entries, int *code)
{
    struct ldap_table *t = s->t;

    *code = ldap_table_request(t, request, entries);
    s->is_broken |= *code != LDAP_SUCCESS && *code != LDAP_NO_SUCH_OBJECT &&
                    *code != LDAP_SIZELIMIT_EXCEEDED;
    if (t->limits.bytes_left == 0)
        return too_much(s);
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
static bool run_first(struct search *s, const struct ldap_request *request,
                      struct ldap_entries *entries, int *code)
{
    struct ldap_table *t = s->t;
    bool was_open = t->connection != NULL;

    if (!was_open && !ldap_table_connect(t, s->warnings))
        return false;
    if (!run(s, request, entries, code))
        return false;
    if (!was_open || !is_connection_lost(*code))
        return true;
    ldap_entries_free(entries);
    ldap_table_disconnect(t);
    s->is_broken = false;
    return ldap_table_connect(t, s->warnings) &&
           run(s, request, entries, code);
}

static bool judge(struct search *s, const struct ldap_request *request,
                  const struct ldap_entries *entries, int code)
{
    const char *table = s->t->table;

    if (code == LDAP_SUCCESS)
        return take_entries(s, entries);
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
    struct ldap_entries entries = ARRAY_EMPTY;
    bool good = true;
    int code = LDAP_SUCCESS;

    ldap_limits_begin(t);
    if (ldap_table_expand(t, key, &base, &filter)) {
        const struct ldap_request request = {
            .base = base.data,
            .filter = filter.data,
            .scope = t->scope_number,
            .attributes = t->wanted,
        };
        good = run_first(&s, &request, &entries, &code) &&
               judge(&s, &request, &entries, code);
    }
    ldap_entries_free(&entries);
    if (s.is_broken)
        ldap_table_disconnect(t);
    str_fini(&filter);
    str_fini(&base);
    return good;
}
