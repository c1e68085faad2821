/* SPDX-License-Identifier: ISC
 *
 * pattern.c - tables of regular expressions, and lookups in them.
 *
 * Rules are tried in order. An IF holds the index of its ENDIF, so a block
 * that does not apply is skipped in one step.
 */

#include "pattern.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "pattern_private.h"

void pattern_rule_free(const struct pattern_table *table, struct rule *rule)
{
    if (rule->first.code != NULL)
        table->engine->free(rule->first.code);
    if (rule->second.code != NULL)
        table->engine->free(rule->second.code);
}

struct pattern_table *pattern_open(const struct pattern_engine *engine,
                                   const char *name,
                                   const struct table_options *options,
                                   struct error *why)
{
    struct text_file file;

    if (options->mode != TABLE_READ) {
        error_set(why, "%s:%s map requires O_RDONLY access mode", engine->type,
                  name);
        return NULL;
    }
    if (!text_file_open(&file, name, engine->type, "", why))
        return NULL;

    struct pattern_table *table = mem_zalloc(sizeof(*table));
    table->engine = engine;
    table->arena = arena_new();
    table->name = arena_strdup(table->arena, name);
    table->owner = text_file_owner(&file);
    pattern_read(table, name, options->flags, &file.source);
    if (text_file_close(&file, why))
        return table;
    pattern_close(table);
    return NULL;
}

void pattern_close(void *instance)
{
    struct pattern_table *table = instance;

    for (size_t i = 0; i < table->rules.count; i++)
        pattern_rule_free(table, &table->rules.items[i]);
    ARRAY_FREE(&table->rules);
    arena_free(table->arena);
    free(table);
}

enum table_trust pattern_owner(void *instance, uid_t *owner)
{
    const struct pattern_table *table = instance;

    *owner = table->owner.uid;
    return table->owner.trust;
}

/* ---- Lookup ---- */

struct subject {
    const char *text;
    size_t length;
    struct pattern_span spans[PATTERN_MAX_SPANS];
};

static enum answer expression_holds(const struct pattern_engine *engine,
                                    const struct expression *expression,
                                    struct subject *subject, size_t spans,
                                    struct error *why)
{
    enum answer answer =
        engine->match(expression->code, subject->text, subject->length,
                      subject->spans, spans, why);

    if (answer == FAILED || !expression->negated)
        return answer;
    return answer == FOUND ? ABSENT : FOUND;
}

static enum answer rule_holds(const struct pattern_engine *engine,
                              const struct rule *rule, struct subject *subject,
                              struct error *why)
{
    if (rule->kind == RULE_ENDIF)
        return ABSENT;
    /* The second pattern first: it must not spoil the groups of the other. */
    if (rule->second.code != NULL) {
        enum answer answer =
            expression_holds(engine, &rule->second, subject, 0, why);
        if (answer != FOUND)
            return answer;
    }
    return expression_holds(engine, &rule->first, subject,
                            rule->max_group == 0 ? 0 : rule->max_group + 1,
                            why);
}

static void format_result(struct str *value, const struct rule *rule,
                          const struct subject *subject)
{
    str_clear(value);
    for (size_t i = 0; i < rule->part_count; i++) {
        const struct part *part = &rule->parts[i];
        const struct pattern_span *span = &subject->spans[part->group];

        if (part->text != NULL)
            str_add_bytes(value, part->text, part->length);
        else if (span->start >= 0)
            str_add_bytes(value, subject->text + span->start,
                          span->end - span->start);
    }
}

enum answer pattern_get(void *instance, const char *key, struct str *value,
                        struct error *why)
{
    const struct pattern_table *table = instance;
    struct subject subject; /* its spans are large: not cleared */

    subject.text = key;
    subject.length = strlen(key);
    for (size_t i = 0; i < table->rules.count; i++) {
        const struct rule *rule = &table->rules.items[i];
        enum answer answer = rule_holds(table->engine, rule, &subject, why);

        if (answer == FAILED) {
            error_prefix(why, "%s map %s, line %zu", table->engine->type,
                         table->name, rule->line);
            log_warning("%s", why->text);
            return FAILED;
        }
        if (rule->kind == RULE_IF && answer == ABSENT)
            i = rule->endif;
        if (rule->kind == RULE_RESULT && answer == FOUND) {
            format_result(value, rule, &subject);
            return FOUND;
        }
    }
    return ABSENT;
}
