/* SPDX-License-Identifier: ISC
 *
 * watchdog.h - an alarm that ends a process which is stuck.
 */
#ifndef BASE_WATCHDOG_H
#define BASE_WATCHDOG_H

/* fatal() ("watchdog timeout") when not fed for <seconds>. 0: off. */
void watchdog_start(int seconds);
void watchdog_feed(void); /* cheap: notes the time, no system call */
/* Nothing to do: the process cannot be stuck until it is fed again. */
void watchdog_rest(void);

#endif
