#!/bin/sh
# Makes the certificates of this example anew: an authority, one certificate for
# each end, and the revocation list of the authority. Private keys stay in a
# folder that is removed at the end: nothing here needs them. Times are fixed
# and far apart, so that the example stays right; real certificates last a year
# or two, and real revocation lists a week or two.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

from=20260101000000Z
until=20451231235959Z
mkdir new
: > index.txt
echo 1000 > serial
echo 01 > crlnumber
cat > ca.cnf <<'CNF'
[ca]
default_ca = example
[example]
dir = .
new_certs_dir = new
database = index.txt
serial = serial
crlnumber = crlnumber
certificate = example-ca.pem
private_key = example-ca.key
default_md = sha256
policy = any
copy_extensions = none
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = supplied
[req]
distinguished_name = none
[none]
[authority]
basicConstraints = critical,CA:true,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[alpha]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
subjectAltName = DNS:alpha.example.com
authorityKeyIdentifier = keyid
[beta]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
subjectAltName = DNS:beta.example.com
authorityKeyIdentifier = keyid
CNF

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"; }
request() { openssl req -new -config ca.cnf -key "$1.key" -subj "$2" -out "$1.csr"; }

key example-ca
request example-ca "/C=US/O=Example/CN=Example CA"
openssl ca -batch -notext -selfsign -config ca.cnf -keyfile example-ca.key -extensions authority \
    -startdate "$from" -enddate "$until" -in example-ca.csr -out example-ca.pem
for end in alpha beta; do
    key "$end"
    request "$end" "/C=US/O=Example/OU=Blue Lab/CN=$end"
    openssl ca -batch -notext -config ca.cnf -extensions "$end" -startdate "$from" -enddate "$until" \
        -in "$end.csr" -out "$end.pem"
done
openssl ca -gencrl -config ca.cnf -crl_lastupdate "$from" -crl_nextupdate "$until" -out example-ca.crl

mkdir -p "$here/certs"
cp example-ca.pem alpha.pem beta.pem example-ca.crl "$here/certs/"
