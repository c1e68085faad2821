/* SPDX-License-Identifier: ISC
 *
 * notify.h - postmaster notices about a session: notify_classes.
 */
#ifndef SMTPD_NOTIFY_H
#define SMTPD_NOTIFY_H

#include "session.h"

enum notify_class {
    NOTIFY_POLICY = 1 << 0,
    NOTIFY_PROTOCOL = 1 << 1,
    NOTIFY_RESOURCE = 1 << 2,
    NOTIFY_SOFTWARE = 1 << 3,
    NOTIFY_DATA = 1 << 4,   /* a table could not be asked */
    NOTIFY_BOUNCE = 1 << 5, /* mail that would otherwise have been returned */
};
/* Remember that the transcript shows something of this class. */
void notify_problem(struct session *s, enum notify_class class_bit);
/* session_reply, and remember it as notify_problem does. */
MAY_WAIT bool notify_reply(struct session *s, enum notify_class class_bit,
                           const char *format, ...) PRINTF_LIKE(3, 4);
/* A good place to forget a long transcript that shows nothing of the kind. */
void notify_trim(struct session *s);
/* At the end of a session: send the transcript if anyone wants it. */
MAY_WAIT void notify_finish(struct session *s);

#endif
