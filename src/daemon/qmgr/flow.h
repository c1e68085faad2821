/* SPDX-License-Identifier: ISC
 *
 * flow.h - in_flow_delay: new mail no faster than the queue takes it in.
 *
 * All daemons inherit a pipe from master. The queue manager puts a token
 * into it for each message that it takes from the incoming queue; whoever
 * wants to bring in a message takes one, and waits a little if there is none.
 */
#ifndef QMGR_FLOW_H
#define QMGR_FLOW_H

void flow_set_up(void);
void flow_message_taken(void);
/* All that the queue manager knows of is taken. */
void flow_all_taken(void);
/* The incoming queue is empty: nobody needs to wait. */
void flow_nothing_incoming(void);

#endif
