/* SPDX-License-Identifier: ISC
 *
 * main.c - postalias: make, query and change alias databases.
 *
 * An alias line is "name: value, value"; both sides are tokens of RFC 822 and
 * are stored in external form, with quotes where they are needed.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "config/params.h"
#include "mail/token822.h"
#include "service/setup.h"
#include "table/builder.h"

#define LETTERS "c:d:fijnNopq:rsuvw"
#define USAGE                                                             \
    "usage: postalias [-Nfijnoprsuvw] [-c config_dir] [-d key] [-q key] " \
    "[map_type:]file..."

enum { MAX_TOKENS = 1 << 20 };

/* ---- Lines ---- */

static void warn(const struct text_source *source, const char *text)
{
    log_warning("%s, line %zu: %s", source->path, source->first_line, text);
}

static bool is_special(const struct token822 *token, char special)
{
    return token->kind == TOKEN_SPECIAL && token->text[0] == special;
}

static bool is_word(const struct token822 *token)
{
    return token->kind != TOKEN_SPECIAL;
}

static void add_quoted(struct str *out, const char *text)
{
    str_add_char(out, '"');
    for (; *text != 0; text++) {
        if (*text == '"' || *text == '\\')
            str_add_char(out, '\\');
        str_add_char(out, *text);
    }
    str_add_char(out, '"');
}

static void add_token(struct str *out, const struct token822 *token)
{
    switch (token->kind) {
    case TOKEN_QUOTED: add_quoted(out, token->text); return;
    case TOKEN_LITERAL: str_addf(out, "[%s]", token->text); return;
    case TOKEN_COMMENT:
    case TOKEN_ATOM:
    case TOKEN_SPECIAL:
    case TOKEN_GROUP:
    case TOKEN_ADDRESS:
    case TOKEN_START_GROUP:
    case TOKEN_END_GROUP: str_add(out, token->text); return;
    }
}

/* A space stands only where it must, and behind each comma. */
static void format_tokens(struct str *out, const struct token822 *tokens)
{
    const struct token822 *before = NULL;

    str_clear(out);
    for (; tokens != NULL; before = tokens, tokens = tokens->next) {
        bool joins = before == NULL || is_special(before, ',') ||
                     !((is_word(before) || is_special(before, '>')) &&
                       (is_word(tokens) || is_special(tokens, '<')));
        if (!joins)
            str_add_char(out, ' ');
        add_token(out, tokens);
        if (is_special(tokens, ','))
            str_add_char(out, ' ');
    }
}

/* Cut the tokens at the first colon. Returns those behind it, or NULL if
 * there is nothing to store. */
static struct token822 *cut_at_colon(struct token822 *tokens)
{
    for (; tokens != NULL && tokens->next != NULL; tokens = tokens->next)
        if (is_special(tokens->next, ':')) {
            struct token822 *value = tokens->next->next;
            tokens->next = NULL;
            return value;
        }
    return NULL;
}

/* The first token of another kind than a local name has, or NULL. */
static const char *what_is_wrong(const struct token822 *name)
{
    for (const struct token822 *t = name; t != NULL; t = t->next) {
        if (is_special(t, ','))
            return "need name:value pair";
        if (is_special(t, '@') || is_special(t, '%'))
            return "name must be local and have no domain";
    }
    return NULL;
}

static void store_tokens(const struct text_source *source,
                         struct token822 *tokens, struct table *table)
{
    struct str key = STR_EMPTY;
    struct str value = STR_EMPTY;
    struct token822 *values = tokens != NULL && !is_special(tokens, ':')
                                  ? cut_at_colon(tokens)
                                  : NULL;
    const char *wrong =
        values == NULL ? "need name:value pair" : what_is_wrong(tokens);

    if (wrong == NULL) {
        format_tokens(&key, tokens);
        format_tokens(&value, values);
        builder_put(table, key.data, value.data);
    } else {
        warn(source, wrong);
    }
    str_fini(&key);
    str_fini(&value);
}

static void store_line(const struct builder_options *o,
                       const struct text_source *source, char *line,
                       struct table *table)
{
    static struct arena *arena;

    if ((o->flags & TABLE_UTF8) && !utf8_is_valid(line, strlen(line))) {
        log_warning("%s, line %zu: non-UTF-8 input \"%s\" -- ignoring this "
                    "line",
                    source->path, source->first_line,
                    text_printable(line, '?', false));
        return;
    }
    if (arena == NULL)
        arena = arena_new();
    store_tokens(source, token822_scan(arena, line, MAX_TOKENS), table);
    arena_reset(arena);
}

/* "@" tells sendmail that the database is complete; the others are for NIS. */
static void store_marks(const struct builder_options *o, struct table *table)
{
    struct str old = STR_EMPTY;
    char now[32];

    table_put_plain(table, "YP_MASTER_NAME", common_params.myhostname);
    snprintf(now, sizeof(now), "%010ld", (long)time(NULL));
    table_put_plain(table, "YP_LAST_MODIFIED", now);
    if (!o->incremental || table_get(table, "@", &old) == ABSENT)
        builder_put(table, "@", "@");
    str_fini(&old);
}

int main(int argc, char **argv)
{
    struct builder_options o = {
        .separator = ":\t",
        .store = store_line,
        .finish = store_marks,
    };

    command_begin(argv, "postalias");
    int first = builder_parse(&o, argc, argv, LETTERS, USAGE);
    const struct command_options command = {
        .program = "postalias",
        .config_directory = o.config_directory,
    };
    command_start(&command);
    builder_use(&o, common_params.smtputf8_enable);
    return builder_run(&o, argv + first, common_params.default_database_type)
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}
