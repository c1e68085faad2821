/* SPDX-License-Identifier: ISC
 *
 * pattern_read.c - reading rules: patterns, IF and ENDIF, $number.
 */

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/num.h"
#include "base/text.h"
#include "pattern_private.h"

struct reader {
    struct pattern_table *table;
    const char *name;
    size_t line;
    unsigned flags; /* enum table_flag */
    struct {
        ARRAY_OF(size_t);
    } open_ifs;
};

/* Always false. */
static bool complain(const struct reader *r, const char *format, ...)
    PRINTF_LIKE(2, 3);

static bool complain(const struct reader *r, const char *format, ...)
{
    struct str text = STR_EMPTY;
    va_list args;

    va_start(args, format);
    str_vaddf(&text, format, args);
    va_end(args);
    log_warning("%s map %s, line %zu: %s", r->table->engine->type, r->name,
                r->line, text.data);
    str_fini(&text);
    return false;
}

bool pattern_flags(const char *flags, const struct pattern_flag *known,
                   unsigned *bits, struct error *why)
{
    for (; *flags != 0; flags++) {
        const struct pattern_flag *row = known;
        while (row->letter != 0 && row->letter != *flags)
            row++;
        if (row->letter == 0)
            return error_set(why,
                             "unknown regexp option \"%c\": skipping this rule",
                             *flags);
        *bits ^= row->bit;
    }
    return true;
}

/* A pattern as written: what stands between delimiters, and the flags. */
struct source {
    bool negated;
    char *pattern, *flags;
};

/* Cut "!/pattern/flags" off *cursor, in place: the flags get their NUL when
 * the caller knows what follows. */
static bool cut_pattern(const struct reader *r, char **cursor,
                        struct source *out)
{
    char *p = *cursor;

    out->negated = false;
    for (; *p == '!' || text_is_space((unsigned char)*p); p++)
        if (*p == '!')
            out->negated = !out->negated;
    if (*p == 0)
        return complain(r, "no regexp: skipping this rule");

    char delimiter = *p++;
    out->pattern = p;
    for (; *p != 0 && *p != delimiter; p++)
        if (*p == '\\' && p[1] != 0)
            p++;
    if (*p == 0)
        return complain(r, "no closing regexp delimiter \"%c\": %s", delimiter,
                        r->table->engine->no_delimiter);
    *p++ = 0;
    out->flags = p;
    bool more = r->table->engine->has_second_pattern;
    while (*p != 0 && !text_is_space((unsigned char)*p) && !(more && *p == '!'))
        p++;
    *cursor = p;
    return true;
}

static bool compile(const struct reader *r, const struct source *source,
                    bool needs_spans, struct expression *out)
{
    struct error why = ERROR_NONE;

    out->negated = source->negated;
    out->code = r->table->engine->compile(source->pattern, source->flags,
                                          needs_spans, &why);
    return out->code != NULL ||
           complain(r, "%s%s", why.text,
                    strstr(why.text, "this rule") != NULL
                        ? ""
                        : " -- ignoring this rule: correct the pattern");
}

/* ---- Results ---- */

/* The name after a '$' at <text>: "1", "{1}", "(1)". Returns what follows, or
 * NULL after a warning. */
static const char *cut_name(const char *whole, const char *text,
                            const char **name, size_t *length)
{
    char close = *text == '{' ? '}' : *text == '(' ? ')' : 0;

    *name = close != 0 ? text + 1 : text;
    const char *end = *name;
    if (close != 0) {
        end = strchr(end, close);
        if (end == NULL) {
            log_warning("truncated macro reference: \"%s\"", whole);
            return NULL;
        }
    } else {
        while (isalnum((unsigned char)*end) || *end == '_')
            end++;
    }
    *length = end - *name;
    if (*length == 0) {
        log_warning("empty macro name: \"%s\"", whole);
        return NULL;
    }
    return close != 0 ? end + 1 : end;
}

static bool parse_index(const struct reader *r, const char *name, size_t length,
                        size_t *index)
{
    char text[32];
    long number;

    snprintf(text, sizeof(text), "%.*s", (int)length, name);
    if (!num_parse_long(text, 0, PATTERN_MAX_SPANS * 100L, &number))
        return complain(r, "non-numeric replacement index \"%.*s\"",
                        (int)length, name);
    if (number == 0)
        return complain(r, "out of range replacement index \"%s\"", text);
    *index = number;
    return true;
}

static void add_text_part(struct rule *rule, const char *text, size_t length)
{
    if (length == 0)
        return;
    rule->parts[rule->part_count++] =
        (struct part){ .text = text, .length = length };
}

static bool parse_result(const struct reader *r, const char *text,
                         struct rule *rule)
{
    struct arena *arena = r->table->arena;
    const char *whole = text = arena_strdup(arena, text);

    /* Each '$' makes a part, and ends one of plain text. */
    size_t dollars = 0;
    for (const char *c = text; *c != 0; c++)
        dollars += *c == '$';
    rule->parts = arena_array(arena, 2 * dollars + 1, sizeof(struct part));
    for (;;) {
        size_t plain = strcspn(text, "$");
        const char *name;
        size_t length, index = 0;

        add_text_part(rule, text, plain);
        text += plain;
        if (*text == 0)
            return true;
        if (text[1] == '$') {
            add_text_part(rule, text, 1);
            text += 2;
            continue;
        }
        text = cut_name(whole, text + 1, &name, &length);
        if (text == NULL || !parse_index(r, name, length, &index))
            return complain(r, "bad replacement syntax: skipping this rule");
        rule->parts[rule->part_count++] = (struct part){ .group = index };
        if (index > rule->max_group)
            rule->max_group = index;
    }
}

static bool check_groups(const struct reader *r, const struct rule *rule)
{
    const struct pattern_engine *engine = r->table->engine;

    if (rule->max_group == 0)
        return true;
    if (r->flags & TABLE_NO_REGSUB)
        return complain(r, "regular expression substitution is not allowed: "
                           "skipping this rule");
    if (rule->first.negated)
        return complain(r, "$number found in negative match replacement "
                           "text: skipping this rule");
    if (rule->max_group > engine->groups(rule->first.code) ||
        rule->max_group >= PATTERN_MAX_SPANS)
        return complain(r,
                        "out of range replacement index \"%zu\": "
                        "skipping this rule",
                        rule->max_group);
    return true;
}

/* ---- Rules ---- */

static bool read_if(struct reader *r, char *text, struct rule *rule)
{
    struct source source;

    rule->kind = RULE_IF;
    if (!cut_pattern(r, &text, &source))
        return false;
    if (*text != 0)
        *text++ = 0;
    text = text_trim(text);
    if (!compile(r, &source, false, &rule->first))
        return false;
    if (*text != 0) {
        complain(r, "ignoring extra text after IF statement: \"%s\"", text);
        complain(r, "do not prepend whitespace to statements between IF and "
                    "ENDIF");
    }
    ARRAY_ADD(&r->open_ifs, r->table->rules.count);
    return true;
}

static bool read_endif(struct reader *r, const char *text, struct rule *rule)
{
    rule->kind = RULE_ENDIF;
    if (r->open_ifs.count == 0)
        return complain(r, "ignoring ENDIF without matching IF");
    if (*text != 0)
        complain(r, "ignoring extra text after ENDIF");
    size_t start = r->open_ifs.items[--r->open_ifs.count];
    r->table->rules.items[start].endif = r->table->rules.count;
    return true;
}

static bool read_pattern_rule(struct reader *r, char *text, struct rule *rule)
{
    struct source first, second;
    bool has_second = false;

    rule->kind = RULE_RESULT;
    if (!cut_pattern(r, &text, &first))
        return false;
    if (*text == '!') {
        *text++ = 0;
        has_second = true;
        if (!cut_pattern(r, &text, &second))
            return false;
        second.negated = !second.negated;
    }
    if (*text != 0)
        *text++ = 0;
    text = text_trim(text);

    struct str value = STR_EMPTY;
    struct error why = ERROR_NONE;
    bool good = true;
    str_set(&value, text);
    if (r->flags & TABLE_SRC_RHS_IS_FILE)
        good = file_value_read(&value, text, &why) ||
               complain(r, "%s: skipping this rule", why.text);
    good = good && parse_result(r, value.data, rule) &&
           compile(r, &first, rule->max_group > 0, &rule->first) &&
           (!has_second || compile(r, &second, false, &rule->second)) &&
           check_groups(r, rule);
    if (good && value.length == 0)
        complain(r, "no replacement text: using empty string");
    str_fini(&value);
    return good;
}

static bool has_keyword(const char *text, const char *word)
{
    size_t length = strlen(word);

    return text_equal_nocase_n(text, word, length) &&
           !isalnum((unsigned char)text[length]);
}

static bool read_rule(struct reader *r, char *text, struct rule *rule)
{
    if (has_keyword(text, "if"))
        return read_if(r, text + 2, rule);
    if (has_keyword(text, "endif"))
        return read_endif(r, text_trim(text + 5), rule);
    if (isalnum((unsigned char)*text))
        return complain(r, "ignoring unrecognized request -- specify "
                           "/pattern/ and a result, IF or ENDIF");
    return read_pattern_rule(r, text, rule);
}

void pattern_read(struct pattern_table *table, const char *name,
                  unsigned flags, struct text_source *source)
{
    struct reader reader = { .table = table, .name = name, .flags = flags };
    struct reader *r = &reader;
    struct str line = STR_EMPTY;

    while (text_source_next(source, &line)) {
        struct rule rule = { 0 };
        rule.line = r->line = source->first_line;
        if (read_rule(r, text_trim(line.data), &rule))
            ARRAY_ADD(&r->table->rules, rule);
        else
            pattern_rule_free(r->table, &rule);
    }
    str_fini(&line);

    /* A block that is never closed extends to the end. */
    while (r->open_ifs.count > 0) {
        struct rule *rule =
            &r->table->rules.items[r->open_ifs.items[--r->open_ifs.count]];
        r->line = rule->line;
        complain(r, "IF has no matching ENDIF -- add one where it should "
                    "end");
        rule->endif = r->table->rules.count;
    }
    ARRAY_FREE(&r->open_ifs);
}
