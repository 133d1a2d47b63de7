#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Shows the program at work: installs what is missing, builds, connects a client and a server in
# network namespaces of this machine, prints what was negotiated, pings and measures, and cleans up.
#
# usage: sudo scripts/demo.sh [--peer self|real]
#   --peer self  client and server are this program (default)
#   --peer real  the server is OpenVPN of this Debian
#   OPENVPN=path uses another program and does not build
set -eu
TOP=$(cd "$(dirname "$0")/.." && pwd)
say()
{
	printf '\n== %s\n' "$*"
}

peer=self
while [ $# -gt 0 ]; do
	case $1 in
	--peer) peer=${2-} && shift ;;
	--peer=*) peer=${1#*=} ;;
	*) peer= ;;
	esac
	shift || peer=
done
case $peer in self | real) ;; *) sed -n '3,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac
[ "$(id -u)" = 0 ] || { echo "demo: needs root for network namespaces and packages: sudo scripts/demo.sh" >&2; exit 1; }
if [ -z "${OPENVPN-}" ]; then
	say "Packages"
	"$TOP/scripts/install-deps.sh" build demo
	say "Build"
	build=$TOP/build-demo
	mkdir -p "$build"
	{
		[ -x "$TOP/configure" ] || (cd "$TOP" && autoreconf -fi)
		cd "$build"
		[ -e Makefile ] || "$TOP/configure" -q
		make -j"$(nproc)" openvpn
	} >"$build/demo.log" 2>&1 || { tail -n 30 "$build/demo.log" >&2; echo "demo: the build failed, see $build/demo.log" >&2; exit 1; }
	OPENVPN=$build/openvpn
fi

# shellcheck source=tests/interop/lib.sh
. "$TOP/tests/interop/lib.sh"
set +e
standalone demo
net_direct
case $OPENVPN in 2.*) ;; *) "$OPENVPN" --version | head -n 2 ;; esac

if [ "$peer" = real ]; then
	server=2.6
	say "Tunnel: this client to the server $(/usr/sbin/openvpn --version | sed -n '1s/ \[.*//p')"
else
	server=$OPENVPN
	say "Tunnel: this client to this server"
fi
server "$server" <<-E
	data-ciphers AES-256-GCM:CHACHA20-POLY1305
	tls-crypt-v2 $PKI/v2-server.key
	push "route 203.0.113.0 255.255.255.0"
E
client <<-E
	remote $SERVER4
	tls-crypt-v2 $PKI/v2-client.key
E
# shown LOG REGEX: lines of a log without their times
shown()
{
	grep -aE "$2" "$DIR/$1.log" | sed -E "s/^[-0-9]+ [:0-9]+ (us=[0-9]+ )?//; s/^/  /"
}
echo "at the client:"
shown client 'Control Channel: TLS|PUSH: Received|Data Channel: cipher|Initialization Sequence'
echo "at the server:"
shown server 'peer info: IV_(VER|CIPHERS)|Peer Connection Initiated|MULTI: primary virtual'
ip -n "$NS-c" -br addr show tun0 | sed 's/^/  /'

say "Ping through the tunnel"
in_c ping -nc 4 -i 0.2 10.8.0.1 | sed 's/^/  /'
in_c ping -nc 2 -i 0.2 fd00:8::1 | tail -n 2 | sed 's/^/  /'

measure()
{
	in_s iperf3 -s -D -1 >/dev/null
	wait_for 5 iperf3 iperf_ready
	# shellcheck disable=SC2086
	in_c iperf3 -f m -c 10.8.0.1 -t 4 ${2-} | sed -nE "s/.* ([0-9.]+ Mbits\/sec).*receiver.*/  $1: \1/p"
}

iperf_ready()
{
	in_s ss -Hltn 'sport = 5201' | grep -q .
}
say "Throughput, one TCP stream, client and server on this machine"
measure "client to server"
measure "server to client" -R

say "End"
kill -TERM "$UT_PID"
ut_exit 10
tail -n 1 "$DIR/client.log" | sed 's/^/  /'
echo "  exit status $RC"
server_stop TERM
[ "$RC" = 0 ]
