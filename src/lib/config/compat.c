/* SPDX-License-Identifier: ISC
 *
 * compat.c - defaults that depend on compatibility_level.
 */
#include "config/compat.h"

#include <ctype.h>
#include <stdlib.h>


bool compat_level_parse(const char *text, long *level, struct error *why)
{
    long value = 0;
    const char *at = text;

    for (int part = 0; part < 3; part++) {
        long number = 0;
        if (part == 0 || *at == '.') {
            at += part > 0;
            if (!isdigit((unsigned char)*at))
                return error_set(why,
                                 "bad compatibility level: \"%s\"; specify "
                                 "major, major.minor or major.minor.patch",
                                 text);
            for (; isdigit((unsigned char)*at) && number < 1000; at++)
                number = number * 10 + (*at - '0');
            if (number > 1000)
                return error_set(why, "bad compatibility level: \"%s\"; a "
                                 "number in it is too large", text);
        }
        value = value * 1024 + number;
    }
    if (*at != '\0')
        return error_set(why, "bad compatibility level: \"%s\"; there is "
                         "text after the number", text);
    *level = value;
    return true;
}

bool compat_is_below(struct config *config, const char *level)
{
    long have = 0, need = 0;

    compat_level_parse(config_get(config, "compatibility_level"), &have, NULL);
    compat_level_parse(level, &need, NULL);
    return have < need;
}

bool compat_uses_old_default(struct config *config, const char *name,
                             const char *level)
{
    return !config_is_set(config, name) && compat_is_below(config, level);
}
