/* SPDX-License-Identifier: ISC
 *
 * priv.c - tests of base/priv.h.
 */
#include "base/priv.h"

#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

enum { NOBODY = 65534 };

TEST(priv_user_by_name_and_number)
{
    struct error why = ERROR_NONE;
    uid_t uid = 1;
    gid_t gid = 1;
    CHECK(priv_user("root", &uid, &gid, &why));
    CHECK(uid == 0 && gid == 0);
    uid = 1;
    CHECK(priv_user("0", &uid, NULL, &why));
    CHECK_INT(uid, 0);
    CHECK(!priv_user("no-such-user", &uid, &gid, &why));
    CHECK(strstr(why.text, "unknown user: no-such-user") != NULL);
    CHECK(!priv_user("", &uid, &gid, &why));
    CHECK(!priv_user("4294967295", &uid, &gid, &why));
    CHECK(!priv_user("-1", &uid, &gid, &why));
    CHECK(priv_group("root", &gid, &why) && gid == 0);
    CHECK(priv_group("12345", &gid, &why) && gid == 12345);
    CHECK(!priv_group("no-such-group", &gid, &why));
    CHECK(!priv_group("4294967295", &gid, &why));
}

TEST(priv_clean_environment_keeps_what_is_listed)
{
    clearenv();
    setenv("TZ", "UTC", 1);
    setenv("LD_PRELOAD", "evil.so", 1);
    priv_clean_environment("TZ, MISSING A=b=c { D = e f } =x");
    CHECK_STR(getenv("TZ"), "UTC");
    CHECK_STR(getenv("A"), "b=c");
    CHECK_STR(getenv("D"), "e f");
    CHECK_STR(getenv("LD_PRELOAD"), NULL);
    CHECK_STR(getenv("MISSING"), NULL);
    priv_clean_environment("");
    CHECK(environ == NULL || environ[0] == NULL);
}

TEST(priv_opens_standard_descriptors)
{
    int saved = fcntl(2, F_DUPFD, 10);
    close(0);
    close(2);
    priv_open_standard_descriptors();
    bool open_now = fcntl(0, F_GETFD) >= 0 && fcntl(2, F_GETFD) >= 0;
    dup2(saved, 2);
    CHECK(open_now);
}

TEST(priv_becomes_and_restores)
{
    if (geteuid() != 0)
        test_skip("needs root");
    gid_t groups[2] = { 0, 4 };
    CHECK(setgroups(2, groups) == 0);
    CHECK(!priv_is_setuid());
    priv_become(NOBODY, NOBODY);
    CHECK(geteuid() == NOBODY && getegid() == NOBODY && getuid() == 0);
    CHECK(getgroups(2, groups) == 1 && groups[0] == NOBODY);
    CHECK(priv_is_setuid());
    priv_become(1, 1); /* from one to the other */
    CHECK(geteuid() == 1 && getegid() == 1);
    priv_restore();
    CHECK(geteuid() == 0 && getegid() == 0 && !priv_is_setuid());
    CHECK(getgroups(2, groups) == 2 && groups[1] == 4);
}

TEST(priv_drop_is_for_good)
{
    if (geteuid() != 0)
        test_skip("needs root");
    priv_become(1, 1);
    priv_drop(NOBODY, NOBODY);
    uid_t real, effective, saved;
    CHECK(getresuid(&real, &effective, &saved) == 0);
    CHECK(real == NOBODY && effective == NOBODY && saved == NOBODY);
    CHECK(seteuid(0) < 0);
    priv_drop(NOBODY, NOBODY); /* already */
    priv_become(NOBODY, NOBODY);
    priv_restore();
    CHECK_EXIT(priv_drop(0, 0), 1);
    CHECK_EXIT(priv_drop(1, 1), 1);
    CHECK_EXIT(priv_become(1, 1), 1);
}
