/* SPDX-License-Identifier: ISC
 *
 * domain.h - is a text the name of a host?
 */
#ifndef BASE_DOMAIN_H
#define BASE_DOMAIN_H

#include <stdbool.h>

/* RFC 1123 host name: letters, digits, '-', '_' , labels of 1..63, at most
 * 255; not all numeric. */
bool domain_is_hostname(const char *name);

#endif
