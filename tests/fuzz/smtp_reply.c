/* SPDX-License-Identifier: ISC
 *
 * smtp_reply.c - the replies of a server.
 */
#include "smtp/reply.h"

#include <string.h>

#include "fuzz.h"
#include "mail/dsn.h"
#include "smtp/extensions.h"

FUZZ(smtp_reply)
{
    size_t max = 16 + fuzz_byte(in);
    struct stream *s = fuzz_stream(in);
    struct smtp_reply reply;

    while (smtp_reply_read(s, in->arena, max, NULL, NULL, &reply)) {
        FUZZ_CHECK(reply.code == 0 || (reply.code >= 100 && reply.code <= 599));
        FUZZ_CHECK(reply.text != NULL && reply.first != NULL &&
                   reply.dsn != NULL);
        if (reply.code >= 200 && reply.code / 100 != 3)
            FUZZ_CHECK(dsn_status_length(reply.dsn) == strlen(reply.dsn));
        smtp_extension_find(reply.first);
    }
    stream_close(s);
}
