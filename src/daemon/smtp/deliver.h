/* SPDX-License-Identifier: ISC
 *
 * deliver.h - the entry from the skeleton of delivery agents.
 */
#ifndef SMTP_DELIVER_H
#define SMTP_DELIVER_H

#include "delivery/agent.h"

MAY_WAIT void deliver(struct request *r);

#endif
