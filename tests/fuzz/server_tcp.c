/* SPDX-License-Identifier: ISC
 *
 * server_tcp.c - what a server of a tcp table replies; and any key or value
 * can be sent to it in one line, and read back.
 */
#include "../../src/lib/table/driver_tcp.c"

#include "fuzz.h"

static void encode_and_decode(const char *text)
{
    struct str line = STR_EMPTY, back = STR_EMPTY;

    encode(&line, text);
    FUZZ_CHECK(strpbrk(line.data, " \t\r\n") == NULL);
    FUZZ_CHECK(decode(&back, line.data) && strcmp(back.data, text) == 0);
    str_fini(&back);
    str_fini(&line);
}

FUZZ(server_tcp)
{
    struct error why = ERROR_NONE;
    struct tcp_table table = {
        .where = "localhost:1",
        .server = remote_new("localhost:1", 1, 0, 0, &why),
    };
    struct str value = STR_EMPTY;
    char *reply = fuzz_rest(in, NULL);

    FUZZ_CHECK(table.server != NULL);
    switch (parse_reply(&table, reply, &value, &why)) {
    case FOUND:
        FUZZ_CHECK(reply[0] == '2' && strlen(value.data) == value.length);
        break;
    case FAILED: FUZZ_CHECK(reply[0] != '5' || why.text[0] != '\0'); break;
    case ABSENT: FUZZ_CHECK(reply[0] == '5'); break;
    }
    encode_and_decode(reply);
    remote_free(table.server);
    str_fini(&value);
}
