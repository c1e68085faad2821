/* SPDX-License-Identifier: ISC
 *
 * defaults.h - defaults that the builder of a package chooses.
 *
 * configure writes those that differ into include/config.h.
 */
#ifndef CONFIG_DEFAULTS_H
#define CONFIG_DEFAULTS_H

#if __has_include("config.h")
#include "config.h"
#endif

#ifndef DEF_CONFIG_DIR
#define DEF_CONFIG_DIR "/etc/postfix"
#endif
#ifndef DEF_QUEUE_DIR
#define DEF_QUEUE_DIR "/var/spool/postfix"
#endif
#ifndef DEF_COMMAND_DIR
#define DEF_COMMAND_DIR "/usr/sbin"
#endif
#ifndef DEF_DAEMON_DIR
#define DEF_DAEMON_DIR "/usr/libexec/postfix"
#endif
#ifndef DEF_DATA_DIR
#define DEF_DATA_DIR "/var/lib/postfix"
#endif
#ifndef DEF_SHLIB_DIR
#define DEF_SHLIB_DIR "no"
#endif
#ifndef DEF_META_DIR
#define DEF_META_DIR "/etc/postfix"
#endif
#ifndef DEF_MAIL_OWNER
#define DEF_MAIL_OWNER "postfix"
#endif
#ifndef DEF_SGID_GROUP
#define DEF_SGID_GROUP "postdrop"
#endif
/* Without Berkeley DB there is no hash and no btree. A cache is written all the
 * time, which cdb and dbm are not made for: then it is kept in memory. */
#if defined(HAVE_BDB)
#define INDEXED_TYPE "hash"
#define CACHE_TYPE "btree"
#elif defined(HAVE_LMDB)
#define INDEXED_TYPE "lmdb"
#define CACHE_TYPE "lmdb"
#elif defined(HAVE_CDB)
#define INDEXED_TYPE "cdb"
#elif defined(HAVE_DBM)
#define INDEXED_TYPE "dbm"
#else
#define INDEXED_TYPE "hash"
#endif
#ifndef CACHE_TYPE
#define CACHE_TYPE "internal"
#endif
#ifndef DEF_DB_TYPE
#define DEF_DB_TYPE INDEXED_TYPE
#endif
#ifndef DEF_CACHE_DB_TYPE
#define DEF_CACHE_DB_TYPE CACHE_TYPE
#endif
/* A type that is not built in would put all local mail off. */
#ifndef DEF_ALIAS_MAPS
#ifdef HAVE_NIS
#define DEF_ALIAS_MAPS "$default_database_type:/etc/aliases, nis:mail.aliases"
#else
#define DEF_ALIAS_MAPS "$default_database_type:/etc/aliases"
#endif
#endif
/* Who cannot spell an internationalized domain name in DNS must not promise to
 * take mail for it. */
#ifndef DEF_SMTPUTF8_ENABLE
#ifdef HAVE_IDN2
#define DEF_SMTPUTF8_ENABLE \
    "${{$compatibility_level} <level {1} ? {no} : {yes}}"
#else
#define DEF_SMTPUTF8_ENABLE "no"
#endif
#endif
#ifndef DEF_HTML_DIR
#define DEF_HTML_DIR "no"
#endif
#ifndef DEF_README_DIR
#define DEF_README_DIR "no"
#endif
#ifndef DEF_SAMPLE_DIR
#define DEF_SAMPLE_DIR "/etc/postfix"
#endif
#ifndef DEF_MANPAGE_DIR
#define DEF_MANPAGE_DIR "/usr/local/man"
#endif
#ifndef DEF_MAILQ_PATH
#define DEF_MAILQ_PATH "/usr/bin/mailq"
#endif
#ifndef DEF_NEWALIASES_PATH
#define DEF_NEWALIASES_PATH "/usr/bin/newaliases"
#endif
#ifndef DEF_SENDMAIL_PATH
#define DEF_SENDMAIL_PATH "/usr/sbin/sendmail"
#endif
#ifndef DEF_OPENSSL_PATH
#define DEF_OPENSSL_PATH "openssl"
#endif
#ifndef DEF_MAIL_SPOOL_DIR
#define DEF_MAIL_SPOOL_DIR "/var/mail"
#endif
#ifndef DEF_MAIL_VERSION
#define DEF_MAIL_VERSION "3.12.0"
#endif
#ifndef DEF_MAIL_DATE
#define DEF_MAIL_DATE "20260821"
#endif
#ifndef DEF_SERVER_SASL_TYPE
#define DEF_SERVER_SASL_TYPE "dovecot"
#endif
#ifndef DEF_CLIENT_SASL_TYPE
#define DEF_CLIENT_SASL_TYPE "cyrus"
#endif

#endif
