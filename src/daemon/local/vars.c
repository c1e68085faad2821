/* SPDX-License-Identifier: ISC
 *
 * vars.c - $name in parameters that are expanded for each recipient.
 */
#include <string.h>

#include "base/expand.h"
#include "base/log.h"
#include "local.h"

static const char *look_up(const char *name, void *context)
{
    const struct delivery *d = context;
    const struct user_info *user = d->rights == NULL ? NULL : d->rights->user;
    const char *delimiter = *d->delimiter != '\0'
                                ? d->delimiter
                                : common_params.recipient_delimiter;
    const struct { const char *name, *value; } rows[] = {
        { "user", d->user },
        { "home", user == NULL ? NULL : user->home },
        { "shell", user == NULL ? NULL : user->shell },
        { "extension", d->extension },
        { "local", d->local },
        { "domain", d->domain },
        { "recipient", d->to.address },
        { "recipient_delimiter", delimiter },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].value;
    return NULL;
}

const char *vars_expand(const struct delivery *d, const char *text,
                        const char *filter, bool *unknown)
{
    struct expand_options options = { .lookup = look_up,
                                      .context = (void *)(uintptr_t)d,
                                      .filter = filter };
    struct error why = ERROR_NONE;
    struct str out = STR_EMPTY;
    const char *result = NULL;

    if (expand_text(&out, text, &options, unknown, &why))
        result = arena_strdup(d->job->arena, out.data);
    else
        log_warning("%s", why.text);
    str_fini(&out);
    return result;
}
