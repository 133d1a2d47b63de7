# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sourced: Linux guests in QEMU, each with a kernel of its own, for tests that need kernel modules.
#
#   g61   bookworm, 6.1   OpenVPN 2.6, legacy module ovpn-dco-v2
#   g612  trixie, 6.12    OpenVPN 2.6, legacy module ovpn-dco-v2
#   g72   trixie-backports OpenVPN 2.7, the kernel's own driver ovpn
GUESTS=${OPENVPN_TEST_CACHE:-/var/cache/openvpn-dco-tests}/guests
GUEST_TIMEOUT_S=${GUEST_TIMEOUT_S:-300}
GUEST_SHIFT=

guest_packages="ca-certificates,iproute2,iperf3,kmod,procps,iputils-ping,ethtool,gcc,make,bc,jq,tcpdump,nftables,wireguard-tools,libc6-dev,pkg-config,netcat-openbsd,xz-utils"

# guest_suite NAME: sets suite, backports
guest_suite()
{
	backports=
	case $1 in
	g61) suite=bookworm ;;
	g612) suite=trixie ;;
	g72) suite=trixie backports=trixie-backports ;;
	*)
		echo "unknown guest $1" >&2
		return 1
		;;
	esac
}

# The image package is unpacked, not installed: its scripts want an initrd and a boot loader.
guest_kernel()
{
	local dir=$1 version=$2 p deb
	for p in "linux-image-$version" "linux-image-$version-unsigned" "linux-binary-$version" \
		"linux-modules-$version" "linux-base-$version"; do
		chroot "$dir/root" sh -c "cd /tmp && apt-get download $p"
	done
	for deb in "$dir"/root/tmp/linux-*.deb; do dpkg -x "$deb" "$dir/x"; done
	mkdir -p "$dir/root/usr/lib/modules"
	for p in "$dir/x/usr/lib/modules" "$dir/x/lib/modules"; do
		[ -d "$p" ] && cp -a "$p/." "$dir/root/usr/lib/modules/"
	done
	cp "$(find "$dir/x" -name 'vmlinuz*' -type f | head -n 1)" "$dir/vmlinuz"
	rm -f "$dir"/root/tmp/*.deb
	chroot "$dir/root" depmod "$version"
	rm -rf "$dir/x" "$dir/root/var/cache/apt/archives" "$dir/root/usr/share/doc"
}

# guest_root NAME: make the root once, from nothing
guest_root()
{
	local dir=$GUESTS/$1 suite backports version
	[ -e "$dir/ready" ] && return 0
	guest_suite "$1" || return 1
	rm -rf "$dir"
	mkdir -p "$dir"
	{
		debootstrap --variant=minbase --include="$guest_packages" "$suite" "$dir/root" || return 1
		[ -n "$backports" ] &&
			sed "s/ $suite / $backports /" "$dir/root/etc/apt/sources.list" >"$dir/root/etc/apt/sources.list.d/bp.list"
		chroot "$dir/root" sh -c "apt-get update && DEBIAN_FRONTEND=noninteractive \
			apt-get install -y --no-install-recommends ${backports:+-t $backports} openvpn linux-headers-cloud-amd64" || return 1
		version=$(find "$dir/root/usr/src" -maxdepth 1 -name 'linux-headers-*-cloud-amd64' -printf '%f\n' |
			sed 's/^linux-headers-//' | sort -V | tail -n 1)
		guest_kernel "$dir" "$version"
	} >"$dir/log" 2>&1
	echo "$version" >"$dir/version"
	touch "$dir/ready"
}

# guest_legacy_module NAME: build Debian's ovpn-dco-v2 with the guest's own compiler, once
guest_legacy_module()
{
	local dir=$GUESTS/$1 version rc
	version=$(cat "$dir/version")
	[ -n "$(find "$dir/root/usr/lib/modules/$version" -name 'ovpn-dco-v2.ko*')" ] && return 0
	mount -t proc proc "$dir/root/proc" || return 1
	chroot "$dir/root" sh -c "apt-get update && DEBIAN_FRONTEND=noninteractive \
		apt-get install -y --no-install-recommends openvpn-dco-dkms &&
		{ dkms install -k $version \$(dkms status | sed -n 's|^\\([^,:/]*\\)[/,] *\\([^,: ]*\\).*|\\1/\\2|p' | head -n 1) || true; } &&
		depmod $version && find /usr/lib/modules/$version -name 'ovpn-dco-v2.ko*' | grep -q ." >>"$dir/log-dkms" 2>&1
	rc=$?
	umount "$dir/root/proc"
	return $rc
}

# guest_binary DIR PROGRAM...: copy programs of this machine, or of the root GUEST_BINARY_ROOT, with their
# libraries and loader, so that the guest's own C library does not matter; each is started as DIR/bin/PROGRAM
guest_binary()
{
	local out=$1 p lib name root=${GUEST_BINARY_ROOT:-} in=()
	[ -z "$root" ] || in=(chroot "$root")
	shift
	mkdir -p "$out/bin" "$out/lib" "$out/real"
	for p in "$@"; do
		name=$(basename "$p")
		cp "$root$p" "$out/real/$name"
		"${in[@]}" ldd "$p" | grep -o '/[^ ]*' | while IFS= read -r lib; do
			cp -n "$root$("${in[@]}" readlink -f "$lib")" "$out/lib/${lib##*/}" 2>/dev/null
		done
		cat >"$out/bin/$name" <<-'W'
			#!/bin/sh
			dir=${0%/*}/..
			exec "$dir/lib/ld-linux-x86-64.so.2" --library-path "$dir/lib" "$dir/real/${0##*/}" "$@"
		W
		chmod +x "$out/bin/$name"
	done
}

# make_pki DIR: a CA, a server, two clients
make_pki()
{
	local n dir=$1
	mkdir -p "$dir"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=ca \
		-keyout "$dir/ca.key" -out "$dir/ca.crt"
	for n in server client client2; do
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$n" \
			-keyout "$dir/$n.key" -out "$dir/$n.csr"
		openssl x509 -req -in "$dir/$n.csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -CAcreateserial -days 3650 \
			-extfile <(printf 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=%s\n' \
				"$([ "$n" = server ] && echo serverAuth || echo clientAuth)") -out "$dir/$n.crt"
	done
}

# guest_main: what runs as process 1
guest_main()
{
	cat <<'G'
#!/bin/bash
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev 2>/dev/null
mount -t tmpfs tmp /tmp; mount -t tmpfs run /run
ln -sf /proc/self/fd /dev/fd; mkdir -p /dev/net /dev/pts /run/netns; mount -t devpts pts /dev/pts
ip link set lo up; modprobe -qa virtio_pci virtio_blk; mount /dev/vda /w
for m in veth tun aesni_intel af_packet nf_tables; do modprobe -q $m; done
cd /w && bash /w/script; echo "guest-exit $?"
# the legacy module on 6.12 warns at its first packet, which is not ours to mend
dmesg | grep -E 'WARNING|BUG|Oops|general protection|KFENCE|refcount|leaked reference' |
	grep -vE 'iptunnel_xmit\+|udp_tunnel6_xmit_skb\+' | head -n 20 | sed 's/^/guest-kernel /'
sync; echo o >/proc/sysrq-trigger; sleep 10
G
}

# guest_clock instruction|ordinary: which clock the machines after it have. That which counts instructions
# gives one processor 16 ns for each, 62 million a second, and waits for nothing: what sleeps costs no
# time, and how busy this machine is does not show in the guest.
guest_clock()
{
	case $1 in
	instruction) GUEST_SHIFT=4 ;;
	ordinary) GUEST_SHIFT= ;;
	*)
		echo "no such clock: $1 (instruction, ordinary)" >&2
		return 1
		;;
	esac
}

# guest_prelude: the first lines of a script. The clock that counts instructions jumps to the next timer
# while a disk is waited for, so what a script may read is in memory before it begins.
guest_prelude()
{
	[ -n "$GUEST_SHIFT" ] || return 0
	cat <<'G'
if [ -z "${GUEST_SETTLED:-}" ]; then
	mkdir /run/w && cp -a /w/. /run/w && mount --bind /run/w /w
	mount -o remount,noatime /
	find /usr/bin /usr/sbin /usr/lib64 /usr/lib/x86_64-linux-gnu /usr/lib/modules/*/{updates,kernel/net,kernel/crypto,kernel/arch,kernel/lib} \
		/usr/lib/modules/*/modules.*.bin /etc -name '*.a' -prune -o -type f -size -8M -print0 2>/dev/null | xargs -0 cat >/dev/null 2>&1
	# the emulator takes as long over one PCLMULQDQ as over hundreds of others; waiting is free, looking is not
	GUEST_SETTLED=1 OPENSSL_ia32cap=~0x200000000 PAUSE_S=0.5 exec bash /w/script
fi
G
}

# at_most JOBS: waits until fewer of this shell's background jobs run
at_most()
{
	while [ "$(jobs -rp | wc -l)" -ge "$1" ]; do wait -n; done
	return 0
}

# guest_boot DIR WORK: the machine itself; an oops ends it
guest_boot()
{
	local icount=() cpus=${GUEST_CPUS:-1}
	[ -z "$GUEST_SHIFT" ] || icount=(-icount "shift=$GUEST_SHIFT,sleep=off") cpus=1
	# Addresses that differ from one process to the next would have every program translated anew
	# (norandmaps); a key's first use would wait seconds for the kernel to test its cipher (cryptomgr.notests).
	# An interrupt at cmpxchg16b costs the emulated CPU its flags now and then; the kernel can do without.
	# shellcheck disable=SC2086
	timeout "$GUEST_TIMEOUT_S" qemu-system-x86_64 -accel tcg "${icount[@]}" ${GUEST_QEMU:-} -cpu max,-cx16 -smp "$cpus" -m 1536 \
		-nographic -no-reboot -nodefaults -serial stdio -kernel "$1/vmlinuz" \
		-drive file="$1/base.ext4",format=raw,if=none,id=d0,snapshot=on -device nvme,drive=d0,serial=root \
		-drive file="$2/files.ext4",format=raw,if=virtio,snapshot=on \
		-append "console=ttyS0 root=/dev/nvme0n1 rw init=/guest-main quiet panic=-1 oops=panic nokaslr norandmaps cryptomgr.notests no_timer_check" </dev/null 2>&1 |
		stdbuf -oL tr -d '\r'
}

# guest_run NAME DIR: boot, run DIR/script with DIR as /w; the console goes to standard output as it
# comes. Of the environment: GUEST_CPUS (1; ordinary clock only), GUEST_QEMU (more arguments), GUEST_TIMEOUT_S. Status: 0 when
# the script ended with 0 and the kernel had no complaint.
guest_run()
{
	local dir=$GUESTS/$1 files=$2 work console rc
	work=$(mktemp -d "${TMPDIR:-/var/tmp}/guest.XXXXXX") || return 1
	console=$work/console
	mkdir -p "$work/over" && guest_main >"$work/over/guest-main"
	chmod +x "$work/over/guest-main"
	# One image of the root for all runs, the files on a drive of another kind: which of two equal ones
	# comes first differs from boot to boot.
	(
		flock 9
		if [ ! -e "$dir/base.ext4" ] || [ "$dir/root/usr/lib/modules" -nt "$dir/base.ext4" ] ||
			! cmp -s "$work/over/guest-main" "$dir/root/guest-main"; then
			cp "$work/over/guest-main" "$dir/root/guest-main"
			mkdir -p "$dir/root/w" && rm -f "$dir/base.ext4"
			truncate -s 4G "$dir/base.ext4" && mke2fs -q -F -t ext4 -d "$dir/root" "$dir/base.ext4"
		fi
	) 9>"$dir/lock"
	truncate -s 256M "$work/files.ext4" && mke2fs -q -F -t ext4 -d "$files" "$work/files.ext4"
	guest_boot "$dir" "$work" | tee "$console"
	# Emulation now and then makes the kernel fail before our first line, which says nothing about us.
	if grep -aq 'Kernel panic' "$console" && ! grep -aqE '^(PASS|FAIL|CELL|guest-exit)' "$console"; then
		guest_boot "$dir" "$work" | tee "$console"
	fi
	grep -aq '^guest-exit 0' "$console" && ! grep -aq '^guest-kernel' "$console"
	rc=$?
	rm -rf "$work"
	return $rc
}
