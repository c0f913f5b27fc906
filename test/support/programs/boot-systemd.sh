#!/bin/sh
# A machine of which systemd is the first process: boot-systemd.sh FOLDER CHECKOUT, as root, in the network namespace that it is to have.
# It sees the files of this one and can write to all of them, which is forgotten when it ends. What stays is in FOLDER/disk: its
# /etc/ipsec, /etc/default, /etc/systemd/system and /var/lib/ipsec. The checkout is at /opt/checkout too: units with PrivateTmp do not see
# it where it is below /tmp, and no mounts but that of the root are there. Whoever kills its first process has switched it off.
set -eu
folder=$1
checkout=$2

if [ "${3:-}" != inside ]; then
  # A tree of control groups for it; the hierarchy of version 2 can be had beside those of version 1.
  mkdir -p "$folder/cgroup" "$folder/root"
  mount -t cgroup2 cgroup2 "$folder/cgroup"
  group=$folder/cgroup/$(basename "$folder")
  mkdir -p "$group"
  echo $$ >"$group/cgroup.procs"
  exec unshare --fork --kill-child --pid --mount --uts --ipc --cgroup "$0" "$folder" "$checkout" inside
fi

root=$folder/root/all
mount --make-rprivate /
mount -t tmpfs tmpfs "$folder/root"
mkdir "$folder/root/upper" "$folder/root/work" "$root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/root/upper,workdir=$folder/root/work" "$root"

mkdir -p "$root/opt/checkout"
mount --bind "$checkout" "$root/opt/checkout"
mount -t proc proc "$root/proc"
# Settings of the kernel are not its own, but for those of its network.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/net"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
for device in null zero full random urandom tty net/tun; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
: >"$root/dev/console"
mount --bind "$folder/console" "$root/dev/console"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"

# Each start is another one to whoever asks for its number.
cat /proc/sys/kernel/random/uuid >"$folder/boot-id"
mount --bind "$folder/boot-id" "$root/proc/sys/kernel/random/boot_id"

rm -rf "$root/etc/systemd/system" "$root/etc/ipsec"
for kept in etc/ipsec etc/default etc/systemd/system var/lib/ipsec; do
  mkdir -p "$root/$kept" "$folder/disk/$kept"
  mount --bind "$folder/disk/$kept" "$root/$kept"
done
# What comes with the distribution and is not of these tests: devices, logins, the clock, old files.
mkdir -p "$root/run/systemd/system"
for unit in dbus.service dbus.socket e2scrub_reap.service getty.target systemd-logind.service systemd-random-seed.service \
  systemd-pcrphase.service systemd-pcrphase-sysinit.service systemd-sysctl.service systemd-sysusers.service systemd-timesyncd.service \
  systemd-tmpfiles-clean.timer systemd-tmpfiles-setup.service systemd-udevd.service systemd-udev-trigger.service \
  systemd-update-utmp.service; do
  ln -s /dev/null "$root/run/systemd/system/$unit"
done
rm -rf "$root/var/log/journal"
echo guest >"$root/etc/hostname"

cd "$root"
mkdir -p .outside
pivot_root . .outside
umount -l /.outside
rmdir /.outside
exec env -i container=test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --unit=multi-user.target --show-status=no --log-target=journal-or-kmsg </dev/null >/dev/console 2>&1
