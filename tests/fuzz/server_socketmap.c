/* SPDX-License-Identifier: ISC
 *
 * server_socketmap.c - what a server of a socketmap table replies.
 */
#include "../../src/lib/table/driver_socketmap.c"

#include "fuzz.h"

enum { REPLY_MAX = 300 };

FUZZ(server_socketmap)
{
    struct socketmap map = { .table = "socketmap:inet:host:port:name",
                             .max_reply = REPLY_MAX };
    struct stream *server = fuzz_stream(in);
    struct str reply = STR_EMPTY, value = STR_EMPTY;
    struct error why = ERROR_NONE;

    while (read_netstring(server, map.max_reply, &reply, &why)) {
        FUZZ_CHECK(reply.length <= REPLY_MAX &&
                   strlen(reply.data) == reply.length);
        switch (parse_reply(&map, reply.data, &value, &why)) {
        case FOUND: FUZZ_CHECK(value.length <= REPLY_MAX); break;
        case FAILED: FUZZ_CHECK(why.text[0] != '\0'); break;
        case ABSENT: break;
        }
    }
    FUZZ_CHECK(why.text[0] != '\0');
    stream_close(server);
    str_fini(&value);
    str_fini(&reply);
}
