/* SPDX-License-Identifier: ISC
 *
 * unbuilt.c - which settings are told, and which are refused.
 *
 * The parameters here are examples; when one of them is built, take another.
 */
#include "config/unbuilt.h"

#include "../test.h"
#include "config.h"

static enum unbuilt_verdict judge(const char *name, const char *value)
{
    struct config *config = config_new("/nonexistent");
    const char *feature = "";
    enum unbuilt_verdict verdict = unbuilt_judge(config, name, value,
                                                 &feature);

    CHECK((*feature != '\0') == (verdict != UNBUILT_NOTHING));
    config_free(config);
    return verdict;
}

TEST(settings_that_are_not_obeyed)
{
    static const struct {
        const char *name, *value;
        enum unbuilt_verdict want;
    } cases[] = {
        { "relayhost", "example.com", UNBUILT_NOTHING },
        { "no_such_parameter", "x", UNBUILT_NOTHING },
        { "sample_directory", "/x", UNBUILT_NOTHING }, /* inert */
        { "smtpd_proxy_timeout", "100s", UNBUILT_NOTHING }, /* default */
        { "smtpd_proxy_timeout", "10s", UNBUILT_WARN },
        { "smtpd_milters", "", UNBUILT_NOTHING },
        { "smtpd_milters", "inet:localhost:1", UNBUILT_REFUSE },
        { "smtp_tls_security_level", "", UNBUILT_NOTHING },
        { "smtp_tls_security_level", "None", UNBUILT_NOTHING },
        { "smtp_tls_security_level", "may", UNBUILT_WARN },
        { "smtp_tls_security_level", "encrypt", UNBUILT_REFUSE },
        { "lmtp_tls_security_level", "encrypt", UNBUILT_REFUSE },
        { "smtp_use_tls", "yes", UNBUILT_WARN },
        { "smtp_use_tls", "no", UNBUILT_NOTHING },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_INT(judge(cases[i].name, cases[i].value), cases[i].want);
}

TEST(names_beyond_ascii_need_libidn2)
{
#ifdef HAVE_IDN2
    CHECK_INT(judge("smtputf8_enable", "yes"), UNBUILT_NOTHING);
#else
    CHECK_INT(judge("smtputf8_enable", "no"), UNBUILT_NOTHING); /* default */
    CHECK_INT(judge("smtputf8_enable", "yes"), UNBUILT_WARN);
#endif
}
