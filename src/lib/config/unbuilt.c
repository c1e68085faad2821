/* SPDX-License-Identifier: ISC
 *
 * unbuilt.c - which settings ask for what this version does not do.
 */
#include "config/unbuilt.h"

#include <string.h>

#if __has_include("config.h")
#include "config.h"
#endif

#include "base/arena.h"
#include "base/text.h"

/* A row without a name starts a feature. */
static const struct unbuilt_row {
    const char *name;
    struct unbuilt unbuilt;
} rows[] = {
#define FEATURE(what) { NULL, { .feature = what } },
#define UNBUILT(name) { #name, { .is_order = false } },
#define ORDER(name, harmless_values, tolerable_values) \
    { #name, { .is_order = true, .harmless = harmless_values, \
               .tolerable = tolerable_values } },
#define INERT(name)
#include "config/unbuilt.def"
#undef FEATURE
#undef UNBUILT
#undef ORDER
#undef INERT
};

static bool is_row_of(const struct unbuilt_row *row, const char *name,
                      bool is_known)
{
    if (row->name[0] == '_' && !is_known)
        return text_has_suffix_nocase(name, row->name);
    return strcmp(row->name, name) == 0;
}

bool unbuilt_find(const struct param_index *index, const char *name,
                  struct unbuilt *found)
{
    const struct param_entry *entry = param_index_find(index, name);
    const char *feature = NULL;

    if (entry != NULL)
        name = entry->row->name;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].name == NULL) {
            feature = rows[i].unbuilt.feature;
        } else if (is_row_of(&rows[i], name, entry != NULL)) {
            *found = rows[i].unbuilt;
            found->feature = feature;
            return true;
        }
    }
    return false;
}

static bool has_word(const char *list, const char *wanted)
{
    struct arena *arena = arena_new();
    bool found = false;

    for (char **word = text_split(arena, list, NULL, NULL);
         *word != NULL && !found; word++)
        found = text_equal_nocase(*word, wanted);
    arena_free(arena);
    return found;
}

static bool is_default(struct config *config, const char *name,
                       const char *value)
{
    struct error why = ERROR_NONE;
    const char *text = config_get_default(config, name);

    text = text == NULL ? "" : config_expand(config, text, &why);
    return text != NULL && text_equal_nocase(text, value);
}

enum unbuilt_verdict unbuilt_judge(struct config *config, const char *name,
                                   const char *value, const char **feature)
{
    struct unbuilt found;

    if (!unbuilt_find(config_index(config), name, &found) ||
        is_default(config, name, value))
        return UNBUILT_NOTHING;
    if (found.is_order && (*value == '\0' || has_word(found.harmless, value)))
        return UNBUILT_NOTHING;
    *feature = found.feature;
    if (found.is_order && !has_word(found.tolerable, value))
        return UNBUILT_REFUSE;
    return UNBUILT_WARN;
}
