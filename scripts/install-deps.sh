#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Installs what building and testing need on Debian 12. This is the only place which names packages.
#
# usage: scripts/install-deps.sh [build] [test] [demo] [peer-2.4] [peer-2.4.4] [peer-2.5] [peer-2.7] [peer-3]
#                                  (default: build test)
#   build     compiler, autotools, libraries
#   test      what the tests and scripts/check.sh run
#   demo      what scripts/demo.sh runs
#   peer-2.4, peer-2.4.4, peer-2.5, peer-2.7, peer-3
#             root directories with these releases as peers for tests/interop, made once and cached in
#             ${OPENVPN_TEST_CACHE:-/var/cache/openvpn-dco-tests}/focal, bionic, bullseye, trixie and
#             openvpn3; 2.4.4, the last which sends the old data format, is Ubuntu 18.04's,
#             2.4 is Ubuntu 20.04's, as no suite on Debian's mirrors has it any more
set -euo pipefail

BUILD=(autoconf automake gcc make pkg-config libc6-dev ccache python3-docutils
	libssl-dev libuv1-dev liburcu-dev libcap-ng-dev liblz4-dev liblzo2-dev
	libnl-3-dev libnl-genl-3-dev libnl-route-3-dev libsystemd-dev libcmocka-dev)
TEST=(clang clang-format clang-tidy libclang-rt-dev shellcheck debootstrap git
	netbase openvpn openssl iproute2 iputils-ping iperf3 nftables tcpdump procps netcat-openbsd python3)
DEMO=(openvpn openssl iproute2 iputils-ping iperf3)
CACHE=${OPENVPN_TEST_CACHE:-/var/cache/openvpn-dco-tests}
MIRROR=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
UBUNTU=${UBUNTU_MIRROR:-http://archive.ubuntu.com/ubuntu}
# what signs Ubuntu's archive; Debian 12 has no package of it
UBUNTU_KEYRING=pool/main/u/ubuntu-keyring/ubuntu-keyring_2020.02.11.4_all.deb
UBUNTU_KEYRING_SHA256=2684fae16e90a9ff3cb4dc08a8af5bd9973d38763b60e5f458dea0b403a39788

die()
{
	echo "install-deps: $*" >&2
	exit 1
}

missing()
{
	local p
	for p in "$@"; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q '^install ok installed$' || echo "$p"
	done
}

install()
{
	local need
	need=$(missing "$@")
	[ -n "$need" ] || return 0
	[ "$(id -u)" = 0 ] || die "these packages are missing: ${need//$'\n'/ }; run as root to install them"
	export DEBIAN_FRONTEND=noninteractive
	# The archives of other vendors may be unreachable: only the installation itself must succeed.
	apt-get -q update || echo "install-deps: apt-get update reported errors, going on" >&2
	# shellcheck disable=SC2086
	apt-get -q install -y --no-install-recommends $need
}

# peer NAME SUITE COMMAND [MIRROR]: a root directory with another OpenVPN, whose libraries do not fit
# this system. COMMAND installs it inside. Made once, under a lock as tests run side by side.
peer()
{
	local root=$CACHE/$1
	[ -x "$root/usr/sbin/openvpn" ] && return 0
	[ "$(id -u)" = 0 ] || die "making $root needs root"
	install debootstrap
	mkdir -p "$CACHE"
	exec 8>"$CACHE/$1.lock"
	flock 8
	[ -x "$root/usr/sbin/openvpn" ] && return 0
	echo "install-deps: making $root (about a minute)"
	rm -rf --one-file-system "$root.new"
	if ! {
		strap "$2" "$root.new" "${4-$MIRROR}" &&
		DEBIAN_FRONTEND=noninteractive chroot "$root.new" sh -ec "$3" &&
		{ chroot "$root.new" openvpn --version || true; } | grep '^OpenVPN 2'
	} >"$CACHE/$1.log" 2>&1; then
		tail -n 20 "$CACHE/$1.log" >&2
		die "cannot make $root, see $CACHE/$1.log"
	fi
	rm -rf "$root.new/var/cache/apt/archives"
	mv "$root.new" "$root"
}

# strap SUITE DIRECTORY MIRROR
strap()
{
	local deb keys=$2.keys opt=()
	mkdir -p "$keys"
	if [ "$3" = "$UBUNTU" ]; then
		deb=$keys/keyring.deb
		wget -q -T 20 -t 2 -O "$deb" "$UBUNTU/$UBUNTU_KEYRING" &&
			echo "$UBUNTU_KEYRING_SHA256  $deb" | sha256sum -c && dpkg-deb -x "$deb" "$keys" || return 1
		opt=(--keyring="$keys/usr/share/keyrings/ubuntu-archive-keyring.gpg")
	fi
	debootstrap --variant=minbase --include=ca-certificates "${opt[@]}" "$1" "$2" "$3" || return 1
	rm -rf "$keys"
}

[ $# -gt 0 ] || set -- build test
for part in "$@"; do
	case $part in
	build) install "${BUILD[@]}" ;;
	demo) install "${DEMO[@]}" ;;
	test) install "${TEST[@]}" ;;
	peer-2.4) peer focal focal "echo deb $UBUNTU focal-updates main >>/etc/apt/sources.list
		apt-get -q update
		apt-get -q install -y --no-install-recommends openvpn" "$UBUNTU" ;;
	peer-2.4.4) peer bionic bionic "apt-get -q install -y --no-install-recommends openvpn" "$UBUNTU" ;;
	peer-2.5) peer bullseye bullseye "apt-get -q install -y --no-install-recommends openvpn" ;;
	peer-2.7) peer trixie trixie "echo deb $MIRROR trixie-backports main >/etc/apt/sources.list.d/backports.list
		apt-get -q update
		apt-get -q install -y --no-install-recommends -t trixie-backports openvpn" ;;
	peer-3) peer openvpn3 trixie "apt-get -q install -y --no-install-recommends openvpn openvpn3-client dbus
		systemd-sysusers
		dbus-uuidgen >/etc/machine-id" ;;
	*) die "unknown part '$part': use build, test, demo, peer-2.4, peer-2.4.4, peer-2.5, peer-2.7 or peer-3" ;;
	esac
done
