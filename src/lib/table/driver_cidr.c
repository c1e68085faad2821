/* SPDX-License-Identifier: ISC
 *
 * driver_cidr.c - cidr:/file, networks in order, with IF and ENDIF.
 */

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/array.h"
#include "base/log.h"
#include "base/num.h"
#include "base/text.h"
#include "internal.h"

enum rule_kind { RULE_RESULT, RULE_IF, RULE_ENDIF };

struct rule {
    enum rule_kind kind;
    bool negated;
    struct addr_net network;
    const char *value; /* in the arena */
    size_t line, endif;
};

struct cidr_table {
    struct arena *arena; /* owned */
    struct text_owner owner;
    struct {
        ARRAY_OF(struct rule);
    } rules;
};

struct reader {
    struct cidr_table *table;
    unsigned flags; /* enum table_flag */
    struct {
        ARRAY_OF(size_t);
    } open_ifs;
};

/* ---- Reading rules; each function is false with <why> ---- */

/* What is wrong with "address/length", in the words of Postfix. */
static bool parse_network(const char *text, struct addr_net *network,
                          struct error *why)
{
    char host[INET6_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    struct addr addr;
    long bits;

    if (slash == NULL) {
        if (!addr_parse(text, 0, &addr) || !addr_net_parse(text, network, why))
            return error_set(why, "bad address pattern: \"%s\"", text);
        return true;
    }
    if (!num_parse_long(slash + 1, 0, 10000, &bits))
        return error_set(why, "bad mask value in \"%s\"", text);
    size_t length = slash - text;
    if (length >= sizeof(host))
        return error_set(why, "bad network value in \"%s\"", text);
    memcpy(host, text, length);
    host[length] = 0;
    if (!addr_parse(host, 0, &addr))
        return error_set(why, "bad network value in \"%s\"", text);
    if (bits > (addr_family(&addr) == AF_INET ? 32 : 128))
        return error_set(why, "bad mask length in \"%s\"", text);
    return addr_net_parse(text, network, why);
}

/* "[!]pattern"; brackets around the address may enclose the length. */
static bool parse_pattern(char *text, struct rule *rule, struct error *why)
{
    for (; *text == '!' || text_is_space((unsigned char)*text); text++)
        if (*text == '!')
            rule->negated = !rule->negated;
    if (*text == 0)
        return error_set(why, "no address pattern");

    size_t length = strlen(text);
    if (*text == '[' && text[length - 1] == ']') {
        text[length - 1] = 0;
        text++;
    }
    return parse_network(text, &rule->network, why);
}

static bool read_if(struct reader *r, char *text, struct rule *rule,
                    struct error *why)
{
    rule->kind = RULE_IF;
    if (!parse_pattern(text_trim(text), rule, why))
        return false;
    ARRAY_ADD(&r->open_ifs, r->table->rules.count);
    return true;
}

static bool read_endif(struct reader *r, const char *text, struct rule *rule,
                       struct error *why)
{
    rule->kind = RULE_ENDIF;
    if (*text != 0)
        return error_set(why, "garbage after ENDIF");
    if (r->open_ifs.count == 0)
        return error_set(why, "ENDIF without IF");
    size_t start = r->open_ifs.items[--r->open_ifs.count];
    r->table->rules.items[start].endif = r->table->rules.count;
    return true;
}

static bool read_network_rule(struct reader *r, char *text, struct rule *rule,
                              struct error *why)
{
    char *end = text;

    while (*end == '!' || text_is_space((unsigned char)*end))
        end++;
    while (*end != 0 && !text_is_space((unsigned char)*end))
        end++;
    char *value = *end != 0 ? end + 1 : end;
    *end = 0;
    value = text_trim(value);
    if (!parse_pattern(text, rule, why))
        return false;
    if (*value == 0)
        return error_set(why, "no lookup result");

    struct str content = STR_EMPTY;
    bool is_file = r->flags & TABLE_SRC_RHS_IS_FILE;
    bool good = !is_file || file_value_read(&content, value, why);
    rule->value = arena_strdup(r->table->arena, is_file ? content.data : value);
    str_fini(&content);
    return good;
}

static bool has_keyword(const char *text, const char *word)
{
    size_t length = strlen(word);

    return text_equal_nocase_n(text, word, length) &&
           (text[length] == 0 || text[length] == '!' ||
            text_is_space((unsigned char)text[length]));
}

static bool read_rule(struct reader *r, char *text, struct rule *rule,
                      struct error *why)
{
    if (has_keyword(text, "if"))
        return read_if(r, text + 2, rule, why);
    if (has_keyword(text, "endif"))
        return read_endif(r, text_trim(text + 5), rule, why);
    return read_network_rule(r, text, rule, why);
}

static void read_rules(struct reader *r, struct text_source *source)
{
    struct str line = STR_EMPTY;

    while (text_source_next(source, &line)) {
        struct rule rule = { .line = source->first_line };
        struct error why = ERROR_NONE;

        if (read_rule(r, text_trim(line.data), &rule, &why))
            ARRAY_ADD(&r->table->rules, rule);
        else
            log_warning("cidr map %s, line %zu: %s: skipping this rule",
                        source->path, rule.line, why.text);
    }
    str_fini(&line);

    /* A block that is never closed extends to the end. */
    while (r->open_ifs.count > 0) {
        struct rule *rule =
            &r->table->rules.items[r->open_ifs.items[--r->open_ifs.count]];
        log_warning("cidr map %s, line %zu: IF has no matching ENDIF -- add "
                    "one where it should end",
                    source->path, rule->line);
        rule->endif = r->table->rules.count;
    }
    ARRAY_FREE(&r->open_ifs);
}

static void cidr_close(void *instance)
{
    struct cidr_table *table = instance;

    ARRAY_FREE(&table->rules);
    arena_free(table->arena);
    free(table);
}

static void *cidr_open(const char *name, const struct table_options *options,
                       struct error *why)
{
    struct text_file file;

    if (options->mode != TABLE_READ) {
        error_set(why, "cidr:%s map requires O_RDONLY access mode", name);
        return NULL;
    }
    if (!text_file_open(&file, name, "cidr", "", why))
        return NULL;

    struct cidr_table *table = mem_zalloc(sizeof(*table));
    struct reader reader = { .table = table, .flags = options->flags };
    table->arena = arena_new();
    table->owner = text_file_owner(&file);
    read_rules(&reader, &file.source);
    if (text_file_close(&file, why))
        return table;
    cidr_close(table);
    return NULL;
}

/* ---- Lookup ---- */

/* An address of the other family matches neither a network nor its negation.
 */
static bool rule_holds(const struct rule *rule, const struct addr *addr)
{
    if (rule->kind == RULE_ENDIF || rule->network.family != addr_family(addr))
        return false;
    return addr_net_has(&rule->network, addr) != rule->negated;
}

static enum answer cidr_get(void *instance, const char *key, struct str *value,
                            struct error *why)
{
    const struct cidr_table *table = instance;
    struct addr addr;

    (void)why;
    /* Only bare addresses; no brackets, no "ipv6:". */
    if (!isxdigit((unsigned char)*key) && *key != ':')
        return ABSENT;
    if (!addr_parse(key, 0, &addr))
        return ABSENT;
    for (size_t i = 0; i < table->rules.count; i++) {
        const struct rule *rule = &table->rules.items[i];
        bool holds = rule_holds(rule, &addr);

        if (rule->kind == RULE_IF && !holds)
            i = rule->endif;
        if (rule->kind == RULE_RESULT && holds) {
            str_set(value, rule->value);
            return FOUND;
        }
    }
    return ABSENT;
}

static enum table_trust cidr_owner(void *instance, uid_t *owner)
{
    const struct cidr_table *table = instance;

    *owner = table->owner.uid;
    return table->owner.trust;
}

const struct table_driver driver_cidr = {
    .type = "cidr",
    .can = TABLE_IS_PATTERN,
    .open = cidr_open,
    .get = cidr_get,
    .owner = cidr_owner,
    .close = cidr_close,
};
