/* SPDX-License-Identifier: ISC
 *
 * memcache_private.h - a memcache table, and the protocol of its server.
 */
#ifndef TABLE_MEMCACHE_PRIVATE_H
#define TABLE_MEMCACHE_PRIVATE_H

#include <openssl/evp.h>

#include "remote.h"
#include "settings.h"
#include "table/table.h"
#include "template.h"

struct memcache {
    char *table;               /* owned; "memcache:/etc/x.cf" */
    struct settings *settings; /* owned */
    struct remote *server;     /* owned */
    struct table *backup;      /* owned; NULL: none */
    struct template_rules rules;
    const EVP_MD *digest;      /* NULL: keys as they are */
    const char *where, *backup_name, *key_format, *key_digest, *domain;
    long flags, ttl, data_size_limit, line_size_limit, max_try, retry_pause,
        timeout;
};

/* ---- memcache_protocol.c ---- */

/* What the server has under <key>, which it takes as it is: no blanks, no
 * control characters. FAILED after a warning, which <why> has, too. */
MAY_WAIT enum answer memcache_fetch(struct memcache *m, const char *key,
                                    struct str *value, struct error *why);
MAY_WAIT enum answer memcache_store(struct memcache *m, const char *key,
                                    const char *value, struct error *why);
MAY_WAIT enum answer memcache_forget(struct memcache *m, const char *key,
                                     struct error *why);

#endif
