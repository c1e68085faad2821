/* SPDX-License-Identifier: ISC
 *
 * scheduler_sources.c - the scheduler is part of a program, not of a library:
 * it is compiled into this test as it stands.
 */
#include "../../../src/daemon/qmgr/destination.c"
#include "../../../src/daemon/qmgr/entry.c"
#include "../../../src/daemon/qmgr/feedback.c"
#include "../../../src/daemon/qmgr/sched_job.c"
#include "../../../src/daemon/qmgr/sched_rotate.c"
#include "../../../src/daemon/qmgr/transport.c"
