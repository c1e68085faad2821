/* SPDX-License-Identifier: ISC
 *
 * flow_token.c - in_flow_delay, for those who bring in mail.
 *
 * Who waits goes on with the first token. To sleep for all of the delay would
 * let the system fall idle: a queue manager that is a hundred messages behind
 * has taken them within a tenth of a second.
 */
#include "service/flow_token.h"

#include <errno.h>
#include <unistd.h>

#include "base/io.h"

bool flow_token_take(int fd, deadline_t until)
{
    char token;
    ssize_t got;

    while ((got = read(fd, &token, 1)) < 0)
        if (errno != EINTR &&
            (errno != EAGAIN || !io_wait(fd, IO_READ, until)))
            return false;
    return got == 1;
}
