# SPDX-License-Identifier: ISC
#
# site.pp - for Puppet, with the module camptocamp-postfix: main.cf, tables and
# aliases through Augeas, a master.cf from old days with fifos.
class { 'postfix':
  inet_interfaces     => 'loopback-only',
  myorigin            => 'mx.example.org',
  root_mail_recipient => 'test',
  mta                 => true,
  mydestination       => 'mx.example.org, localhost',
  mynetworks          => '127.0.0.0/8, [::1]/128',
  relayhost           => '[127.0.0.1]:2600',
  master_entries      => ['policy unix - n n - 0 spawn', '  user=nobody argv=/bin/true'],
}
postfix::hash { '/etc/postfix/recipient_access': content => "a@example.org OK\n" }
postfix::config { 'mailbox_size_limit': value => '0' }
postfix::config { 'relay_domains': ensure => 'blank' }
postfix::config { 'smtpd_helo_required': ensure => 'absent' }
postfix::config { 'smtpd_banner': value => '$myhostname ESMTP by Puppet' }
postfix::virtual { 'b@puppet.test': destination => ['test', 'root'] }
postfix::transport { 'remote.example.net': destination => 'smtp', nexthop => '[127.0.0.1]:2600' }
