/* SPDX-License-Identifier: ISC
 *
 * checks.c - smtp_header_checks and its kind: the actions of header_checks(5)
 * that do not change where or when a message is delivered.
 */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "mail/header.h"
#include "smtp.h"

static struct maps *maps_of(enum check_place place)
{
    switch (place) {
    case CHECK_HEADER: return settings()->header_checks;
    case CHECK_MIME_HEADER: return settings()->mime_header_checks;
    case CHECK_NESTED_HEADER: return settings()->nested_header_checks;
    case CHECK_BODY: return settings()->body_checks;
    }
    return settings()->header_checks;
}

static const struct action {
    const char *word;
    enum check_result result;
    const char *logged; /* NULL: silently */
    bool needs_text;
} actions[] = {
    { "DUNNO", CHECK_KEEP, NULL, false },
    { "OK", CHECK_KEEP, NULL, false },
    { "INFO", CHECK_KEEP, "info", false },
    { "WARN", CHECK_KEEP, "warning", false },
    { "IGNORE", CHECK_DROP, NULL, false },
    { "STRIP", CHECK_DROP, "strip", false },
    { "REPLACE", CHECK_REPLACE, "replace", true },
    { "PREPEND", CHECK_PREPEND, "prepend", true },
};

static const struct action *find_action(const char *word)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (text_equal_nocase(actions[i].word, word))
            return &actions[i];
    return NULL;
}

static void log_action(const struct delivery *d, const struct action *action,
                       enum check_place place, const char *line,
                       const char *text)
{
    char *shown = arena_strndup(d->arena, line, 200);

    text_printable(shown, '?', true);
    log_info("%s: %s: %s %s%s%s", d->request->wire->queue_id, action->logged,
             place == CHECK_BODY ? "body" : "header", shown,
             *text != '\0' ? ": " : "", text);
}

static enum check_result apply(struct delivery *d, enum check_place place,
                               const char *line, char *value, struct str *text)
{
    struct maps *maps = maps_of(place);
    char *rest = value;
    char *word = text_token(&rest, " \t");
    const struct action *action = word != NULL ? find_action(word) : NULL;

    rest = text_trim(rest);
    if (action == NULL) {
        log_warning("unknown command in %s map: %s",
                    table_name(maps_table(maps, 0)),
                    word != NULL ? word : "");
        return CHECK_KEEP;
    }
    bool bad_text = action->needs_text &&
                    (*rest == '\0' ||
                     (place != CHECK_BODY &&
                      header_name_length(rest, strlen(rest)) == 0));
    if (bad_text) {
        log_warning("%s action in %s map needs %s text", action->word,
                    table_name(maps_table(maps, 0)),
                    place == CHECK_BODY ? "a" : "a header as its");
        return CHECK_KEEP;
    }
    if (action->logged != NULL)
        log_action(d, action, place, line, rest);
    str_set(text, rest);
    return action->result;
}

enum check_result check_line(struct delivery *d, enum check_place place,
                             const char *line, struct str *text)
{
    struct str value = STR_EMPTY;
    enum check_result result = CHECK_KEEP;

    switch (maps_get(maps_of(place), line, false, &value)) {
    case FOUND: result = apply(d, place, line, value.data, text); break;
    case ABSENT: break;
    case FAILED:
        log_warning("%s: smtp %s checks lookup error",
                    d->request->wire->queue_id,
                    place == CHECK_BODY ? "body" : "header");
        result = CHECK_FAILED;
        break;
    }
    str_fini(&value);
    return result;
}
