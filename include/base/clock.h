/* SPDX-License-Identifier: ISC
 *
 * clock.h - two clocks: deadlines (monotonic) and the time of day.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <sys/time.h>
#include <time.h>

/* Milliseconds of CLOCK_MONOTONIC. */
typedef int64_t deadline_t;
#define DEADLINE_NEVER INT64_MAX

deadline_t clock_now(void);
deadline_t deadline_in_s(int seconds); /* 0 or less: already passed */
deadline_t deadline_in_ms(int64_t ms);
/* Milliseconds that are left, 0 when passed; for poll(2): -1 for NEVER,
 * at most INT_MAX. */
int deadline_left_ms(deadline_t deadline);
struct timeval clock_wall(void);       /* gettimeofday */
void clock_sleep_ms(int64_t ms);       /* fiber-aware: sleeps the caller only */

#endif
