/* SPDX-License-Identifier: ISC
 *
 * addr.c - network addresses and networks.
 */
#include "base/addr.h"

#include <string.h>

#include "fuzz.h"

FUZZ(addr)
{
    char *text = fuzz_line(in), *network = fuzz_rest(in, NULL);
    struct addr addr, again;
    struct addr_net net;
    struct error why = ERROR_NONE;
    char out[ADDR_TEXT_SIZE];
    bool ok = addr_parse(text, 25, &addr);

    if (ok) {
        addr_format(&addr, out);
        FUZZ_CHECK(addr_parse(out, 25, &again) && addr_equal(&addr, &again));
        addr_unmap(&addr);
        addr_is_loopback(&addr);
        FUZZ_CHECK(addr_port(&addr) == 25);
    }
    if (!addr_net_parse(network, &net, &why)) {
        FUZZ_CHECK(why.text[0] != '\0');
        return;
    }
    FUZZ_CHECK(net.bits >= 0 && net.bits <= 128);
    if (ok)
        addr_net_has(&net, &addr);
}
