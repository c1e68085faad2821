/* SPDX-License-Identifier: ISC
 *
 * template.h - lookups by a text with %s and the like: SQL, LDAP, memcache.
 *
 * %s the key or result, %u its local part, %d its domain; %S %U %D the same
 * of the key, %1 to %9 the labels of the key's domain from the right.
 */
#ifndef TABLE_TEMPLATE_H
#define TABLE_TEMPLATE_H

#include "internal.h"
#include "table/match_list.h"

/* What the templates of a table need of a key. */
struct template_needs {
    bool user, domain;
    int labels;
    bool any;     /* something of the key or result is used at all */
    bool partial; /* more than the whole key */
};

/* Puts <text>, which came from the network, in the quoted form that the place
 * needs; false if it has none. */
typedef bool template_quote(void *context, const char *text, size_t length,
                            struct str *out);

/* Check the syntax and add to <needs>. False and <why>. <source> and <what>
 * ("query", "result") are for the message. */
bool template_check(const char *text, bool is_result, const char *source,
                    const char *what, struct template_needs *needs,
                    struct error *why);
/* Append <text> expanded. <value> is NULL in queries; <quote> may be NULL.
 * False: key or value lack a part that is asked for, or cannot be quoted. */
bool template_expand(struct str *out, const char *text, const char *key,
                     const char *value, template_quote *quote, void *context);

/* ---- Which keys are looked up, and what results become ---- */

struct template_rules {
    const char *table;  /* "mysql:/etc/x.cf"; borrowed, as all texts here */
    const char *source; /* "/etc/x.cf" */
    const char *result_format;
    const char *domain; /* a list of domains; "": all keys */
    long expansion_limit;
    struct template_needs needs; /* of the query; the result's are added */
    struct match_list *domains;  /* owned */
};

/* False and <why>. */
bool template_rules_init(struct template_rules *rules, struct error *why);
void template_rules_fini(struct template_rules *rules);
/* May <key> be looked up? */
MAY_WAIT enum answer template_rules_admit(struct template_rules *rules,
                                          const char *key, struct error *why);

/* Results as they come, one behind the other, each with a NUL. */
struct template_values {
    struct str data;
    size_t count;
};
#define TEMPLATE_VALUES_EMPTY { STR_EMPTY, 0 }
void template_values_add(struct template_values *values, const char *data,
                         size_t length);
/* Format and join them: FOUND, ABSENT, or FAILED (logged) if there are too
 * many. */
enum answer template_values_join(const struct template_rules *rules,
                                 const char *key,
                                 const struct template_values *values,
                                 struct str *out, struct error *why);

/* ---- A lookup that blocks, and so may run in a thread ---- */

struct template_search {
    void *table; /* the driver's */
    const char *key;
    struct template_values values;
    struct str warnings; /* lines; a thread may not log */
    bool good;
};
/* Look <key> up if it may be: <run> gets a struct template_search, in which it
 * sets <values>, <warnings> and <good>. Its last warning is the reason of
 * FAILED. */
MAY_WAIT enum answer template_search(struct template_rules *rules,
                                     void (*run)(void *search), void *table,
                                     const char *key, struct str *value,
                                     struct error *why);

#endif
