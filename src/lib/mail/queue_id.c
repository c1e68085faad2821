/* SPDX-License-Identifier: ISC
 *
 * queue_id.c - names of queue files.
 *
 * Short: 5 hex digits of microseconds, then the inode in hex. Long: seconds
 * (6 or more digits in base 52), microseconds (4 digits), 'z', and the inode
 * in base 51, which therefore has no 'z'. No vowels: no words.
 */
#include "mail/queue_id.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"

static const char digits[] =
    "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";

enum {
    BASE = 52,
    INODE_BASE = 51,
    SECONDS_WIDTH = 6,
    USEC_WIDTH = 4,
    SHORT_USEC_WIDTH = 5,
    INODE_MARK = 'z',
    LONG_MARK_MIN = SECONDS_WIDTH + USEC_WIDTH,
    NUMBER_SIZE = 32,
};

bool queue_id_is_valid(const char *id)
{
    size_t length = strspn(id, "0123456789_"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz");

    return length > 0 && length < QUEUE_ID_SIZE && id[length] == 0;
}

bool queue_id_is_long(const char *id)
{
    const char *mark = strrchr(id, INODE_MARK);

    return mark != NULL && mark - id >= LONG_MARK_MIN;
}

/* Zero has no digits; <width> pads it. */
static const char *encode(uintmax_t value, unsigned base, int width,
                          char buffer[NUMBER_SIZE])
{
    /* Backwards from the last of NUMBER_SIZE bytes. */
    /* cppcheck-suppress ctuPointerArith */
    char *at = buffer + NUMBER_SIZE - 1;

    *at = 0;
    for (; value > 0; value /= base)
        *--at = digits[value % base];
    while (buffer + NUMBER_SIZE - 1 - at < width)
        *--at = digits[0];
    return at;
}

static bool decode(const char *text, size_t length, unsigned base,
                   uintmax_t *value)
{
    *value = 0;
    for (size_t i = 0; i < length; i++) {
        const char *digit = strchr(digits, text[i]);
        if (text[i] == 0 || digit == NULL || digit - digits >= (long)base)
            return false;
        if (*value > (UINTMAX_MAX - BASE) / base)
            return false;
        *value = *value * base + (uintmax_t)(digit - digits);
    }
    return true;
}

void queue_id_format(char out[QUEUE_ID_SIZE], bool long_form,
                     struct timeval when, ino_t inode)
{
    char seconds[NUMBER_SIZE], usec[NUMBER_SIZE], file[NUMBER_SIZE];

    if (!long_form) {
        format_text(out, QUEUE_ID_SIZE, "%05X%lX", (unsigned)when.tv_usec,
                    (unsigned long)inode);
        return;
    }
    snprintf(out, QUEUE_ID_SIZE, "%s%s%c%s",
             encode((uintmax_t)when.tv_sec, BASE, SECONDS_WIDTH, seconds),
             encode((uintmax_t)when.tv_usec, BASE, USEC_WIDTH, usec),
             INODE_MARK, encode(inode, INODE_BASE, 0, file));
}

size_t queue_id_time_length(const char *id)
{
    if (queue_id_is_long(id))
        return (size_t)(strrchr(id, INODE_MARK) - id) + 1;
    return strlen(id) > SHORT_USEC_WIDTH ? SHORT_USEC_WIDTH : 0;
}

bool queue_id_inode(const char *id, ino_t *inode)
{
    size_t start = queue_id_time_length(id);
    const char *text = id + start;

    if (start == 0)
        return false;
    if (!queue_id_is_long(id)) {
        if (strspn(text, "0123456789ABCDEF") != strlen(text))
            return false;
        *inode = (ino_t)strtoul(text, NULL, 16);
        return true;
    }
    uintmax_t value;
    if (!decode(text, strlen(text), INODE_BASE, &value))
        return false;
    *inode = (ino_t)value;
    return true;
}

bool queue_id_long_usec(const char *id, long *microseconds)
{
    uintmax_t usec;

    if (!queue_id_is_long(id))
        return false;
    const char *mark = strrchr(id, INODE_MARK);
    if (!decode(mark - USEC_WIDTH, USEC_WIDTH, BASE, &usec))
        return false;
    *microseconds = (long)usec;
    return true;
}

void queue_id_hash_key(const char *id, char out[QUEUE_ID_SIZE])
{
    long usec;

    if (queue_id_long_usec(id, &usec))
        snprintf(out, QUEUE_ID_SIZE, "%0*lX", SHORT_USEC_WIDTH, usec);
    else
        snprintf(out, QUEUE_ID_SIZE, "%s", id);
}
