/* SPDX-License-Identifier: ISC
 *
 * pass.c - hand an accepted connection to another service.
 */
#include "service/pass.h"

#include "base/array.h"
#include "base/sock.h"
#include "base/stream.h"
#include "ipc/codec.h"
#include "ipc/messages/pass.h"

bool pass_connection_send(const char *path, int connection,
                          const char *const *attributes, deadline_t until,
                          struct error *why)
{
    struct {
        ARRAY_OF(struct pass_attribute);
    } list = ARRAY_EMPTY;
    int fd = sock_connect_unix(path, until, why);

    if (fd < 0)
        return error_prefix(why, "connect to %s", path);
    for (; attributes != NULL && attributes[0] != NULL; attributes += 2) {
        const struct pass_attribute item = { attributes[0], attributes[1] };
        ARRAY_ADD(&list, item);
    }
    const struct pass_connection message = {
        .connection = connection, .attributes = { list.items, list.count }
    };
    struct stream *s = stream_open(fd);
    stream_set_deadline(s, until);
    bool ok = ipc_send(s, pass_connection, &message) ||
              error_set(why, "%s: %s", path, stream_error_text(s));
    stream_close(s);
    ARRAY_FREE(&list);
    return ok;
}
