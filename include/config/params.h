/* SPDX-License-Identifier: ISC
 *
 * params.h - the parameter structs, made from the rows in params/<group>.def.
 *
 * A program names the groups that it needs in its service declaration; they
 * are filled once at start and constant from then on. Only program code reads
 * them: a library takes options.
 */
#ifndef CONFIG_PARAMS_H
#define CONFIG_PARAMS_H

#include <stdbool.h>

#include "config/param.h"

#define PARAM_MEMBER_TEXT const char *
#define PARAM_MEMBER_RAW const char *
#define PARAM_MEMBER_INT long
#define PARAM_MEMBER_BOOL bool
#define PARAM_MEMBER_TIME int

#define PARAM(type, name, def, bounds, prose) PARAM_MEMBER_##type name;
#define PARAM_AS(type, member, name, def, bounds, prose) \
    PARAM_MEMBER_##type member;
#define PARAM_FAMILY(type, suffix, def, bounds, prose)

struct common_params {
#include "config/params/common.def"
};

struct message_params {
#include "config/params/message.def"
};

struct address_params {
#include "config/params/address.def"
};

struct notify_params {
#include "config/params/notify.def"
};

struct queue_params {
#include "config/params/queue.def"
};

struct dns_params {
#include "config/params/dns.def"
};

struct table_params {
#include "config/params/table.def"
};

struct non_bdb_params {
#include "config/params/non_bdb.def"
};

struct sasl_params {
#include "config/params/sasl.def"
};

struct tls_params {
#include "config/params/tls.def"
};

struct tls_server_params {
#include "config/params/tls_server.def"
};

struct tls_client_params {
#include "config/params/tls_client.def"
};

struct tls_cache_params {
#include "config/params/tls_cache.def"
};

struct tlsmgr_params {
#include "config/params/tlsmgr.def"
};

struct tlsproxy_params {
#include "config/params/tlsproxy.def"
};

struct milter_params {
#include "config/params/milter.def"
};

struct smtpd_params {
#include "config/params/smtpd.def"
};

struct smtp_params {
#include "config/params/smtp.def"
};

struct cleanup_params {
#include "config/params/cleanup.def"
};

struct rewrite_params {
#include "config/params/rewrite.def"
};

struct qmgr_params {
#include "config/params/qmgr.def"
};

struct delivery_params {
#include "config/params/delivery.def"
};

struct local_params {
#include "config/params/local.def"
};

struct virtual_params {
#include "config/params/virtual.def"
};

struct pipe_params {
#include "config/params/pipe.def"
};

struct bounce_params {
#include "config/params/bounce.def"
};

struct flush_params {
#include "config/params/flush.def"
};

struct anvil_params {
#include "config/params/anvil.def"
};

struct verify_params {
#include "config/params/verify.def"
};

struct scache_params {
#include "config/params/scache.def"
};

struct postscreen_params {
#include "config/params/postscreen.def"
};

struct qmqpd_params {
#include "config/params/qmqpd.def"
};

struct submit_params {
#include "config/params/submit.def"
};

struct master_params {
#include "config/params/master.def"
};

struct postlogd_params {
#include "config/params/postlogd.def"
};

struct postmulti_params {
#include "config/params/postmulti.def"
};

struct install_params {
#include "config/params/install.def"
};

struct postwain_params {
#include "config/params/postwain.def"
};

#undef PARAM
#undef PARAM_AS
#undef PARAM_FAMILY

#define GROUP(name)                        \
    extern struct name##_params name##_params; \
    extern const struct param_group name##_param_group;
#include "config/param_groups.def"
#undef GROUP

#endif
