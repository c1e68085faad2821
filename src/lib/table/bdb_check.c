/* SPDX-License-Identifier: ISC
 *
 * bdb_check.c - is a file of Berkeley DB whole where it must be?
 *
 * Pages of a btree begin with their number, also those that are free. Those of
 * a hash table may be zeros, but the first page counts records. Its counter
 * starts at what the builder called nelem: 4096 in Postfix, and here for tables
 * that begin empty; for others see plan_hash() in driver_bdb.c.
 */
#include "bdb_check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

enum {
    HASH_MAGIC = 0x061561,
    BTREE_MAGIC = 0x053162,
    BLOCK_BYTES = 1 << 16, /* a multiple of all sizes of pages */
    MAX_CHAIN = 1000,
};

/* How pages begin, in the order of bytes of this machine. */
struct first_page {
    uint32_t log_position[2], number, magic, version, page_bytes;
    uint8_t cipher, kind, flags, unused;
    uint32_t free, last_page;
};

struct page {
    uint32_t log_position[2], number, previous, next;
    uint16_t entries, free;
    uint8_t level, kind;
};

struct hash_page {
    uint32_t common[18];
    uint32_t last_bucket, high_mask, low_mask, fill, count, check;
    uint32_t spares[32];
};

/* ---- The file ---- */

static bool pages_have_numbers(const char *block, size_t size,
                               size_t page_bytes, uint32_t number)
{
    for (size_t at = 0; at + page_bytes <= size; at += page_bytes, number++) {
        struct page page;
        memcpy(&page, block + at, sizeof(page));
        if (page.number != number)
            return false;
    }
    return true;
}

static bool btree_has_numbers(int fd, const struct first_page *first)
{
    char *block = mem_alloc(BLOCK_BYTES);
    off_t end = ((off_t)first->last_page + 1) * first->page_bytes;
    bool good = true;

    for (off_t at = 0; good && at < end; at += BLOCK_BYTES) {
        ssize_t size = pread(fd, block, BLOCK_BYTES, at);
        good = size > 0 &&
               pages_have_numbers(block, (size_t)size, first->page_bytes,
                                  (uint32_t)(at / first->page_bytes));
    }
    free(block);
    return good;
}

bool bdb_file_is_whole(int fd)
{
    struct first_page first;
    struct stat info;

    if (pread(fd, &first, sizeof(first), 0) != sizeof(first) ||
        fstat(fd, &info) != 0 || first.page_bytes < 512 ||
        BLOCK_BYTES % first.page_bytes != 0 ||
        (first.magic != HASH_MAGIC && first.magic != BTREE_MAGIC))
        return true;
    if ((uint64_t)info.st_size <
        ((uint64_t)first.last_page + 1) * first.page_bytes)
        return false;
    return first.magic == HASH_MAGIC || btree_has_numbers(fd, &first);
}

/* ---- The records of a hash table ---- */

uint32_t bdb_hash(const void *key, size_t length)
{
    const unsigned char *bytes = key;
    uint32_t hash = 0;

    for (size_t i = 0; i < length; i++)
        hash = (hash * 16777619u) ^ bytes[i];
    return hash;
}

static bool read_page(DB *db, db_pgno_t number, void *out, size_t size)
{
    DB_MPOOLFILE *file = db->get_mpf(db);
    void *page;

    if (file == NULL || file->get(file, &number, NULL, 0, &page) != 0)
        return false;
    memcpy(out, page, size);
    file->put(file, page, DB_PRIORITY_UNCHANGED, 0);
    return true;
}

/* The words are hashed into each file, to tell which function it uses. */
static bool read_first(DB *db, struct hash_page *first)
{
    static const char words[] = "%$sniglet^&";

    return read_page(db, 0, first, sizeof(*first)) &&
           first->check == bdb_hash(words, sizeof(words));
}

/* Buckets come in groups that double; each group is in one piece. */
static db_pgno_t page_of(const struct hash_page *first, uint32_t hash)
{
    uint32_t bucket = hash & first->high_mask;
    unsigned group = 0;

    if (bucket > first->last_bucket)
        bucket &= first->low_mask;
    while (group < 31 && (UINT32_C(1) << group) < bucket + 1)
        group++;
    return bucket + first->spares[group];
}

bool bdb_hash_has_gap(DB *db, const void *key, size_t length)
{
    struct hash_page first;
    struct page page;

    if (!read_first(db, &first))
        return false;
    db_pgno_t number = page_of(&first, bdb_hash(key, length));
    for (int i = 0; i < MAX_CHAIN; i++) {
        if (!read_page(db, number, &page, sizeof(page)) || page.entries == 0)
            return true;
        if (page.next == 0)
            return false;
        number = page.next;
    }
    return true;
}

static bool count_is_possible(const struct hash_page *first, uint32_t found)
{
    if (first->fill == 0)
        return first->count < BDB_FIRST_COUNT ||
               first->count - BDB_FIRST_COUNT <= found;
    bool should_be_more = false;
    for (uint64_t buckets = 1; buckets <= (uint64_t)first->last_bucket + 1;
         buckets *= 2) {
        uint64_t start = buckets * (first->fill / 2) + 1;
        if (start + found == first->count)
            return true;
        should_be_more |= start + found < first->count;
    }
    return !should_be_more;
}

bool bdb_hash_is_whole(DB *db)
{
    struct hash_page first;
    DB_HASH_STAT *summary = NULL;

    if (!read_first(db, &first))
        return true;
    bool whole = db->stat(db, NULL, &summary, 0) == 0 &&
                 count_is_possible(&first, summary->hash_nkeys);
    free(summary);
    return whole;
}
