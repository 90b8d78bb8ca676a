#!/bin/sh
# Makes every file of this folder anew, with keys that protect nothing. Then update the checksums in README.md.
set -eu
cd "$(dirname "$0")"
rm -f ./*.pem ./*.bin

# PKCS#8, and the public key as SPKI and PKCS#1
for bits in 1024 2048 3072; do openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:$bits" -out "rsa-$bits.pem" 2>/dev/null; done
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out rsa-pss.pem 2>/dev/null
for curve in P-192 P-224 P-256 P-384 P-521 secp256k1; do openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$curve" -out "ec-$curve.pem"; done
openssl genpkey -algorithm ED25519 -out ed25519.pem
openssl genpkey -algorithm ED448 -out ed448.pem
for key in rsa-1024 rsa-2048 rsa-3072 rsa-pss ec-P-192 ec-P-224 ec-P-256 ec-P-384 ec-P-521 ec-secp256k1 ed25519 ed448; do
  openssl pkey -in "$key.pem" -pubout -out "$key.public.pem"
done
openssl rsa -in rsa-2048.pem -RSAPublicKey_out -out rsa-2048.pkcs1-public.pem 2>/dev/null

# PKCS#1 and SEC1
for key in rsa-2048 rsa-3072; do openssl rsa -in "$key.pem" -traditional -out "$key.pkcs1.pem" 2>/dev/null; done
for curve in P-192 P-256 P-384 P-521; do openssl ec -in "ec-$curve.pem" -out "ec-$curve.sec1.pem" 2>/dev/null; done
openssl ec -in ec-P-256.pem -no_public -out ec-P-256.sec1-no-public.pem 2>/dev/null
openssl ecparam -name prime256v1 -genkey -out ec-with-parameters.sec1.pem 2>/dev/null
openssl pkey -in ec-with-parameters.sec1.pem -pubout -out ec-with-parameters.public.pem
openssl pkcs8 -topk8 -nocrypt -in ec-P-256.sec1-no-public.pem -out ec-P-256.no-public.pem

# Points in their compressed form, and a curve spelled out
for curve in P-192 P-256 P-384 P-521; do openssl ec -in "ec-$curve.pem" -pubout -conv_form compressed -out "ec-$curve.compressed.public.pem" 2>/dev/null; done
openssl ec -in ec-P-256.pem -conv_form compressed -out ec-P-256.compressed.sec1.pem 2>/dev/null
openssl ec -in ec-P-256.pem -pubout -param_enc explicit -out ec-explicit.public.pem 2>/dev/null
openssl ec -in ec-P-256.pem -param_enc explicit -out ec-explicit.sec1.pem 2>/dev/null

# The 64 bytes of a Secure Boot V1 public key, as espsecure extracts them: the point without its first byte
openssl pkey -in ec-P-256.pem -pubout -outform DER | tail -c 64 > ec-P-256.public.bin

# PBES2, passphrase "otter"
for cipher in aes-128-cbc aes-192-cbc aes-256-cbc des3; do
  openssl pkcs8 -topk8 -v2 "$cipher" -in rsa-2048.pem -passout pass:otter -out "rsa-2048.$cipher.pem"
done
for hash in SHA1 SHA224 SHA384 SHA512; do
  openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf "hmacWith$hash" -in ec-P-256.pem -passout pass:otter -out "ec-P-256.hmac$hash.pem"
done
openssl pkcs8 -topk8 -v2 aes-256-cbc -iter 100000 -in ed25519.pem -passout pass:otter -out ed25519.encrypted.pem
openssl pkcs8 -topk8 -scrypt -in ec-P-256.pem -passout pass:otter -out ec-P-256.scrypt.pem

# PBES1, PKCS#12 and the encryption of before PKCS#8
openssl pkcs8 -topk8 -v1 PBE-SHA1-3DES -in ec-P-256.pem -passout pass:otter -out ec-P-256.pkcs12.pem
openssl pkcs8 -topk8 -v1 PBE-MD5-DES -provider legacy -provider default -in ec-P-256.pem -passout pass:otter -out ec-P-256.pbes1.pem
openssl rsa -in rsa-2048.pem -traditional -aes128 -passout pass:otter -out rsa-2048.proc-type.pem 2>/dev/null
openssl ec -in ec-P-256.pem -des3 -passout pass:otter -out ec-P-256.proc-type.pem 2>/dev/null

# With attributes in front, as `openssl pkcs12` writes them, and a certificate
openssl req -x509 -new -key ec-P-256.pem -subj /CN=otter -days 36500 -out certificate.pem
openssl pkcs12 -export -inkey ec-P-256.pem -in certificate.pem -name otter -passout pass:otter \
  | openssl pkcs12 -passin pass:otter -nodes -out pkcs12-dump.pem
openssl pkey -in ec-P-256.pem -text -out ec-P-256.text.pem
