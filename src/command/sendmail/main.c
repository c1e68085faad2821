/* SPDX-License-Identifier: ISC
 *
 * main.c - sendmail, mailq and newaliases: the Sendmail compatible command.
 *
 * It runs as the user who calls it and owns nothing: a message goes as
 * records to the set-gid postdrop, and other modes run the command for them.
 *
 * usage: sendmail [option ...] [recipient ...]; mailq; newaliases
 */
int main(void)
{
    return 69;
}
