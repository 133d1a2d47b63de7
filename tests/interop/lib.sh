# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the cases of tests/interop need: three network namespaces, a PKI, peers, the program under
# test, and waiting for conditions. Sourced by run.sh, which sets RUN (the directory of this run)
# and CASE; every case runs in its own process with its own namespaces.
#
#   client 198.51.100.2, 2001:db8:1::2  --  router  --  192.0.2.2, 2001:db8:2::2 server
#   inside the tunnel: 10.8.0.0/24, fd00:8::/64; the server is .1
#
# Peers are named 2.6 (Debian 12's), 2.4, 2.5 and 2.7 (roots made by scripts/install-deps.sh peer-2.4
# peer-2.5 peer-2.7); OpenVPN 3 is in cases/openvpn3.sh. OPENVPN is the program under test: a path, or 2.6 or 2.7 to run the cases with a real one.

CACHE=${OPENVPN_TEST_CACHE:-/var/cache/openvpn-dco-tests}
ROOT24=$CACHE/focal ROOT25=$CACHE/bullseye ROOT27=$CACHE/trixie ROOT3=$CACHE/openvpn3
SERVER4=192.0.2.2 SERVER6=2001:db8:2::2 CLIENT4=198.51.100.2 CLIENT6=2001:db8:1::2
export SERVER4 SERVER6 CLIENT4 CLIENT6
UT_PID='' SRV_PID=''

# standalone NAME: for scripts which use these functions outside of run.sh: a directory, namespaces
# and certificates of their own, removed at the end
standalone()
{
	CASE=$1
	RUN=$(mktemp -d "/tmp/ovpn-$1.XXXXXX")
	chmod 755 "$RUN"
	DIR=$RUN PKI=$RUN/pki NS=ovt$$
	export RUN PKI
	trap 'net_down "$NS"; rmdir "$ROOT24$RUN" "$ROOT25$RUN" "$ROOT27$RUN" "$ROOT3$RUN" 2>/dev/null; rm -rf "$RUN"' EXIT
	trap 'exit 143' TERM INT
	mkfifo "$DIR/tick"
	exec {TICK}<>"$DIR/tick"
	(pki_make "$PKI") >"$RUN/pki.log" 2>&1 || {
		cat "$RUN/pki.log"
		fail "cannot make certificates"
	}
}

# ---- ending a case -------------------------------------------------------------------------------
# fail TEXT: the case fails. The logs of both ends are shown by run.sh.
fail()
{
	echo "$CASE: $*"
	exit 1
}

# skip REASON
skip()
{
	echo "$*" >"$DIR/skip"
	exit 77
}

# ---- waiting -------------------------------------------------------------------------------------
# tick: a tenth of a second, without a process
tick()
{
	read -rt 0.1 -u "$TICK" || true
}

# until_true SECONDS COMMAND...: success as soon as the command succeeds
until_true()
{
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt "$end" ] || return 1
		tick
	done
}

# wait_for SECONDS WHAT COMMAND...
wait_for()
{
	local t=$1 what=$2
	shift 2
	until_true "$t" "$@" || fail "not within $t s: $what"
}

# wait_log FILE REGEX [SECONDS]: the line appears in the log (after mark FILE, if that was called)
wait_log()
{
	local file=$DIR/$1.log re=$2 t=${3:-20}
	until_true "$t" log_has "$1" "$re" || fail "not within $t s in $(basename "$file"): $re"
}

declare -A MARK
# mark LOG: later log_has and wait_log look only at what is appended from now on
mark()
{
	MARK[$1]=$(($(stat -c %s "$DIR/$1.log" 2>/dev/null || echo 0) + 1))
}

log_has()
{
	tail -c "+${MARK[$1]:-1}" "$DIR/$1.log" 2>/dev/null | grep -aqE -- "$2"
}

log_count()
{
	tail -c "+${MARK[$1]:-1}" "$DIR/$1.log" | grep -acE -- "$2"
}

want_log()
{
	log_has "$1" "$2" || fail "no line in $1.log: $2"
}

want_no_log()
{
	! log_has "$1" "$2" || fail "unwanted line in $1.log: $2"
}

# want NAME EXPECTED ACTUAL
want()
{
	[ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

# ---- namespaces ----------------------------------------------------------------------------------
in_c()
{
	ip netns exec "$NS-c" "$@"
}

in_s()
{
	ip netns exec "$NS-s" "$@"
}

in_r()
{
	ip netns exec "$NS-r" "$@"
}

net_up()
{
	local n
	for n in c r s; do
		ip netns add "$NS-$n" || fail "cannot make namespace $NS-$n"
	done
	ip -n "$NS-r" link add rc type veth peer name eth0 netns "$NS-c"
	ip -n "$NS-r" link add rs type veth peer name eth0 netns "$NS-s"
	in_r sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	ip -n "$NS-r" -batch - <<-E || fail "cannot set up the network"
		addr add 198.51.100.1/24 dev rc
		addr add 192.0.2.1/24 dev rs
		addr add 2001:db8:1::1/64 dev rc nodad
		addr add 2001:db8:2::1/64 dev rs nodad
		link set lo up
		link set rc up
		link set rs up
	E
	ip -n "$NS-c" -batch - <<-E || fail "cannot set up the network"
		addr add $CLIENT4/24 dev eth0
		addr add $CLIENT6/64 dev eth0 nodad
		link set lo up
		link set eth0 addrgenmode none
		link set eth0 up
		route add default via 198.51.100.1
		route add default via 2001:db8:1::1
	E
	ip -n "$NS-s" -batch - <<-E || fail "cannot set up the network"
		addr add $SERVER4/24 dev eth0
		addr add $SERVER6/64 dev eth0 nodad
		link set lo up
		link set eth0 up
		route add default via 192.0.2.1
		route add default via 2001:db8:2::1
	E
	# the kernel adds some routes of an interface a little later
	wait_for 5 "the local routes" sh -c "ip -n $NS-c -6 route show table local | grep -q 'local $CLIENT6 '"
	net_state >"$DIR/net.before"
}

# net_direct: client and server on one link, for figures
net_direct()
{
	ip netns add "$NS-c" && ip netns add "$NS-s" || fail "cannot make namespaces"
	ip -n "$NS-c" link add eth0 type veth peer name eth0 netns "$NS-s"
	ip -n "$NS-c" addr add 192.0.2.1/24 dev eth0
	ip -n "$NS-s" addr add "$SERVER4/24" dev eth0
	ip -n "$NS-c" link set eth0 up && ip -n "$NS-s" link set eth0 up && ip -n "$NS-s" link set lo up
	ip -n "$NS-c" link set lo up
}

# what a client may change and has to restore
net_state()
{
	ip -n "$NS-c" -o addr | sed 's/ *valid_lft.*//; s/^[0-9]*: //'
	ip -n "$NS-c" -4 route show table all
	# the kernel adds the multicast route of an interface some time after the interface is up
	ip -n "$NS-c" -6 route show table all | grep -v ^multicast
	ip -n "$NS-c" rule
}

want_net_restored()
{
	until_true 3 same_net_state || {
		echo "the client's network differs from before:"
		diff "$DIR/net.before" "$DIR/net.after"
		fail "addresses or routes are not restored"
	}
}

same_net_state()
{
	net_state >"$DIR/net.after"
	cmp -s "$DIR/net.before" "$DIR/net.after"
}

net_down()
{
	local n p
	for n in c r s; do
		p=$(ip netns pids "$1-$n" 2>/dev/null) || continue
		# shellcheck disable=SC2086
		[ -z "$p" ] || kill -9 $p 2>/dev/null
		ip netns del "$1-$n" 2>/dev/null
	done
}

# ---- keys and certificates, once per run ---------------------------------------------------------
pki_make()
{
	local p=$1 n
	mkdir -p "$p/db" && cd "$p" || return 1
	cat >openssl.cnf <<-E
		[req]
		distinguished_name=dn
		prompt=no
		[dn]
		CN=x
		[ca]
		default_ca=d
		[d]
		database=db/index
		serial=db/serial
		new_certs_dir=db
		default_md=sha256
		policy=pol
		default_days=3650
		default_crl_days=3650
		unique_subject=no
		[pol]
		commonName=supplied
		[v3ca]
		basicConstraints=critical,CA:TRUE
		keyUsage=critical,keyCertSign,cRLSign
		subjectKeyIdentifier=hash
		[server]
		basicConstraints=CA:FALSE
		keyUsage=critical,digitalSignature
		extendedKeyUsage=serverAuth
		[client]
		basicConstraints=CA:FALSE
		keyUsage=critical,digitalSignature
		extendedKeyUsage=clientAuth
	E
	pki_ca ca Test-CA && pki_ca otherca Other-CA || return 1
	pki_leaf ca server server server && pki_leaf ca server client client &&
		pki_leaf ca server other-server server && pki_leaf ca server revoked client &&
		pki_leaf ca server revoked-server server &&
		pki_leaf ca server expired-server server -startdate 20200101000000Z -enddate 20200201000000Z &&
		pki_leaf ca server expired client -startdate 20200101000000Z -enddate 20200201000000Z &&
		pki_leaf otherca server wrongca client && pki_leaf otherca server wrongca-server server || return 1
	for n in revoked revoked-server; do
		openssl ca -config openssl.cnf -keyfile ca.key -cert ca.crt -revoke "$n.crt" || return 1
	done
	openssl ca -config openssl.cnf -keyfile ca.key -cert ca.crt -gencrl -out crl.pem || return 1
	openssl ca -config openssl.cnf -keyfile ca.key -cert ca.crt -gencrl -out crl-old.pem \
		-crl_lastupdate 20200101000000Z -crl_nextupdate 20200201000000Z || return 1
	for n in self-server self-client; do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config openssl.cnf \
			-subj "/CN=$n" -keyout "$n.key" -out "$n.crt" -days 3650 || return 1
		openssl x509 -in "$n.crt" -noout -fingerprint -sha256 | sed 's/.*=//' >"$n.fp"
	done
	/usr/sbin/openvpn --genkey secret ta.key && /usr/sbin/openvpn --genkey secret other-ta.key &&
		/usr/sbin/openvpn --genkey tls-crypt-v2-server v2-server.key &&
		/usr/sbin/openvpn --genkey tls-crypt-v2-server other-v2-server.key &&
		/usr/sbin/openvpn --tls-crypt-v2 v2-server.key --genkey tls-crypt-v2-client v2-client.key &&
		/usr/sbin/openvpn --tls-crypt-v2 other-v2-server.key --genkey tls-crypt-v2-client other-v2-client.key
}

pki_ca()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config openssl.cnf \
		-subj "/CN=$2" -keyout "$1.key" -out "$1.crt" -days 3650 -extensions v3ca
	: >db/index
	[ -e db/serial ] || echo 1000 >db/serial
}

# pki_leaf CA CN-PREFIX NAME server|client [openssl ca arguments]: NAME.crt, NAME.key with CN=NAME
pki_leaf()
{
	local ca=$1 name=$3 ext=$4
	shift 4
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config openssl.cnf \
		-subj "/CN=$name" -keyout "$name.key" -out "$name.csr" &&
		openssl ca -batch -config openssl.cnf -keyfile "$ca.key" -cert "$ca.crt" -extensions "$ext" \
			-in "$name.csr" -out "$name.crt" -notext "$@"
}

# ---- programs ------------------------------------------------------------------------------------
# version_cmd 2.4|2.5|2.6|2.7|PATH: sets CMD, to be run inside `ip netns exec`, which has its own mounts
version_cmd()
{
	case $1 in
	2.6) CMD=(/usr/sbin/openvpn) ;;
	2.4)
		[ -x "$ROOT24/usr/sbin/openvpn" ] || skip "release 2.4 could not be had, see $ROOT24.log"
		root_cmd "$ROOT24"
		;;
	2.5) root_cmd "$ROOT25" ;;
	2.7) root_cmd "$ROOT27" ;;
	*) CMD=("$1") ;;
	esac
}

root_cmd()
{
	# shellcheck disable=SC2016
	CMD=(sh -c 'mkdir -p "$0$1" && mount --rbind "$1" "$0$1" && mount --rbind /dev "$0/dev" &&
		mount -t proc proc "$0/proc" && r=$0 w=$1 && shift && exec chroot "$r" openvpn --cd "$w" "$@"'
		"$1" "$RUN")
}

# server VERSION [< more options]: starts the peer and waits until it is ready
server()
{
	{
		server_base
		cat
	} >"$DIR/server.conf"
	server_start "$1"
}

# What every server has; S_ID replaces its certificate options, S_NET its addresses.
server_base()
{
	cat <<-E
		dev tun
		verb 4
		${S_NET-server 10.8.0.0 255.255.255.0
		server-ipv6 fd00:8::/64
		topology subnet}
		${S_ID-ca $PKI/ca.crt
		cert $PKI/server.crt
		key $PKI/server.key}
		dh none
	E
}

server_start()
{
	version_cmd "$1"
	mark server
	ip netns exec "$NS-s" "${CMD[@]}" --config "$DIR/server.conf" >>"$DIR/server.log" 2>&1 </dev/null &
	SRV_PID=$!
	wait_log server 'Initialization Sequence Completed|Exiting due to fatal' 15
	want_log server 'Initialization Sequence Completed'
}

server_stop()
{
	kill "-${1:-TERM}" "$SRV_PID"
	wait "$SRV_PID" 2>/dev/null
	SRV_PID=''
}

# client_conf [< more options]: writes client.conf; C_ID replaces the certificate options
client_conf()
{
	{
		cat <<-E
			client
			dev tun
			verb 4
			${C_ID-ca $PKI/ca.crt
			cert $PKI/client.crt
			key $PKI/client.key
			remote-cert-tls server}
		E
		cat
	} >"$DIR/client.conf"
}

# ut [ARGUMENT...]: starts the program under test in the client's namespace, log in client.log
ut()
{
	version_cmd "$OPENVPN"
	mark client
	ip netns exec "$NS-c" "${UT_WRAP[@]}" "${CMD[@]}" "$@" >>"$DIR/client.log" 2>&1 </dev/null &
	UT_PID=$!
}
UT_WRAP=()

# client [< more options]: client_conf, start, wait until connected
client()
{
	client_conf
	ut --config "$DIR/client.conf"
	connected 25
}

# connected [SECONDS]
connected()
{
	wait_log client 'Initialization Sequence Completed' "$1"
}

# ut_exit SECONDS: waits for the end of the program under test, sets RC
ut_exit()
{
	until_true "$1" ut_gone || fail "the client did not end within $1 s"
	wait "$UT_PID" 2>/dev/null
	RC=$?
	UT_PID=''
}

ut_gone()
{
	! kill -0 "$UT_PID" 2>/dev/null || grep -q '^State:.Z' "/proc/$UT_PID/status"
}

# ut_stop [SIGNAL]: the orderly end, with everything restored and exit status 0
ut_stop()
{
	local s=${1:-TERM}
	kill "-$s" "$UT_PID"
	ut_exit 10
	want "exit status after SIG$s" 0 "$RC"
	tail -n 1 "$DIR/client.log" | grep -aqE "SIG$s\[(hard|soft),[a-z_-]*\] received, process exiting" ||
		fail "the last line does not tell the signal"
	want_net_restored
}

# ut_fails REGEX [SECONDS]: the program ends with status 1 and a line that matches
ut_fails()
{
	ut_exit "${2:-15}"
	want_log client "$1"
	want "exit status" 1 "$RC"
}

# ---- traffic -------------------------------------------------------------------------------------
# ping_ok [ADDRESS]: the tunnel carries small and large packets both ways
ping_ok()
{
	local a=${1:-10.8.0.1}
	in_c ping -qnc 5 -i 0.05 -W 2 "$a" >"$DIR/ping" || { cat "$DIR/ping"; fail "ping $a"; }
	in_c ping -qnc 3 -i 0.05 -W 2 -s 1372 "$a" >"$DIR/ping" || { cat "$DIR/ping"; fail "ping -s 1372 $a"; }
}

pings()
{
	in_c ping -qnc 1 -W 1 "${1:-10.8.0.1}"
}

tunnel_ok()
{
	ping_ok 10.8.0.1
	ping_ok fd00:8::1
}

# ping_start [INTERVAL]: a steady ping from client to server, until ping_end
ping_start()
{
	ip netns exec "$NS-c" ping -nDi "${1:-0.02}" 10.8.0.1 >"$DIR/steady" 2>&1 &
	PING_PID=$!
}

# ping_lost SINCE: of the pings that were sent until SINCE, how many had no reply. Prints nothing before one sent later
# had its own: on a busy machine many are under way.
ping_lost()
{
	awk -v since="$1" '
		/bytes from .*icmp_seq=/ {
			stamp = substr($1, 2) + 0
			seq = rtt = $0
			sub(/.*icmp_seq=/, "", seq)
			sub(/.*time=/, "", rtt)
			seq += 0
			got[seq] = 1
			if (stamp - rtt / 1000 > since) {
				for (i = 1; i < seq; i++) lost += !(i in got)
				print lost + 0
				exit
			}
		}' "$DIR/steady"
}

# shellcheck disable=SC2317 # called by until_true
ping_answered()
{
	[ -n "$(ping_lost "$1")" ]
}

# sets LOST
ping_end()
{
	local sent got since=$EPOCHREALTIME
	until_true 3 ping_answered "$since" || true
	kill -INT "$PING_PID"
	wait "$PING_PID" 2>/dev/null
	LOST=$(ping_lost "$since")
	[ -z "$LOST" ] || return 0
	# the tunnel is dead
	sent=$(sed -nE 's/^([0-9]+) packets transmitted.*/\1/p' "$DIR/steady")
	got=$(sed -nE 's/.* ([0-9]+) received.*/\1/p' "$DIR/steady")
	LOST=$((sent - got))
}

# drops: packets that found no room in the server's sockets, in its devices, in the client's sockets, in its devices
drops()
{
	local ns
	for ns in "$NS-s" "$NS-c"; do
		ip netns exec "$ns" sh -c 'cat /proc/net/udp /proc/net/udp6; cat /sys/class/net/tun*/statistics/tx_dropped' |
			awk 'NF > 10 && $1 != "sl" {socket += $NF} NF == 1 {device += $1} END {print socket + 0, device + 0}'
	done | tr '\n' ' '
}

route_to()
{
	ip -n "$NS-c" route get "$1" 2>/dev/null | sed -nE 's/.* dev ([^ ]+).*/\1/p;q'
}
