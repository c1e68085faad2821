/* SPDX-License-Identifier: ISC
 *
 * server_memcache.c - what a memcached server replies. The first line is the
 * key that is asked for; what cannot be one is not sent.
 */
#include "../../src/lib/table/driver_memcache.c"
#include "../../src/lib/table/memcache_protocol.c"

#include "fuzz.h"

FUZZ(server_memcache)
{
    struct error why = ERROR_NONE;
    struct str name = STR_EMPTY;
    struct memcache cache = {
        .table = "memcache:/file.cf", .data_size_limit = 200,
        .line_size_limit = 100, .key_format = "%s", .domain = "",
        .rules = { .table = "memcache:/file.cf", .source = "/file.cf",
                   .result_format = "%s", .domain = "" },
    };

    FUZZ_CHECK(template_check(cache.key_format, false, "file", "key_format",
                              &cache.rules.needs, &why) &&
               template_rules_init(&cache.rules, &why));
    if (make_key(&cache, fuzz_line(in), &name, &why) == FOUND) {
        struct stream *server = fuzz_stream(in);
        struct exchange x = EXCHANGE_EMPTY;
        str_setf(&x.command, "get %s", name.data);
        FUZZ_CHECK(strpbrk(name.data, " \t\r\n") == NULL);
        while (read_line(&cache, server, &x.line, &why))
            if (text_has_prefix(x.line.data, "VALUE ") &&
                read_value(&cache, server, &x, &why))
                FUZZ_CHECK(x.has_value && x.value.length <= 200);
        stream_close(server);
        exchange_fini(&x);
    } else {
        FUZZ_CHECK(why.text[0] != '\0');
    }
    template_rules_fini(&cache.rules);
    str_fini(&name);
}
