/* SPDX-License-Identifier: ISC
 *
 * functions.c - ${function{text}} in main.cf.
 *
 * Calls are made before $name is expanded, in each value by itself. The text
 * of a call is expanded first; in its result, '$' means nothing any more.
 */
#include "config/functions.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"

/* "${name{text}}" cut up. */
struct call {
    const char *name, *text, *end; /* end: behind the last brace */
    size_t name_length, text_length;
};

static const char *closing_brace(const char *open)
{
    int depth = 0;

    for (; *open != '\0'; open++) {
        if (*open == '{')
            depth++;
        else if (*open == '}' && --depth == 0)
            return open;
    }
    return NULL;
}

static const char *find_call(const char *text)
{
    while ((text = strchr(text, '$')) != NULL) {
        if (text[1] == '{') {
            const char *at = text + 2;
            while (isalnum((unsigned char)*at) || *at == '_')
                at++;
            if (at > text + 2 && *at == '{')
                return text;
        }
        text += text[1] == '$' ? 2 : 1;
    }
    return NULL;
}

bool functions_has_call(const char *text)
{
    return find_call(text) != NULL;
}

static bool cut_up(const char *at, struct call *call, struct error *why)
{
    call->name = at + 2;
    call->name_length = strcspn(call->name, "{");
    const char *open = call->name + call->name_length;
    const char *close = closing_brace(open);
    if (close == NULL || close[1] != '}')
        return error_set(why, "\"}}\" expected after \"%.40s\"", at);
    call->text = open + 1;
    call->text_length = (size_t)(close - call->text);
    call->end = close + 2;
    return true;
}

static bool domain_to_ascii(const char *text, struct str *out,
                            struct error *why)
{
    struct str ascii = STR_EMPTY;
    bool ok = *text == '\0' || utf8_domain_to_ascii(&ascii, text);

    if (ok)
        str_add(out, ascii.data);
    str_fini(&ascii);
    return ok || error_set(why, "\"%.200s\" is no domain name", text);
}

static bool make_call(const struct call *call, functions_expand *expand,
                      void *context, struct str *out, struct error *why)
{
    char *text = mem_strndup(call->text, call->text_length);
    const char *expanded = expand(context, text, why);

    free(text);
    if (expanded == NULL)
        return false;
    if (call->name_length != strlen("domain_to_ascii") ||
        strncmp(call->name, "domain_to_ascii", call->name_length) != 0)
        return error_set(why, "unknown function \"%.*s\" at \"${%.40s\"",
                         (int)call->name_length, call->name, call->name);
    char *copy = mem_strdup(expanded);
    bool ok = domain_to_ascii(text_trim(copy), out, why);
    free(copy);
    return ok;
}

bool functions_call(const char *text, functions_expand *expand, void *context,
                    struct str *out, struct error *why)
{
    struct str result = STR_EMPTY;
    const char *at;
    bool ok = true;

    while (ok && (at = find_call(text)) != NULL) {
        struct call call = { 0 };
        str_add_bytes(out, text, (size_t)(at - text));
        str_clear(&result);
        ok = cut_up(at, &call, why) &&
             make_call(&call, expand, context, &result, why);
        for (const char *c = result.data; ok && *c != '\0'; c++) {
            if (*c == '$')
                str_add_char(out, '$');
            str_add_char(out, *c);
        }
        if (ok)
            text = call.end;
    }
    if (ok)
        str_add(out, text);
    str_fini(&result);
    return ok;
}
