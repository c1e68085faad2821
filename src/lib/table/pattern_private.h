/* SPDX-License-Identifier: ISC
 *
 * pattern_private.h - the rules of a table of regular expressions.
 */
#ifndef TABLE_PATTERN_PRIVATE_H
#define TABLE_PATTERN_PRIVATE_H

#include "base/array.h"
#include "pattern.h"

enum rule_kind { RULE_RESULT, RULE_IF, RULE_ENDIF };

/* A result is a row of parts: text, or the number of a group. */
struct part {
    const char *text; /* in the arena; NULL: a group */
    size_t length, group;
};

struct expression {
    void *code; /* owned; NULL: none */
    bool negated;
};

struct rule {
    enum rule_kind kind;
    struct expression first, second;
    size_t line, endif;
    struct part *parts; /* in the arena */
    size_t part_count, max_group;
};

struct pattern_table {
    const struct pattern_engine *engine;
    struct arena *arena; /* owned */
    const char *name;    /* in the arena */
    struct text_owner owner;
    struct {
        ARRAY_OF(struct rule);
    } rules;
};

/* Read all rules of <source>; those that are wrong are left out, with a
 * warning. <name> is that of the table, for warnings; <flags> are of enum
 * table_flag. */
void pattern_read(struct pattern_table *table, const char *name,
                  unsigned flags, struct text_source *source);
/* Free what is compiled. */
void pattern_rule_free(const struct pattern_table *table, struct rule *rule);

#endif
