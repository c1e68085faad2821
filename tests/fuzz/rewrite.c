/* SPDX-License-Identifier: ISC
 *
 * rewrite.c - an address of a stranger to its standard form, and out of the
 * quotes of its local part. The first byte has the settings, and says where
 * the address comes from.
 */
#include "../../src/daemon/trivial-rewrite/rewrite.c"

#include "config/main_cf.h"
#include "fuzz.h"
#include "mail/quote.h"

/* ---- what trivial-rewrite has around it ---- */

bool resolve_has_class(const char *domain)
{
    return text_equal_nocase(domain, "localhost");
}

static void set_up(unsigned settings)
{
    common_params.myorigin = "origin.test";
    common_params.mydomain = "domain.test";
    message_params.remote_header_rewrite_domain =
        settings & 1 ? "remote.test" : "";
    rewrite_params.swap_bangpath = settings & 2;
    rewrite_params.allow_percent_hack = settings & 4;
    rewrite_params.append_at_myorigin = settings & 8;
    rewrite_params.append_dot_mydomain = settings & 16;
}

/* ---- the target ---- */

FUZZ(rewrite)
{
    static const enum rewrite_context contexts[] = {
        REWRITE_LOCAL, REWRITE_REMOTE, REWRITE_NONE, REWRITE_LOCAL,
    };
    unsigned settings = fuzz_byte(in);
    enum rewrite_context context = contexts[settings >> 6];
    char *text = fuzz_rest(in, NULL);
    size_t room = 3 * strlen(text) + 100; /* quotes, and two domains of ours */

    set_up(settings);
    char *standard = rewrite_address(in->arena, context, text);
    FUZZ_CHECK(strlen(standard) < room);
    char *again = rewrite_address(in->arena, context,
                                  quote_822_dup(in->arena, standard));
    FUZZ_CHECK(strlen(again) < 3 * room);
    FUZZ_CHECK(strlen(rewrite_dequoted(in->arena, text)) < room);
}
