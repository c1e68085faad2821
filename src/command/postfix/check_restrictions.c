/* SPDX-License-Identifier: ISC
 *
 * check_restrictions.c - can every word of the SMTP server's restriction lists
 * be understood?
 *
 * The server answers all mail with 451 where it meets a word that it does not
 * know; it is better to hear that before it starts.
 */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "config/params.h"
#include "postfix.h"

static const struct {
    const char *name;
    bool has_argument;
    const char *function; /* of the SMTP server */
} restrictions[] = {
#define NO_ARGUMENT false
#define ARGUMENT true
#define RESTRICTION(name, needs, takes, function) { name, takes, #function },
#include "smtp/restrictions.def"
#undef RESTRICTION
    { "warn_if_reject", NO_ARGUMENT, "" },
#undef NO_ARGUMENT
#undef ARGUMENT
};

/* Settings of users are lists like these, too; <classes> is what
 * smtpd_restriction_classes says. */
static bool is_list(const char *classes, const char *name)
{
    /* It only says in which order two of them come. */
    static const char flag[] = "smtpd_relay_before_recipient_restrictions";

    return (text_has_prefix(name, "smtpd_") &&
            text_has_suffix_nocase(name, "_restrictions") &&
            strcmp(name, flag) != 0) ||
           text_lists_word(classes, name);
}

static void complain(const char *where, const char *name, const char *word,
                     const char *what)
{
    log_warning("%s: %s: \"%s\" %s; correct or remove it: the SMTP server "
                "will answer all mail with 451 4.3.5",
                where, name, word, what);
}

/* SASL and TLS are not built, and what asks for them does nothing. */
static void check_built(const char *where, const char *name, const char *word,
                        const char *function)
{
    if (strcmp(function, "check_nothing") == 0 ||
        strcmp(function, "check_argument_only") == 0)
        log_warning("%s: %s: \"%s\" asks for SASL or TLS in the SMTP server, "
                    "which this version does not have; it applies to nobody: "
                    "remove it to be rid of this warning",
                    where, name, word);
}

/* The word at *cursor, and its argument; *cursor is moved behind. */
static void check_word(const char *classes, const char *where,
                       const char *name, char **cursor)
{
    char *word = text_token_braced(cursor, LIST_SEPARATORS, false);

    if (word[strlen(word) - 1] == ':')
        complain(where, name, word, "ends in a colon");
    if (strchr(word, ':') != NULL || text_lists_word(classes, word))
        return;
    for (size_t i = 0; i < sizeof restrictions / sizeof *restrictions; i++) {
        if (!text_equal_nocase(restrictions[i].name, word))
            continue;
        check_built(where, name, word, restrictions[i].function);
        char *argument =
            restrictions[i].has_argument
                ? text_token_braced(cursor, LIST_SEPARATORS, false)
                : word;
        if (argument == NULL)
            complain(where, name, word, "needs an argument");
        else if (argument != word && text_has_suffix_nocase(word, "_access") &&
                 strchr(argument, ':') == NULL)
            complain(where, name, argument,
                     "has no table type, as in \"hash:/path\"");
        return;
    }
    complain(where, name, word, "is an unknown restriction");
}

void check_restrictions(const char *classes, const char *where,
                        const char *name, const char *value)
{
    struct arena *arena = arena_new();

    if (is_list(classes, name)) {
        char *cursor = arena_strdup(arena, value);
        while (cursor[strspn(cursor, LIST_SEPARATORS)] != '\0')
            check_word(classes, where, name, &cursor);
    }
    arena_free(arena);
}
