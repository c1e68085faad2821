#include "local.h"
enum answer deliver_forward_file(const struct delivery *d, const struct user_info *user, enum fate *fate)
{ (void)d, (void)user, (void)fate; return ABSENT; }
enum fate deliver_include(const struct delivery *d, const char *path)
{ (void)path; return report_failed(d, "4.3.0", "include files are not supported yet"); }
enum fate deliver_file(const struct delivery *d, const char *path)
{ (void)path; return report_failed(d, "4.3.0", "delivery to a file is not supported yet"); }
enum fate deliver_command(const struct delivery *d, const char *command)
{ (void)command; return report_failed(d, "4.3.0", "delivery to a command is not supported yet"); }
