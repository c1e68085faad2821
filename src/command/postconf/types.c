/* SPDX-License-Identifier: ISC
 *
 * types.c - what this build supports: tables, locks, SASL, TLS.
 */
#include <stdio.h>
#include <string.h>

#if __has_include("config.h")
#include "config.h"
#endif
#ifdef HAVE_OPENSSL
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/opensslv.h>
#endif

#include "base/fatal.h"
#include "base/log.h"
#include "postconf.h"
#include "table/table.h"

/* main.cf tells where further types may be loaded from. */
static void find_loadable(struct config *config)
{
    struct error why = ERROR_NONE;
    const struct table_setup setup = {
        .dynamicmaps_directory = config_try(config, "meta_directory", &why),
        .shlib_directory = config_try(config, "shlib_directory", &why),
    };

    table_set_up(&setup);
}

static void show_tables(void)
{
    struct error why = ERROR_NONE;
    struct config *config = config_load(config_default_directory(), &why);

    if (config != NULL)
        find_loadable(config);
    for (const char *const *type = table_types(); *type != NULL; type++)
        puts(*type);
    config_free(config);
}

#ifdef HAVE_OPENSSL
/* Those that the library has in this process: its configuration may leave
 * some out. */
static void show_algorithms(void)
{
    static const struct {
        const char *name, *fetched;
    } algorithms[] = {
        { "dsa", "DSA" }, { "ecdsa", "ECDSA" }, { "rsa", "RSA" },
    };

    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        EVP_SIGNATURE *found =
            EVP_SIGNATURE_fetch(NULL, algorithms[i].fetched, NULL);
        if (found != NULL)
            puts(algorithms[i].name);
        EVP_SIGNATURE_free(found);
    }
}

static int show_tls(const char *mode)
{
    if (strcmp(mode, "public-key-algorithms") == 0) {
        show_algorithms();
        return 0;
    }
    if (strcmp(mode, "compile-version") == 0) {
        puts(OPENSSL_VERSION_TEXT);
        return 0;
    }
    if (strcmp(mode, "run-version") == 0) {
        puts(OpenSSL_version(OPENSSL_VERSION));
        return 0;
    }
    log_warning("unknown 'postconf -T' mode: %s", mode);
    return 1;
}
#else
static int show_tls(const char *mode)
{
    (void)mode;
    return 0;
}
#endif

int show_types(const struct postconf *pc)
{
#ifdef HAVE_SASL
    static const char server_sasl[] = "cyrus\ndovecot\n", client_sasl[] =
        "cyrus\n";
#else
    static const char server_sasl[] = "dovecot\n", client_sasl[] = "";
#endif
    if ((pc->options & OPT_TLS) != 0)
        return show_tls(pc->tls_mode);
    if ((pc->options & OPT_TABLES) != 0)
        show_tables();
    else if ((pc->options & OPT_LOCKS) != 0)
        fputs("flock\nfcntl\ndotlock\n", stdout);
    else if ((pc->options & OPT_SERVER_SASL) != 0)
        fputs(server_sasl, stdout);
    else
        fputs(client_sasl, stdout);
    return 0;
}
