/* SPDX-License-Identifier: ISC
 *
 * error.c - why something could not be done, as one line of text.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The arguments may point into the old text, so the new one is made aside. */
bool error_set(struct error *why, const char *format, ...)
{
    if (why == NULL)
        return false;

    char text[sizeof why->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    memcpy(why->text, text, strlen(text) + 1);
    return false;
}

bool error_prefix(struct error *why, const char *format, ...)
{
    if (why == NULL)
        return false;

    char text[2 * sizeof why->text + 2];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof why->text, format, args);
    va_end(args);

    strcat(text, ": ");
    strcat(text, why->text);
    snprintf(why->text, sizeof why->text, "%.*s", (int)sizeof why->text - 1,
             text);
    return false;
}
