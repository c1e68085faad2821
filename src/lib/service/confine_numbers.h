/* SPDX-License-Identifier: ISC
 *
 * confine_numbers.h - system calls that some machines or older headers of the
 * kernel do not have, as numbers that no call has.
 */
#ifndef SERVICE_CONFINE_NUMBERS_H
#define SERVICE_CONFINE_NUMBERS_H

#include <sys/syscall.h>

#ifndef SYS_access
#define SYS_access (-1)
#endif
#ifndef SYS_alarm
#define SYS_alarm (-1)
#endif
#ifndef SYS_arch_prctl
#define SYS_arch_prctl (-1)
#endif
#ifndef SYS_chmod
#define SYS_chmod (-1)
#endif
#ifndef SYS_chown
#define SYS_chown (-1)
#endif
#ifndef SYS_close_range
#define SYS_close_range (-1)
#endif
#ifndef SYS_creat
#define SYS_creat (-1)
#endif
#ifndef SYS_dup2
#define SYS_dup2 (-1)
#endif
#ifndef SYS_epoll_create
#define SYS_epoll_create (-1)
#endif
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 (-1)
#endif
#ifndef SYS_epoll_wait
#define SYS_epoll_wait (-1)
#endif
#ifndef SYS_eventfd
#define SYS_eventfd (-1)
#endif
#ifndef SYS_faccessat2
#define SYS_faccessat2 (-1)
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 (-1)
#endif
#ifndef SYS_fork
#define SYS_fork (-1)
#endif
#ifndef SYS_fsconfig
#define SYS_fsconfig (-1)
#endif
#ifndef SYS_fsmount
#define SYS_fsmount (-1)
#endif
#ifndef SYS_fsopen
#define SYS_fsopen (-1)
#endif
#ifndef SYS_fspick
#define SYS_fspick (-1)
#endif
#ifndef SYS_futex_waitv
#define SYS_futex_waitv (-1)
#endif
#ifndef SYS_futimesat
#define SYS_futimesat (-1)
#endif
#ifndef SYS_get_mempolicy
#define SYS_get_mempolicy (-1)
#endif
#ifndef SYS_getdents
#define SYS_getdents (-1)
#endif
#ifndef SYS_getpgrp
#define SYS_getpgrp (-1)
#endif
#ifndef SYS_getrlimit
#define SYS_getrlimit (-1)
#endif
#ifndef SYS_inotify_init
#define SYS_inotify_init (-1)
#endif
#ifndef SYS_ioperm
#define SYS_ioperm (-1)
#endif
#ifndef SYS_iopl
#define SYS_iopl (-1)
#endif
#ifndef SYS_kexec_file_load
#define SYS_kexec_file_load (-1)
#endif
#ifndef SYS_lchown
#define SYS_lchown (-1)
#endif
#ifndef SYS_link
#define SYS_link (-1)
#endif
#ifndef SYS_lookup_dcookie
#define SYS_lookup_dcookie (-1)
#endif
#ifndef SYS_lstat
#define SYS_lstat (-1)
#endif
#ifndef SYS_migrate_pages
#define SYS_migrate_pages (-1)
#endif
#ifndef SYS_mkdir
#define SYS_mkdir (-1)
#endif
#ifndef SYS_mknod
#define SYS_mknod (-1)
#endif
#ifndef SYS_modify_ldt
#define SYS_modify_ldt (-1)
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr (-1)
#endif
#ifndef SYS_move_mount
#define SYS_move_mount (-1)
#endif
#ifndef SYS_move_pages
#define SYS_move_pages (-1)
#endif
#ifndef SYS_mseal
#define SYS_mseal (-1)
#endif
#ifndef SYS_newfstatat
#define SYS_newfstatat (-1)
#endif
#ifndef SYS_nfsservctl
#define SYS_nfsservctl (-1)
#endif
#ifndef SYS_open
#define SYS_open (-1)
#endif
#ifndef SYS_open_tree
#define SYS_open_tree (-1)
#endif
#ifndef SYS_openat2
#define SYS_openat2 (-1)
#endif
#ifndef SYS_pause
#define SYS_pause (-1)
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd (-1)
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open (-1)
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal (-1)
#endif
#ifndef SYS_pipe
#define SYS_pipe (-1)
#endif
#ifndef SYS_poll
#define SYS_poll (-1)
#endif
#ifndef SYS_process_madvise
#define SYS_process_madvise (-1)
#endif
#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd (-1)
#endif
#ifndef SYS_readlink
#define SYS_readlink (-1)
#endif
#ifndef SYS_rename
#define SYS_rename (-1)
#endif
#ifndef SYS_renameat
#define SYS_renameat (-1)
#endif
#ifndef SYS_riscv_flush_icache
#define SYS_riscv_flush_icache (-1)
#endif
#ifndef SYS_riscv_hwprobe
#define SYS_riscv_hwprobe (-1)
#endif
#ifndef SYS_rmdir
#define SYS_rmdir (-1)
#endif
#ifndef SYS_rseq
#define SYS_rseq (-1)
#endif
#ifndef SYS_select
#define SYS_select (-1)
#endif
#ifndef SYS_setrlimit
#define SYS_setrlimit (-1)
#endif
#ifndef SYS_signalfd
#define SYS_signalfd (-1)
#endif
#ifndef SYS_stat
#define SYS_stat (-1)
#endif
#ifndef SYS_symlink
#define SYS_symlink (-1)
#endif
#ifndef SYS_time
#define SYS_time (-1)
#endif
#ifndef SYS_unlink
#define SYS_unlink (-1)
#endif
#ifndef SYS_utime
#define SYS_utime (-1)
#endif
#ifndef SYS_utimes
#define SYS_utimes (-1)
#endif
#ifndef SYS_vfork
#define SYS_vfork (-1)
#endif

#endif
