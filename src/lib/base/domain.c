/* SPDX-License-Identifier: ISC
 *
 * domain.c - is a text the name of a host?
 */
#include "base/domain.h"

#include <string.h>

static bool is_label_char(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* RFC 1035 section 2.3.4, RFC 1123 section 2.1. */
bool domain_is_hostname(const char *name)
{
    enum { NAME_MAX_LENGTH = 255, LABEL_MAX = 63 };
    size_t label = 0;
    bool has_letter = false;

    if (*name == 0 || strlen(name) > NAME_MAX_LENGTH)
        return false;
    for (const char *p = name; *p != 0; p++) {
        if (*p == '.') {
            if (label == 0 || p[-1] == '-' || p[1] == 0)
                return false;
            label = 0;
            continue;
        }
        if (!is_label_char((unsigned char)*p) || (*p == '-' && label == 0) ||
            ++label > LABEL_MAX)
            return false;
        if (*p < '0' || *p > '9')
            has_letter = true;
    }
    return has_letter && label > 0 && name[strlen(name) - 1] != '-';
}
