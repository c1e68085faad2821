/* SPDX-License-Identifier: ISC
 *
 * prose.c - the rows of include/config/params once more, with their prose,
 * which no daemon carries. A group that is forgotten here is noticed when
 * postconf.5 is made: its parameters have no text.
 */
#include "prose.h"

#include "config/defaults.h"

#define COMPUTED NULL
#define IN(group) { group, NULL, NULL, NULL, false },
#define PARAM(type, name, def, bounds, prose) \
    { NULL, #name, def, prose, false },
#define PARAM_AS(type, member, name, def, bounds, prose) \
    { NULL, name, def, prose, false },
#define PARAM_FAMILY(type, suffix, def, bounds, prose) \
    { NULL, suffix, def, prose, true },

const struct prose_row prose_rows[] = {
    IN("common")
#include "config/params/common.def"
    IN("message")
#include "config/params/message.def"
    IN("address")
#include "config/params/address.def"
    IN("notify")
#include "config/params/notify.def"
    IN("queue")
#include "config/params/queue.def"
    IN("dns")
#include "config/params/dns.def"
    IN("table")
#include "config/params/table.def"
    IN("non_bdb")
#include "config/params/non_bdb.def"
    IN("sasl")
#include "config/params/sasl.def"
    IN("tls")
#include "config/params/tls.def"
    IN("tls_server")
#include "config/params/tls_server.def"
    IN("tls_client")
#include "config/params/tls_client.def"
    IN("tls_cache")
#include "config/params/tls_cache.def"
    IN("tlsmgr")
#include "config/params/tlsmgr.def"
    IN("tlsproxy")
#include "config/params/tlsproxy.def"
    IN("milter")
#include "config/params/milter.def"
    IN("smtpd")
#include "config/params/smtpd.def"
    IN("smtp")
#include "config/params/smtp.def"
    IN("cleanup")
#include "config/params/cleanup.def"
    IN("rewrite")
#include "config/params/rewrite.def"
    IN("qmgr")
#include "config/params/qmgr.def"
    IN("delivery")
#include "config/params/delivery.def"
    IN("local")
#include "config/params/local.def"
    IN("virtual")
#include "config/params/virtual.def"
    IN("pipe")
#include "config/params/pipe.def"
    IN("bounce")
#include "config/params/bounce.def"
    IN("flush")
#include "config/params/flush.def"
    IN("anvil")
#include "config/params/anvil.def"
    IN("verify")
#include "config/params/verify.def"
    IN("scache")
#include "config/params/scache.def"
    IN("postscreen")
#include "config/params/postscreen.def"
    IN("qmqpd")
#include "config/params/qmqpd.def"
    IN("submit")
#include "config/params/submit.def"
    IN("master")
#include "config/params/master.def"
    IN("postlogd")
#include "config/params/postlogd.def"
    IN("postmulti")
#include "config/params/postmulti.def"
    IN("postwain")
#include "config/params/postwain.def"
    IN("install")
#include "config/params/install.def"
};

const size_t prose_row_count = sizeof prose_rows / sizeof prose_rows[0];
