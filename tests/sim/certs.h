/* SPDX-License-Identifier: GPL-2.0-only */
/* Ed25519 certificates for tests: small, quick, with signatures of one length. 2020 - 2120.
 * Revocation lists of the CA: of nobody, of somebody else, and of the client. */
#pragma once

static const char sim_ca[] = "-----BEGIN CERTIFICATE-----\n"
			     "MIIBBjCBuaADAgECAgEBMAUGAytlcDASMRAwDgYDVQQDDAdUZXN0IENBMCAXDTIw\n"
			     "MDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjASMRAwDgYDVQQDDAdUZXN0IENB\n"
			     "MCowBQYDK2VwAyEASqXZ+I92brLN6KI80/zR2JpwaX6IBxM8MipgYlpbztejMjAw\n"
			     "MA8GA1UdEwEB/wQFMAMBAf8wHQYDVR0OBBYEFEZZP3hVONa8N8N5wwgPrTX5Kfsp\n"
			     "MAUGAytlcANBAPiJZbDZPN75y6d03m0gIiPcN3NTy9xpjTMkbavYGfyoWEAxZ8WV\n"
			     "2o97qg+gxIcbeaKEM571rUvhVZuCNumeCQ0=\n"
			     "-----END CERTIFICATE-----\n";
static const char sim_server_cert[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBNTCB6KADAgECAgECMAUGAytlcDASMRAwDgYDVQQDDAdUZXN0IENBMCAXDTIw\n"
	"MDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjARMQ8wDQYDVQQDDAZzZXJ2ZXIw\n"
	"KjAFBgMrZXADIQCdsP1hzkMv44TBivGUqFIqDs18gCh7CEnmnnww6Wr39aNiMGAw\n"
	"CQYDVR0TBAIwADATBgNVHSUEDDAKBggrBgEFBQcDATAdBgNVHQ4EFgQUZO+O/6DX\n"
	"urs/3mThYfi8mqpXS/cwHwYDVR0jBBgwFoAURlk/eFU41rw3w3nDCA+tNfkp+ykw\n"
	"BQYDK2VwA0EAre9knsDrRnBKxZv6TZBxsc4Qp6geDRqhc1w3XJqBA/w3Fd14Qmck\n"
	"xeZidkmpM6/6/HdE+u5nTtPcc65Ub6HVDg==\n"
	"-----END CERTIFICATE-----\n";
static const char sim_server_key[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MC4CAQAwBQYDK2VwBCIEINQJgil16REppoRJ8XEQrERWJlJYivL7t530m+8gEJ79\n"
	"-----END PRIVATE KEY-----\n";
static const char sim_client_cert[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBNTCB6KADAgECAgEDMAUGAytlcDASMRAwDgYDVQQDDAdUZXN0IENBMCAXDTIw\n"
	"MDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjARMQ8wDQYDVQQDDAZjbGllbnQw\n"
	"KjAFBgMrZXADIQDhWFt1Rfm9Nwv/p0p/VxnO/R65LLfoydtGssm24uoW3aNiMGAw\n"
	"CQYDVR0TBAIwADATBgNVHSUEDDAKBggrBgEFBQcDAjAdBgNVHQ4EFgQUNEXqYkur\n"
	"CKJrrCRgMpuu3wCBwvYwHwYDVR0jBBgwFoAURlk/eFU41rw3w3nDCA+tNfkp+ykw\n"
	"BQYDK2VwA0EAklJOiqe2HjajbUjv6OQmkUpmNt2IFOzWGWinPAC9a5SKpJ8ylBuJ\n"
	"p/tlw1ptNGekfOMia3j71u1RD6j4tMklAw==\n"
	"-----END CERTIFICATE-----\n";
static const char sim_client_key[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MC4CAQAwBQYDK2VwBCIEIF9w9QVZgBPTWUF47CP/SwbguohpgQ9j+Ij5fJ8K/5wi\n"
	"-----END PRIVATE KEY-----\n";
static const char sim_crl_none[] =
	"-----BEGIN X509 CRL-----\n"
	"MIGHMDswBQYDK2VwMBIxEDAOBgNVBAMMB1Rlc3QgQ0EXDTIwMDEwMTAwMDAwMFoY\n"
	"DzIxMjAwMTAxMDAwMDAwWjAFBgMrZXADQQC5p2AeFWBPyxAa4geDp+70ZcvZ10tC\n"
	"grsMf/xgR4ouhXNkSQ3n3ajcnwkuULa616LkfUl81uSQa5icU8o/Wy0B\n"
	"-----END X509 CRL-----\n";
static const char sim_crl_other[] =
	"-----BEGIN X509 CRL-----\n"
	"MIGdMFEwBQYDK2VwMBIxEDAOBgNVBAMMB1Rlc3QgQ0EXDTIwMDEwMTAwMDAwMFoY\n"
	"DzIxMjAwMTAxMDAwMDAwWjAUMBICAWMXDTIwMDEwMTAwMDAwMFowBQYDK2VwA0EA\n"
	"KAPwPgfgefWSN8NqcwnERYgB23Iy9T1C2bi7zEm9+GbJhUwZAhmIY1KX1IOUcsz+\n"
	"Z/rFqcrGtJnWucljilW7DQ==\n"
	"-----END X509 CRL-----\n";
static const char sim_crl_client[] =
	"-----BEGIN X509 CRL-----\n"
	"MIGxMGUwBQYDK2VwMBIxEDAOBgNVBAMMB1Rlc3QgQ0EXDTIwMDEwMTAwMDAwMFoY\n"
	"DzIxMjAwMTAxMDAwMDAwWjAoMBICAQMXDTIwMDEwMTAwMDAwMFowEgIBYxcNMjAw\n"
	"MTAxMDAwMDAwWjAFBgMrZXADQQCqh5PxA7OA3lXD3pgambhl9biW3IK4c0hMCihR\n"
	"V91I8FxJIt/nPwCMAZ/tmRW1djuO0oT/q96u+BAADWngTjQM\n"
	"-----END X509 CRL-----\n";
