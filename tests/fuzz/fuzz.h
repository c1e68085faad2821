/* SPDX-License-Identifier: ISC
 *
 * fuzz.h - the frame around fuzz targets.
 *
 *     FUZZ(xtext)
 *     {
 *         char *text = fuzz_line(in);
 *         ...
 *         FUZZ_CHECK(strcmp(again, text) == 0);
 *     }
 *
 * A target is a file <name>.c that feeds any bytes to one part of a library,
 * and a folder corpus/<name> of inputs to begin with. With libFuzzer it is
 * LLVMFuzzerTestOneInput; otherwise it is one of those that replay.c knows.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/stream.h"

struct fuzz_input {
    const char *data; /* what is left of it */
    size_t size;
    struct arena *arena; /* for the target's use */
    char *parts[16];     /* texts cut off it, each in a block of its own */
    size_t count;
};

/* The input up to the next newline, which is dropped, or all that is left. It
 * ends earlier for C where the input has a NUL. Never NULL. */
char *fuzz_line(struct fuzz_input *in);
/* All that is left, as a C text; the length without the NUL, if wanted. */
char *fuzz_rest(struct fuzz_input *in, size_t *length);
/* One byte; 0 at the end. */
unsigned char fuzz_byte(struct fuzz_input *in);
/* All that is left as a stream to read from. The target closes it. */
struct stream *fuzz_stream(struct fuzz_input *in);
/* A file with all that is left; its path, and the descriptor to close. */
const char *fuzz_file(struct fuzz_input *in, int *fd);
/* Regular expressions in what is left: what they repeat again and again, the C
 * library copies each time, and takes all time or memory for a few bytes. That
 * is the affair of who writes the table. */
bool fuzz_is_costly(const struct fuzz_input *in);
/* A table of <type> with all that is behind the first line as its source;
 * that line, an address and two networks are looked up in it. */
void fuzz_table(struct fuzz_input *in, const char *type);

#define FUZZ_CHECK(condition)                                               \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__,      \
                    #condition);                                            \
            abort();                                                        \
        }                                                                   \
    } while (0)

typedef void fuzz_target(struct fuzz_input *in);
/* Call <target> with the input. Always 0. */
int fuzz_run(fuzz_target *target, const uint8_t *data, size_t size);

#ifdef FUZZ_LIBFUZZER
#define FUZZ(name)                                                  \
    static void fuzz_##name(struct fuzz_input *in);                 \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);   \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)    \
    {                                                               \
        return fuzz_run(fuzz_##name, data, size);                   \
    }                                                               \
    static void fuzz_##name(struct fuzz_input *in)
#else
struct fuzz_case {
    const char *name;
    fuzz_target *target;
    struct fuzz_case *next;
};
void fuzz_register(struct fuzz_case *one);
#define FUZZ(name)                                                       \
    static void fuzz_##name(struct fuzz_input *in);                      \
    static struct fuzz_case fuzz_case_##name = { #name, fuzz_##name,     \
                                                 NULL };                 \
    __attribute__((constructor)) static void fuzz_register_##name(void)  \
    {                                                                    \
        fuzz_register(&fuzz_case_##name);                                \
    }                                                                    \
    static void fuzz_##name(struct fuzz_input *in)
#endif

#endif
