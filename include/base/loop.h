/* SPDX-License-Identifier: ISC
 *
 * loop.h - readiness, timers and signals (libevent), for fibers and for master.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>

#include "base/clock.h"

/* One loop a process, made on first use. Only fibers, master and postlogd
 * need it; a process with one session never makes it. */
struct loop_watch; /* owned by the caller, freed by loop_watch_free */
struct loop_timer;

/* Call <ready> whenever <fd> can be read, or written to; the descriptor stays
 * the caller's. */
struct loop_watch *loop_watch_new(int fd, bool for_writing,
                                  void (*ready)(int fd, void *),
                                  void *argument);
void loop_watch_enable(struct loop_watch *watch, bool on); /* starts off */
void loop_watch_free(struct loop_watch *watch);
/* Call <expired> once, at the time that loop_timer_set says. */
struct loop_timer *loop_timer_new(void (*expired)(void *), void *argument);
void loop_timer_set(struct loop_timer *timer, deadline_t at); /* NEVER: off */
void loop_timer_free(struct loop_timer *timer);
/* Call <arrived> from the loop, not from a signal handler; for ever. */
void loop_signal(int number, void (*arrived)(int number, void *),
                 void *argument);
/* Run until loop_stop. */
void loop_run(void);
void loop_run_once(deadline_t until); /* wait for events once, handle them */
void loop_stop(void);

#endif
