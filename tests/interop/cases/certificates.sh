# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2016 # programs of hooks are texts
# Certificates of other kinds: chains, odd names, names from extensions, lists of fingerprints.

# certificate NAME SUBJECT ISSUER [EXTENSION-LINE...]: $DIR/NAME.crt and .key; ISSUER without .crt
certificate()
{
	local name=$1 subject=$2 issuer=$3
	shift 3
	{
		openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -utf8 -config "$PKI/openssl.cnf" \
			-subj "$subject" -keyout "$DIR/$name.key" -out "$DIR/$name.csr" &&
			printf '%s\n' "$@" >"$DIR/$name.ext" &&
			openssl x509 -req -in "$DIR/$name.csr" -CA "$issuer.crt" -CAkey "$issuer.key" -days 30 \
				-set_serial "0x$(openssl rand -hex 8)" -extfile "$DIR/$name.ext" -out "$DIR/$name.crt"
	} >"$DIR/$name.out" 2>&1 || {
		cat "$DIR/$name.out"
		fail "cannot make the certificate $name"
	}
}
IS_CA='basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash'
FOR_CLIENT='basicConstraints=CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=clientAuth'
FOR_SERVER='basicConstraints=CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth'

# Root, intermediate, leaf: the verifying end has the root only, the other sends the rest.
chain()
{
	certificate inter "/CN=Inter" "$PKI/ca" "$IS_CA"
	certificate leaf "/CN=leaf" "$DIR/inter" "$1"
	cat "$DIR/inter.crt" >>"$DIR/leaf.crt"
}

chain_client()
{
	chain "$FOR_SERVER"
	recorder tls-verify
	S_ID="ca $PKI/ca.crt
cert $DIR/leaf.crt
key $DIR/leaf.key" server 2.6 </dev/null
	client <<-E
		remote $SERVER4
		script-security 2
		tls-verify $DIR/tls-verify
		verify-x509-name leaf name
	E
	want_calls 'tls-verify tls-verify 2 CN=Test-CA
tls-verify tls-verify 1 CN=Inter
tls-verify tls-verify 0 CN=leaf
'
	want_log client 'VERIFY OK: depth=2, CN=Test-CA'
	want_log client 'VERIFY OK: depth=1, CN=Inter'
	want_log client 'VERIFY X509NAME OK: CN=leaf'
	ping_ok
	ut_stop
}
case_add chain_of_three_at_client chain_client

srv_chain()
{
	chain "$FOR_CLIENT"
	our_server <<-E
		script-security 2
		tls-verify $DIR/hook
	E
	C_ID="ca $PKI/ca.crt
cert $DIR/leaf.crt
key $DIR/leaf.key" their_client 2.6 </dev/null
	want "calls" 'tls-verify 2 CN=Test-CA cn=|tls-verify 1 CN=Inter cn=|tls-verify 0 CN=leaf cn=leaf' \
		"$(paste -sd'|' "$DIR/calls")"
	ping_ok
	their_client_stop
}
case_add srv_chain_of_three srv_chain

# The script refuses at one depth; the list of the root revokes the intermediate.
srv_chain_refused()
{
	chain "$FOR_CLIENT"
	case $1 in
	script)
		on tls-verify <<<'[ "$1" != 1 ]'
		our_server <<-E
			script-security 2
			tls-verify $DIR/hook
		E
		;;
	crl)
		(cd "$PKI" && cp -r db "$DIR/db" && sed "s|db/|$DIR/db/|" openssl.cnf >"$DIR/crl.cnf" &&
			openssl ca -config "$DIR/crl.cnf" -keyfile ca.key -cert ca.crt -revoke "$DIR/inter.crt" &&
			openssl ca -config "$DIR/crl.cnf" -keyfile ca.key -cert ca.crt -gencrl -out "$DIR/root.pem" &&
			openssl ca -config "$DIR/crl.cnf" -keyfile "$DIR/inter.key" -cert "$DIR/inter.crt" -gencrl -out "$DIR/inter.pem") \
			>"$DIR/crl.out" 2>&1 || fail "cannot revoke: $(cat "$DIR/crl.out")"
		cat "$DIR/root.pem" "$DIR/inter.pem" >"$DIR/crl.pem"
		our_server <<<"crl-verify $DIR/crl.pem"
		;;
	esac
	C_ID="ca $PKI/ca.crt
cert $DIR/leaf.crt
key $DIR/leaf.key" their_client_fails 2.6 'link remote' <<<"hand-window 5"
	wait_log server "$2" 15
	want_no_log server 'MULTI: Learn'
	kill "$UT_PID"
	ut_exit 10
}
case_add srv_chain_script_refuses_depth_1 srv_chain_refused script 'VERIFY SCRIPT ERROR: depth=1, CN=Inter'
case_add srv_chain_intermediate_revoked srv_chain_refused crl 'VERIFY ERROR: depth=1, error=certificate revoked: CN=Inter'

# A certificate for other purposes.
wrong_usage()
{
	certificate other "/CN=server" "$PKI/ca" 'basicConstraints=CA:FALSE' "$1" "$2"
	S_ID="ca $PKI/ca.crt
cert $DIR/other.crt
key $DIR/other.key" server 2.6 </dev/null
	client_conf <<-E
		remote $SERVER4
		hand-window 5
	E
	ut --config "$DIR/client.conf"
	wait_log client "$3"
	wait_log client 'process restarting'
	want_no_log client 'Initialization Sequence Completed'
	ut_stop
}
case_add server_wrong_eku__refused wrong_usage 'keyUsage=critical,digitalSignature' 'extendedKeyUsage=emailProtection' \
	'VERIFY ERROR: depth=0, error=unsuitable certificate purpose: CN=server'
case_add server_no_ku__refused wrong_usage 'extendedKeyUsage=serverAuth' '' 'VERIFY KU ERROR|Certificate does not have key usage extension'

# Names that could be mistaken for files or options: a client of that name is never another's file.
srv_name_is_no_file()
{
	mkdir "$DIR/ccd"
	echo 'push "echo msg-default"' >"$DIR/ccd/DEFAULT"
	certificate odd "/CN=$1" "$PKI/ca" "$FOR_CLIENT"
	our_server <<-E
		client-config-dir $DIR/ccd
		${2-}
	E
	C_ID="ca $PKI/ca.crt
cert $DIR/odd.crt
key $DIR/odd.key" their_client_fails 2.6 'link remote' <<<"hand-window 5"
	wait_log server "$3" 15
	kill "$UT_PID"
	ut_exit 10
}
case_add srv_name_dots_exclusive__refused srv_name_is_no_file .. ccd-exclusive \
	"TLS Auth Error: --client-config-dir authentication failed for common name '..'"
case_add srv_name_DEFAULT_exclusive__refused srv_name_is_no_file DEFAULT ccd-exclusive \
	"TLS Auth Error: --client-config-dir authentication failed for common name 'DEFAULT'"

srv_name_with_controls()
{
	certificate odd "$(printf '/CN=a\tb\nc')" "$PKI/ca" "$FOR_CLIENT"
	our_server </dev/null
	C_ID="ca $PKI/ca.crt
cert $DIR/odd.crt
key $DIR/odd.key" their_client 2.6 </dev/null
	want_log server 'VERIFY OK: depth=0, CN=a\\09b\\0Ac'
	want_log server '\[a_b_c\] Peer Connection Initiated'
	want_log server '^[^ ]+ [^ ]+ (us=[0-9]+ )?a_b_c/'
	their_client_stop
}
case_add srv_name_with_controls__shown_with_underscores srv_name_with_controls

# The user name is an address of the certificate.
srv_username_ext()
{
	certificate mail "/CN=somebody" "$PKI/ca" "$FOR_CLIENT" "subjectAltName=email:joe@example.net"
	our_server <<<'x509-username-field ext:subjectAltName'
	C_ID="ca $PKI/ca.crt
cert $DIR/mail.crt
key $DIR/mail.key" their_client 2.6 </dev/null
	want_log server '\[joe@example.net\] Peer Connection Initiated'
	their_client_stop
}
case_add srv_username_ext_subjectAltName srv_username_ext

srv_username_missing()
{
	our_server <<<'x509-username-field emailAddress'
	their_client_fails 2.6 'link remote' <<<"hand-window 5"
	wait_log server "VERIFY ERROR: could not extract emailAddress from X509 subject string \('CN=client'\)" 15
	kill "$UT_PID"
	ut_exit 10
}
case_add srv_username_missing__refused srv_username_missing

# Two fingerprints, of which the second is the right one, at both ends.
fingerprint_list()
{
	local other
	other=$(openssl x509 -in "$PKI/other-server.crt" -noout -fingerprint -sha256 | sed 's/.*=//')
	S_ID="cert $PKI/self-server.crt
key $PKI/self-server.key
<peer-fingerprint>
# of a friend
$other

$(cat "$PKI/self-client.fp")
</peer-fingerprint>" server "$OPENVPN" </dev/null
	C_ID="cert $PKI/self-client.crt
key $PKI/self-client.key
peer-fingerprint $other
peer-fingerprint $(cat "$PKI/self-server.fp")" client <<-E
		remote $SERVER4
	E
	ping_ok
	ut_stop
}
case_add fingerprint_list fingerprint_list

# A list of revoked certificates that goes away while the server runs: the old one stays.
srv_crl_removed()
{
	cp "$PKI/crl.pem" "$DIR/crl.pem"
	our_server <<<"crl-verify $DIR/crl.pem"
	rm "$DIR/crl.pem"
	their_client 2.6 </dev/null
	want_log server 'WARNING: Failed to stat CRL file, not reloading CRL\.'
	ping_ok
	their_client_stop
	C_ID="ca $PKI/ca.crt
cert $PKI/revoked.crt
key $PKI/revoked.key" their_client_fails 2.6 'link remote' <<<"hand-window 5"
	wait_log server 'error=certificate revoked: CN=revoked' 15
	kill "$UT_PID"
	ut_exit 10
}
case_add srv_crl_removed__old_one_stays srv_crl_removed
