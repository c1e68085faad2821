/* SPDX-License-Identifier: ISC
 *
 * sql_servers.h - which of several database servers to ask.
 */
#ifndef TABLE_SQL_SERVERS_H
#define TABLE_SQL_SERVERS_H

#include "sql.h"

/* Ask one server after the other until one has answered. What went wrong with
 * the others is added to <warnings>, one line each. Blocks. */
bool sql_servers_ask(struct sql *sql, const char *key,
                     struct template_values *values, struct str *warnings);
/* Close its connection, if there is one. */
void sql_server_drop(struct sql *sql, struct sql_server *server);

#endif
