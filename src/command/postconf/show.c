/* SPDX-License-Identifier: ISC
 *
 * show.c - the settings of main.cf and their defaults.
 */
#include <stdlib.h>

#include "base/fatal.h"
#include "base/log.h"
#include "postconf.h"

static const char *value_of(const struct postconf *pc, const char *name)
{
    const char *text = NULL;

    if ((pc->options & OPT_DEFAULTS) == 0)
        text = config_get_raw(pc->config, name);
    if (text == NULL && (pc->options & OPT_SET_ONLY) == 0)
        text = pc->options & OPT_DEFAULTS
                   ? config_get_default(pc->config, name)
                   : config_get_unexpanded(pc->config, name);
    if (text == NULL && (pc->options & OPT_SET_ONLY) == 0)
        text = service_default(pc, name);
    return text;
}

static void show(const struct postconf *pc, const char *name)
{
    struct error why = ERROR_NONE;
    const char *text = value_of(pc, name);

    if (text == NULL)
        return;
    if ((pc->options & OPT_EXPAND) != 0 && !name_is_raw(pc, name)) {
        text = config_expand(pc->config, text, &why);
        if (text == NULL)
            fatal("%s: parameter %s: %s", pc->main_path, name, why.text);
    }
    print_setting(pc, name, text);
}

static void complain(const struct postconf *pc, const char *name)
{
    const char *similar = name_similar(pc, name);

    if (similar != NULL)
        log_warning("%s: unknown parameter -- is it \"%s\"?", name, similar);
    else
        log_warning("%s: unknown parameter", name);
}

int show_main(const struct postconf *pc)
{
    if (pc->arguments[0] == NULL) {
        struct texts names = all_names(pc);
        for (size_t i = 0; i < names.count; i++)
            show(pc, names.items[i]);
        ARRAY_FREE(&names);
        return 0;
    }
    for (char *const *name = pc->arguments; *name != NULL; name++) {
        if (name_class(pc, *name) != 0)
            show(pc, *name);
        else
            complain(pc, *name);
    }
    return 0;
}
