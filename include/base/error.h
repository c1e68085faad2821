/* SPDX-License-Identifier: ISC
 *
 * error.h - why something could not be done, as one line of text.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

#define PRINTF_LIKE(text, first) \
    __attribute__((format(printf, text, first)))

/* A function of the suite that can wait for the network, another process or
 * a lock. After such a call, shared state must be read again. */
#define MAY_WAIT

/* A reason, for people. 0 to 1023 bytes, always terminated. Initialise with
 * ERROR_NONE. */
struct error {
    char text[1024];
};
#define ERROR_NONE { { 0 } }

/* Set the text (<why> may be NULL). Always returns false, so that a failing
 * function can end with `return error_set(why, ...)`. */
bool error_set(struct error *why, const char *format, ...) PRINTF_LIKE(2, 3);

/* Put "<prefix>: " in front of the text. Always returns false. */
bool error_prefix(struct error *why, const char *format, ...)
    PRINTF_LIKE(2, 3);

#endif
