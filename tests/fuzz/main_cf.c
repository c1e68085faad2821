/* SPDX-License-Identifier: ISC
 *
 * main_cf.c - the lines of main.cf, and the expansion of their values.
 */
#include "config/main_cf.h"

#include <string.h>

#include "base/expand.h"
#include "base/text.h"
#include "config/cf_file.h"
#include "fuzz.h"

static const char *lookup(const char *name, void *context)
{
    return strlen(name) % 2 ? context : NULL;
}

static void expand_alone(const char *text)
{
    struct expand_options options = { .lookup = lookup,
                                      .context = "a b/$x",
                                      .filter = "abc" };
    struct error why = ERROR_NONE;
    struct str out = STR_EMPTY;
    bool unknown = false;

    expand_text(&out, text, &options, &unknown, &why);
    str_fini(&out);
}

static void read_line(struct config *config, struct cf_line *line)
{
    struct error why = ERROR_NONE;
    char *name, *value;

    FUZZ_CHECK(line->first > 0 && line->last >= line->first);
    expand_alone(line->text);
    if (!text_split_nameval(line->text, &name, &value))
        return;
    config_override(config, name, value);
    config_try(config, name, &why);
    config_expand(config, value, &why);
}

FUZZ(main_cf)
{
    struct config *config = config_new("/nonexistent");
    struct cf_line line;
    size_t size;
    const char *text = fuzz_rest(in, &size);
    struct cf_file *file = cf_file_from_text("main.cf", text, size);

    config_override(config, "myhostname", "host.example");
    while (cf_file_next(file, &line))
        read_line(config, &line);
    cf_file_free(file);
    config_free(config);
}
