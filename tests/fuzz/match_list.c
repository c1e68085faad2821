/* SPDX-License-Identifier: ISC
 *
 * match_list.c - lists of domains, hosts and networks.
 */
#include "table/match_list.h"

#include <string.h>

#include "fuzz.h"

/* Tables are left to other targets, and a file would be one of the system: a
 * '/' may only begin the length of a network. */
static void disarm(char *text)
{
    for (char *c = text; *c != '\0'; c++) {
        bool digit = c[1] >= '0' && c[1] <= '9';
        bool inside = c > text && strchr("!, \t\r\n{:/", c[-1]) == NULL;
        if (*c == '/' && !(digit && inside))
            *c = '_';
        bool in_address = c > text && strchr("0123456789:[", c[-1]) != NULL;
        if (*c == ':' && !(in_address && (digit || c[1] == ':')))
            *c = '_';
    }
}

FUZZ(match_list)
{
    enum match_kind kind = fuzz_byte(in) & 3;
    unsigned flags = fuzz_byte(in) & 3;
    char *name = fuzz_line(in), *address = fuzz_line(in),
         *text = fuzz_rest(in, NULL);

    disarm(text);
    struct match_list *list = match_list_open("test", text, kind, flags);
    match_list_has(list, name, address, NULL);
    match_list_has(list, "host.example.com", "192.0.2.1", NULL);
    match_list_has(list, NULL, "2001:db8::1", NULL);
    match_list_close(list);
}
