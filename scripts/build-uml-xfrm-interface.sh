#!/usr/bin/env bash
# Gives the kernel of User-Mode Linux (Debian: user-mode-linux) XFRM interfaces, which its package leaves out, so that
# test/interop/kernel-interface.kernel.test.ts can run: builds that one module from the distribution's source of the same version and
# puts it among the others. As root; takes about a minute, 140 MB to fetch and 1.5 GB for a while.
set -euo pipefail
modules=$(echo /usr/lib/uml/modules/*/)
release=$(basename "$modules")
apt-get install -y -qq --no-install-recommends gcc make bc flex bison libc6-dev xz-utils
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download "linux-source-${release%.*}=$release-1"
dpkg -x linux-source-*.deb package
mkdir source module
tar -xf package/usr/src/linux-source-*.tar.xz -C source --strip-components=1
linux.uml --showconfig >source/.config
echo CONFIG_XFRM_INTERFACE=m >>source/.config
cp source/net/xfrm/xfrm_interface_core.c module/
printf 'obj-m := xfrm_interface.o\nxfrm_interface-y := xfrm_interface_core.o\n' >module/Makefile
cd source
make -s ARCH=um olddefconfig
make -s -j"$(nproc)" ARCH=um modules_prepare
# The kernel was built without versions of symbols: what is not known here is found when the module is loaded.
touch Module.symvers
make -s ARCH=um M="$work/module" KBUILD_MODPOST_WARN=1 modules
cp "$work/module/xfrm_interface.ko" "$modules/kernel/net/xfrm/"
mkdir -p "$work/root/lib/modules"
ln -s "$modules" "$work/root/lib/modules/$release"
depmod -b "$work/root" "$release"
