#!/bin/sh
# Encrypts a file of any size under a data key, with the AWS CLI and openssl, and decrypts it again.
#
#   sh examples/encrypt-file.sh FILE
#
# It uses the KMS that AWS_ENDPOINT_URL names, or else starts a Trent of its own. FILE.enc is the encrypted file, FILE.key the
# encrypted data key: keep both, they are worthless without the KMS. While openssl runs, its arguments show the data key to
# users of the same machine; where there are others, do it as encrypt-file.ts does.
set -eu

file=${1:?usage: sh examples/encrypt-file.sh FILE}
work=$(mktemp -d)
trent=

finish() {
  [ -z "$trent" ] || kill "$trent"
  rm -rf "$work"
}
trap finish EXIT

if [ -z "${AWS_ENDPOINT_URL:-}" ]; then
  node "$(dirname "$0")/../bin/trent" dev --port 0 >"$work/trent.log" &
  trent=$!
  until grep -qs 'listens at' "$work/trent.log"; do
    kill -0 "$trent"
    sleep 0.1
  done
  AWS_ENDPOINT_URL=$(sed -n 's/.*listens at \([^ ]*\).*/\1/p' "$work/trent.log")
  export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
fi
export AWS_DEFAULT_REGION="${AWS_DEFAULT_REGION:-us-east-1}"

hex() {
  base64 -d | od -An -v -tx1 | tr -d ' \n'
}

key_id=$(aws kms create-key --description 'encrypt-file' --query KeyMetadata.KeyId --output text)

# The answer has the data key twice: in the clear, to be used now and forgotten, and encrypted, to be kept.
aws kms generate-data-key --key-id "$key_id" --key-spec AES_256 --encryption-context purpose=files \
  --query '[Plaintext, CiphertextBlob]' --output text >"$work/data-key"
data_key=$(cut -f 1 "$work/data-key" | hex)
cut -f 2 "$work/data-key" | base64 -d >"$file.key"
rm "$work/data-key"
# AES-256-GCM in CMS: a file that was changed does not decrypt.
openssl cms -encrypt -binary -outform DER -aes-256-gcm -secretkey "$data_key" -secretkeyid 01 -in "$file" -out "$file.enc"
unset data_key

# Back again: the KMS decrypts the data key, openssl the file.
data_key=$(aws kms decrypt --ciphertext-blob "fileb://$file.key" --encryption-context purpose=files \
  --query Plaintext --output text | hex)
openssl cms -decrypt -binary -inform DER -secretkey "$data_key" -secretkeyid 01 -in "$file.enc" -out "$work/decrypted"
cmp "$file" "$work/decrypted"
echo "$file is in $file.enc; with the data key in $file.key it decrypts to the same bytes."
