# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Key files: what we make a real peer loads, and the client keys of tls-crypt-v2 with what they carry.

# tool ARGUMENTS: the program under test, for a moment
tool()
{
	version_cmd "$OPENVPN"
	in_c "${CMD[@]}" "$@" >>"$DIR/client.log" 2>&1 </dev/null
}

# ours TYPE: both ends use a key that the program under test made
ours()
{
	local k=$DIR/key
	case $1 in
	tls-auth | tls-crypt)
		tool --genkey "$1" "$k" || fail "--genkey $1"
		server "$2" <<<"$1 $k"
		client <<<"remote $SERVER4
$1 $k"
		;;
	tls-crypt-v2)
		tool --genkey tls-crypt-v2-server "$k" || fail "--genkey tls-crypt-v2-server"
		tool --tls-crypt-v2 "$k" --genkey tls-crypt-v2-client "$k.client" || fail "--genkey tls-crypt-v2-client"
		want "mode" 600 "$(stat -c %a "$k.client")"
		server "$2" <<<"tls-crypt-v2 $k"
		client <<<"remote $SERVER4
tls-crypt-v2 $k.client"
		;;
	auth-token)
		tool --genkey auth-token "$k" || fail "--genkey auth-token"
		cat >"$DIR/yes" <<<$'#!/bin/sh\nexit 0'
		chmod +x "$DIR/yes"
		printf 'bob\nsecret\n' >"$DIR/login"
		server "$2" <<-E
			auth-gen-token
			auth-gen-token-secret $k
			script-security 2
			auth-user-pass-verify $DIR/yes via-file
		E
		client <<-E
			remote $SERVER4
			auth-user-pass $DIR/login
		E
		want_log client 'PUSH_REPLY.*auth-token'
		;;
	esac
	want "mode" 600 "$(stat -c %a "$k")"
	ping_ok
	ut_stop
}
for v in 2.6 2.7; do
	case_add "genkey_tls-auth_${v/./}" ours tls-auth $v
	case_add "genkey_tls-crypt_${v/./}" ours tls-crypt $v
	case_add "genkey_tls-crypt-v2_${v/./}" ours tls-crypt-v2 $v
	case_add "genkey_auth-token_${v/./}" ours auth-token $v
done

# The longest metadata fits; one byte more does not. Without a file name the key goes to standard output.
genkey_limits()
{
	local k=$DIR/key
	tool --genkey tls-crypt-v2-server "$k" || fail "server key"
	tool --tls-crypt-v2 "$k" --genkey tls-crypt-v2-client "$k.c" "$(printf '%733s' x | base64 -w 0)" ||
		fail "733 bytes of metadata"
	tool --tls-crypt-v2 "$k" --genkey tls-crypt-v2-client "$k.d" "$(printf '%734s' x | base64 -w 0)" &&
		fail "734 bytes of metadata are accepted"
	want_log client 'ERROR: metadata too long \(734 bytes, max 733 bytes\)'
	: >"$DIR/client.log"
	tool --genkey secret || fail "to standard output"
	want "lines of the key" 16 "$(sed -n '/BEGIN OpenVPN Static/,/END OpenVPN Static/p' "$DIR/client.log" | grep -cE '^[0-9a-f]{32}$')"
}
case_add genkey_limits genkey_limits

# ---- client keys of tls-crypt-v2 ----------------------------------------------------------------
# v2_key METADATA-HEX: $DIR/v2.client under the server key $DIR/v2.server, built by hand. METADATA is
# the type byte and the value, or nothing at all.
v2_key()
{
	local s kc plain len tag
	hex()
	{
		xxd -p | tr -d '\n'
	}
	/usr/sbin/openvpn --genkey tls-crypt-v2-server "$DIR/v2.server"
	s=$(grep -v -e '---' "$DIR/v2.server" | base64 -d | hex)
	kc=$(head -c 256 /dev/urandom | hex)
	plain=$kc$1
	len=$(printf %04x $((32 + ${#plain} / 2 + 2)))
	tag=$(xxd -r -p <<<"$len$plain" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:${s:128:64}" -binary | hex)
	{
		echo '-----BEGIN OpenVPN tls-crypt-v2 client key-----'
		{
			xxd -r -p <<<"$kc$tag"
			xxd -r -p <<<"$plain" | openssl enc -aes-256-ctr -K "${s:0:64}" -iv "${tag:0:32}"
			xxd -r -p <<<"$len"
		} | base64 -w 64
		echo '-----END OpenVPN tls-crypt-v2 client key-----'
	} >"$DIR/v2.client"
}

# text_of LENGTH: metadata of type 0
text_of()
{
	printf '00'
	printf '%*s' "$1" x | xxd -p | tr -d '\n'
}

# made_at SECONDS-AGO: metadata of type 1
made_at()
{
	printf '01%016x' $(($(date +%s) - $1))
}

v2_metadata()
{
	v2_key "$2"
	server "$1" <<<"tls-crypt-v2 $DIR/v2.server"
	client <<<"remote $SERVER4
tls-crypt-v2 $DIR/v2.client"
	ping_ok
	ut_stop
}
case_add v2_key_26_without_metadata v2_metadata 2.6 ''
case_add v2_key_26_short_text v2_metadata 2.6 "$(text_of 100)"
case_add v2_key_26_longest_text v2_metadata 2.6 "$(text_of 733)"
case_add v2_key_27_longest_text v2_metadata 2.7 "$(text_of 733)"

srv_v2_metadata()
{
	v2_key "$2"
	our_server <<<"tls-crypt-v2 $DIR/v2.server"
	their_client "$1" <<<"tls-crypt-v2 $DIR/v2.client"
	ping_ok
	their_client_stop
}
case_add srv_v2_key_26_without_metadata srv_v2_metadata 2.6 ''
case_add srv_v2_key_26_timestamp srv_v2_metadata 2.6 "$(made_at 5)"
case_add srv_v2_key_27_longest_text srv_v2_metadata 2.7 "$(text_of 733)"

# srv_v2_age METADATA LINE: LINE is what refuses the key, or nothing
srv_v2_age()
{
	v2_key "$1"
	our_server <<-E
		tls-crypt-v2 $DIR/v2.server
		tls-crypt-v2-max-age 5
	E
	if [ "$2" ]; then
		their_client_fails 2.6 'link remote' <<<"tls-crypt-v2 $DIR/v2.client"
		wait_log server "$2"
		want_log server 'TLS Error: can not extract tls-crypt-v2 client key from'
		want_no_log server 'VERIFY OK'
		want_no_log client 'VERIFY OK'
	else
		their_client 2.6 <<<"tls-crypt-v2 $DIR/v2.client"
		ping_ok
	fi
	their_client_stop
}
case_add srv_v2_age__young srv_v2_age "$(made_at $((5 * 86400 - 60)))" ''
case_add srv_v2_age__old srv_v2_age "$(made_at $((5 * 86400 + 60)))" 'ERROR: Client key is too old'
case_add srv_v2_age__text srv_v2_age "$(text_of 20)" 'ERROR: Client key does not have a timestamp'
case_add srv_v2_age__none srv_v2_age '' 'ERROR: Client key (metadata is too small to contain a timestamp|does not have a timestamp)'

# The whole environment of the program, what is in the file, and that it is gone afterwards.
srv_v2_verify()
{
	v2_key "$(text_of 20)"
	cat >"$DIR/verify" <<-E
		#!/bin/sh
		env | grep -vE '^(PWD|OLDPWD|SHLVL|_)=' | sort >$DIR/verify.env
		stat -c %a "\$metadata_file" >$DIR/verify.mode
		cp "\$metadata_file" $DIR/verify.content
		echo >>$DIR/verify.count
	E
	chmod +x "$DIR/verify"
	our_server <<-E
		tls-crypt-v2 $DIR/v2.server
		script-security 2
		tls-crypt-v2-verify $DIR/verify
	E
	their_client 2.6 <<<"tls-crypt-v2 $DIR/v2.client"
	want_log server 'TLS CRYPT V2 VERIFY SCRIPT OK'
	ping_ok
	file=$(sed -n 's/^metadata_file=//p' "$DIR/verify.env")
	want "environment" "metadata_file=$file
metadata_type=0
script_type=tls-crypt-v2-verify" "$(cat "$DIR/verify.env")"
	[[ $file =~ /openvpn_tls_crypt_v2_metadata__[0-9a-f]{16,32}\.tmp$ ]] || fail "the file is called $file"
	want "mode" 600 "$(cat "$DIR/verify.mode")"
	want "content" "$(printf %20s x)" "$(cat "$DIR/verify.content")"
	want "times" 1 "$(wc -l <"$DIR/verify.count")"
	[ ! -e "$file" ] || fail "$file is still there"
	their_client_stop
}
case_add srv_v2_verify__environment_and_file srv_v2_verify

# ---- two wraps at one server ---------------------------------------------------------------------
# srv_two_wraps OTHER: clients with tls-crypt-v2 and with the other wrap at the same server
srv_two_wraps()
{
	v2_key ''
	our_server <<-E
		tls-crypt-v2 $DIR/v2.server
		$1 $PKI/ta.key
	E
	their_client 2.6 <<<"tls-crypt-v2 $DIR/v2.client"
	ping_ok
	their_client_stop
	mark client
	their_client 2.6 <<<"$1 $PKI/ta.key"
	ping_ok
	their_client_stop
}
case_add srv_v2_and_tls-auth srv_two_wraps tls-auth
case_add srv_v2_and_tls-crypt srv_two_wraps tls-crypt

# srv_v2_only OPTION: such a client is not for a server with tls-crypt-v2 alone
srv_v2_only()
{
	v2_key ''
	our_server <<<"tls-crypt-v2 $DIR/v2.server"
	their_client_fails 2.6 'link remote' <<<"${1//PKI/$PKI}"
	wait_log server 'TLS Error: could not determine wrapping from'
	want_no_log client 'Initial packet'
	their_client_stop
	mark client
	their_client 2.6 <<<"tls-crypt-v2 $DIR/v2.client"
	ping_ok
	their_client_stop
}
case_add srv_v2_only__without_wrap srv_v2_only ''
case_add srv_v2_only__tls-crypt srv_v2_only "tls-crypt PKI/ta.key"
