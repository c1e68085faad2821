/* SPDX-License-Identifier: ISC
 *
 * random.c - tests of choices by chance.
 */
#include "base/random.h"

#include "test.h"

TEST(random_below_reaches_all_and_no_more)
{
    bool seen[3] = { false, false, false };

    CHECK_INT(random_below(1), 0);
    for (int i = 0; i < 1000; i++) {
        uint64_t n = random_below(COUNT(seen));
        CHECK(n < COUNT(seen));
        seen[n] = true;
    }
    CHECK(seen[0] && seen[1] && seen[2]);
}
