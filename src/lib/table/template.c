/* SPDX-License-Identifier: ISC
 *
 * template.c - lookups by a text with %s and the like: SQL, LDAP, memcache.
 */

#include "template.h"

#include <string.h>

#include "base/io.h"
#include "base/log.h"

/* ---- Syntax ---- */

static bool note_code(char code, bool is_result, struct template_needs *needs)
{
    bool of_key = !is_result || strchr("SUD123456789", code) != NULL;

    needs->any |= code != '%';
    switch (code) {
    case '%':
    case 's':
    case 'S':
        return true;
    case 'u':
    case 'U':
        needs->user |= of_key;
        break;
    case 'd':
    case 'D':
        needs->domain |= of_key;
        break;
    default:
        if (code < '1' || code > '9')
            return false;
        if (needs->labels < code - '0')
            needs->labels = code - '0';
    }
    needs->partial |= of_key;
    return true;
}

bool template_check(const char *text, bool is_result, const char *source,
                    const char *what, struct template_needs *needs,
                    struct error *why)
{
    for (const char *at = text; (at = strchr(at, '%')) != NULL; at += 2)
        if (at[1] == 0 || !note_code(at[1], is_result, needs))
            return error_set(why, "%s: Invalid %s template: %s", source, what,
                             text);
    return true;
}

/* ---- Parts of an address ---- */

struct part {
    const char *text; /* NULL: there is no such part */
    size_t length;
};

static struct part user_of(const char *address)
{
    const char *at = strrchr(address, '@');
    struct part part = { address, at == NULL ? strlen(address)
                                             : (size_t)(at - address) };

    if (part.length == 0)
        part.text = NULL;
    return part;
}

static struct part domain_of(const char *address)
{
    const char *at = strrchr(address, '@');
    struct part part = { NULL, 0 };

    if (at == NULL || at[1] == 0)
        return part;
    part.text = at + 1;
    part.length = strlen(at + 1);
    return part;
}

/* Label <number> of the domain, counted from 1 at the right; empty ones do
 * not count. */
static struct part label_of(const char *address, int number)
{
    struct part rest = domain_of(address);
    struct part label = { NULL, 0 };

    for (; number > 0 && rest.text != NULL; number--) {
        while (rest.length > 0 && rest.text[rest.length - 1] == '.')
            rest.length--;
        size_t start = rest.length;
        while (start > 0 && rest.text[start - 1] != '.')
            start--;
        if (start == rest.length)
            return (struct part){ NULL, 0 };
        label = (struct part){ rest.text + start, rest.length - start };
        rest.length = start;
    }
    return label;
}

static struct part find_part(char code, const char *key, const char *value)
{
    const char *subject = value != NULL ? value : key;

    switch (code) {
    case 's': return (struct part){ subject, strlen(subject) };
    case 'u': return user_of(subject);
    case 'd': return domain_of(subject);
    case 'S': return (struct part){ key, strlen(key) };
    case 'U': return user_of(key);
    case 'D': return domain_of(key);
    default: return label_of(key, code - '0');
    }
}

bool template_expand(struct str *out, const char *text, const char *key,
                     const char *value, template_quote *quote, void *context)
{
    const char *percent;

    for (; (percent = strchr(text, '%')) != NULL; text = percent + 2) {
        str_add_bytes(out, text, percent - text);
        if (percent[1] == '%') {
            str_add_char(out, '%');
            continue;
        }
        struct part part = find_part(percent[1], key, value);
        if (part.text == NULL)
            return false;
        if (quote == NULL)
            str_add_bytes(out, part.text, part.length);
        else if (!quote(context, part.text, part.length, out))
            return false;
    }
    str_add(out, text);
    return true;
}

/* ---- Which keys are looked up ---- */

bool template_rules_init(struct template_rules *rules, struct error *why)
{
    if (!template_check(rules->result_format, true, rules->source, "result",
                        &rules->needs, why))
        return false;
    if (*rules->domain != 0)
        rules->domains =
            match_list_open(rules->source, rules->domain, MATCH_STRING, 0);
    return true;
}

void template_rules_fini(struct template_rules *rules)
{
    if (rules->domains != NULL)
        match_list_close(rules->domains);
}

static bool key_is_complete(const struct template_needs *needs,
                            const char *key)
{
    return (!needs->user || user_of(key).text != NULL) &&
           (!needs->domain || domain_of(key).text != NULL) &&
           (needs->labels == 0 || label_of(key, needs->labels).text != NULL);
}

enum answer template_rules_admit(struct template_rules *rules, const char *key,
                                 struct error *why)
{
    if (rules->domains != NULL) {
        const char *domain = domain_of(key).text;
        if (domain == NULL || user_of(key).text == NULL)
            return ABSENT;
        enum answer answer =
            match_list_has(rules->domains, domain, NULL, NULL);
        if (answer == FAILED)
            error_set(why, "%s 'domain' pattern match failed for '%s'",
                      rules->table, key);
        if (answer != FOUND)
            return answer;
    }
    return key_is_complete(&rules->needs, key) ? FOUND : ABSENT;
}

/* ---- What results become ---- */

void template_values_add(struct template_values *values, const char *data,
                         size_t length)
{
    /* What follows a NUL cannot be told from the next result. */
    str_add_bytes(&values->data, data, strnlen(data, length));
    str_add_char(&values->data, 0);
    values->count++;
}

/* False: nothing to add. */
static bool join_one(const struct template_rules *rules, const char *key,
                     const char *value, struct str *out)
{
    size_t before = out->length;

    if (*value == 0) {
        log_warning("table \"%s\": empty lookup result for: \"%s\" -- ignored",
                    rules->table, key);
        return false;
    }
    if (before > 0)
        str_add_char(out, ',');
    if (template_expand(out, rules->result_format, key, value, NULL, NULL))
        return true;
    str_truncate(out, before);
    return false;
}

enum answer template_values_join(const struct template_rules *rules,
                                 const char *key,
                                 const struct template_values *values,
                                 struct str *out, struct error *why)
{
    const char *value = values->data.data;
    long count = 0;

    str_clear(out);
    for (size_t i = 0; i < values->count; i++) {
        if (join_one(rules, key, value, out))
            count++;
        value += strlen(value) + 1;
        if (rules->expansion_limit > 0 && count > rules->expansion_limit) {
            error_set(why, "%s: Expansion limit exceeded for key '%s'",
                      rules->table, key);
            log_warning("%s", why->text);
            return FAILED;
        }
    }
    return count > 0 ? FOUND : ABSENT;
}

/* ---- A lookup that blocks ---- */

/* The last line is the reason. */
static void log_lines(char *lines, struct error *why)
{
    for (char *line; (line = strsep(&lines, "\n")) != NULL;) {
        if (*line == 0)
            continue;
        log_warning("%s", line);
        error_set(why, "%s", line);
    }
}

enum answer template_search(struct template_rules *rules,
                            void (*run)(void *search), void *table,
                            const char *key, struct str *value,
                            struct error *why)
{
    struct template_search search = { .table = table,
                                      .key = key,
                                      .values = TEMPLATE_VALUES_EMPTY,
                                      .warnings = STR_EMPTY };
    enum answer answer = template_rules_admit(rules, key, why);

    if (answer != FOUND)
        return answer;
    offload(run, &search);
    log_lines(search.warnings.data, why);
    answer = search.good
                 ? template_values_join(rules, key, &search.values, value, why)
                 : FAILED;
    str_fini(&search.warnings);
    str_fini(&search.values.data);
    return answer;
}
