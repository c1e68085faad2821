/* SPDX-License-Identifier: ISC
 *
 * postqueue.h - what the files of postqueue share.
 */
#ifndef POSTQUEUE_POSTQUEUE_H
#define POSTQUEUE_POSTQUEUE_H

#include <stdbool.h>

#include "base/stream.h"

/* Read what showq sends, to its end, and print it. fatal() if it is cut. */
void list_as_text(struct stream *in, bool long_ids);
void list_as_json(struct stream *in);

#endif
