/* SPDX-License-Identifier: ISC
 *
 * messages.c - the one place where the descriptor tables of all messages are.
 */
#define IPC_EMIT_TABLES
#include "ipc/messages/bounce.h"
#include "ipc/messages/cleanup.h"
#include "ipc/messages/delivery.h"
#include "ipc/messages/pass.h"
#include "ipc/messages/postdrop.h"
#include "ipc/messages/rewrite.h"
#include "ipc/messages/small.h"
