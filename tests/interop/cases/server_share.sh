# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# --port-share: a web server behind the port of the program under test. Uses the functions of
# server.sh.

# web [ADDRESS]: a server that answers each connection with what its directory file says
web()
{
	mkdir -p "$DIR/share"
	cat >"$DIR/web.py" <<-'E'
		import os, socket, sys, threading
		address, port, share = sys.argv[1], int(sys.argv[2]), sys.argv[3]
		s = socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET,
		                         backlog=200)
		print("ready", flush=True)
		def serve(c, a):
		    name = "[AF_INET6]%s:%d" % a[:2] if ":" in a[0] else "[AF_INET]%s:%d" % a
		    first = c.recv(100)
		    try:
		        who = open(share + "/" + name).read()
		    except OSError as e:
		        who = str(e)
		    if first.startswith(b"BULK"):
		        for i in range(400):
		            c.sendall(b"x" * 100000)
		    else:
		        c.sendall(b"web " + who.encode() + b" " + first)
		    c.close()
		while True:
		    c, a = s.accept()
		    threading.Thread(target=serve, args=(c, a), daemon=True).start()
	E
	ip netns exec "$NS-s" python3 "$DIR/web.py" "${1-127.0.0.1}" 8080 "$DIR/share" >"$DIR/web.log" 2>&1 &
	wait_log web ready
}

# say HOST BYTES...: send the parts with a pause between, print the answer
say()
{
	in_c timeout 20 python3 -c '
import socket, sys, time
s = socket.create_connection((sys.argv[1], 1194))
for p in sys.argv[2:]:
    s.sendall(p.encode("latin1").decode("unicode_escape").encode("latin1"))
    time.sleep(0.2)
s.settimeout(10)
got = b""
while True:
    d = s.recv(1000)
    if not d: break
    got += d
print(got.decode("latin1"))' "$@"
}

share_server()
{
	web "$2"
	our_server <<-E
		proto $1
		port-share $2 8080 $DIR/share
		${3-}
	E
}

# srv_share CLIENT-VERSION SERVER-PROTO WEB-ADDRESS HOST CLIENT-PROTO
srv_share()
{
	local host=$4 answer
	share_server "$2" "$3"
	if [ "$1" = self ]; then
		client <<-E
			remote $host
			proto $5
		E
	else
		OPENVPN=$1 client <<-E
			remote $host
			disable-dco
			proto $5
		E
	fi
	ping_ok
	answer=$(say "$host" 'GET /') || fail "no answer to a web client"
	[[ $answer == 'web [AF_INET'*']'*' GET /' ]] || fail "answer: $answer"
	# in pieces: one byte, two bytes
	answer=$(say "$host" G ET)
	[[ $answer == web*' GET' ]] || fail "answer to pieces: $answer"
	answer=$(say "$host" '\x16\x03' '\x01\x02')
	[[ $answer == web* ]] || fail "answer to a TLS client: $answer"
	# what looks like a VPN client's first packet does not go there
	answer=$(say "$host" '\x00\x0e8' 'xxxxxxxxxxxxx')
	[[ $answer != web* ]] || fail "a VPN packet went to the web server"
	ping_ok
	want "redirections" 3 "$(log_count server 'Non-OpenVPN client protocol detected')"
	want "redirections" 3 "$(log_count server 'SIGTERM\[soft,port-share-redirect\] received, client-instance exiting')"
	want "files left" "" "$(ls "$DIR/share")"
	kill "$UT_PID"
	ut_exit 10
}
case_add srv_port_share_26 srv_share 2.6 tcp-server 127.0.0.1 "$SERVER4" tcp-client
case_add srv_port_share_27 srv_share 2.7 tcp-server 127.0.0.1 "$SERVER4" tcp-client
case_add srv_port_share_6 srv_share self tcp6-server ::1 "$SERVER6" tcp6-client

# the file names the client
srv_share_who()
{
	local answer
	share_server tcp4-server 127.0.0.1
	answer=$(say "$SERVER4" 'GET /')
	[[ $answer == "web [AF_INET]$CLIENT4:"*' GET /' ]] || fail "answer: $answer"
}
case_add srv_port_share__directory_tells_the_client srv_share_who

# after a restart without privileges it goes on, and so does a connection that was open
srv_share_restart()
{
	local answer
	mkdir -m 1777 "$DIR/share"
	share_server tcp4-server 127.0.0.1 'user nobody
persist-tun
persist-key'
	in_c timeout 30 python3 -c '
import socket, sys
s = socket.create_connection((sys.argv[1], 1194))
s.sendall(b"BULK")
n = len(s.recv(1000))
print("begun", flush=True)
sys.stdin.readline()
while True:
    d = s.recv(100000)
    if not d: break
    n += len(d)
print("got", n, flush=True)' "$SERVER4" >"$DIR/bulk.log" 2>&1 < <(wait_log server 'Initialization Sequence Completed' && sleep 3 && echo) &
	wait_log bulk begun
	mark server
	kill -USR1 "$SRV_PID"
	wait_log server 'Initialization Sequence Completed'
	answer=$(say "$SERVER4" 'GET /')
	[[ $answer == "web [AF_INET]$CLIENT4:"*' GET /' ]] || fail "answer after the restart: $answer"
	wait_log bulk 'got 40000000'
}
case_add srv_port_share__restart_without_root srv_share_restart

# many silent and many loading connections: VPN clients come in and do not feel it
srv_share_load()
{
	share_server tcp-server 127.0.0.1 'max-clients 5
verb 3'
	in_c python3 -c '
import socket, time
ss = []
for i in range(1300):
    s = socket.create_connection(("'"$SERVER4"'", 1194)); ss.append(s)
for i in range(20):
    s = socket.create_connection(("'"$SERVER4"'", 1194)); s.sendall(b"BULK"); ss.append(s)   # never reads
print("full", flush=True)
time.sleep(60)' >"$DIR/flood.log" 2>&1 &
	local flood=$!
	wait_log flood full
	their_client 2.6 <<-E
		proto tcp-client
	E
	ping_ok
	want "loss" 0 "$(in_c ping -qnc 20 -i 0.05 -W 2 10.8.0.1 | sed -n 's/.* \([0-9]*\)% packet loss.*/\1/p')"
	want_log server 'nothing came on the connection, closing it'
	answer=$(say "$SERVER4" 'GET /')
	[[ $answer == web* ]] || fail "answer: $answer"
	kill $flood
	their_client_stop
	server_stop TERM
}
case_add srv_port_share__flood_harms_nobody srv_share_load

# without the other server the connection is closed and the log says why
srv_share_down()
{
	our_server <<-E
		proto tcp-server
		port-share 127.0.0.1 8081
	E
	want "answer" "" "$(say "$SERVER4" 'GET /')"
	wait_log server 'PORT SHARE: TCP: connect to \[AF_INET\]127\.0\.0\.1:8081 failed: Connection refused'
	their_client 2.6 <<-E
		proto tcp-client
	E
	ping_ok
	their_client_stop
}
case_add srv_port_share__no_server srv_share_down
