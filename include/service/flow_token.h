/* SPDX-License-Identifier: ISC
 *
 * flow_token.h - in_flow_delay, for those who bring in mail: the queue manager
 * puts a token into a pipe for each message that it takes, and each new
 * message costs one.
 */
#ifndef SERVICE_FLOW_TOKEN_H
#define SERVICE_FLOW_TOKEN_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"

/* Take a token from the pipe <fd>, which does not block; wait for one as long
 * as there is none. False: the deadline passed, or this is no such pipe. The
 * caller goes on in either case: it was slowed down, as is meant. */
MAY_WAIT bool flow_token_take(int fd, deadline_t until);

#endif
