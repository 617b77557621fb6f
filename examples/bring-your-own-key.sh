#!/bin/sh
# Brings a key of your own into the KMS, with the AWS CLI and openssl, takes it away and brings it again.
#
#   sh examples/bring-your-own-key.sh FILE
#
# It uses the KMS that AWS_ENDPOINT_URL names, or else starts a Trent of its own. FILE becomes the key, 32 random bytes, unless
# it is there already. Keep it: the KMS never gives it back, and nothing else opens what it encrypted once it is taken away.
set -eu

file=${1:?usage: sh examples/bring-your-own-key.sh FILE}
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

[ -e "$file" ] || (umask 077 && openssl rand -out "$file" 32)

# A key without material. It waits for yours.
key_id=$(aws kms create-key --origin EXTERNAL --description 'bring-your-own-key' --query KeyMetadata.KeyId --output text)

# A public key to wrap the material with, and the token that goes with it, for 24 hours.
aws kms get-parameters-for-import --key-id "$key_id" --wrapping-algorithm RSAES_OAEP_SHA_256 \
  --wrapping-key-spec RSA_3072 --query '[PublicKey, ImportToken]' --output text >"$work/parameters"
cut -f 1 "$work/parameters" | base64 -d >"$work/public-key"
cut -f 2 "$work/parameters" | base64 -d >"$work/token"
openssl pkeyutl -encrypt -pubin -keyform DER -inkey "$work/public-key" -in "$file" -out "$work/wrapped" \
  -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256

bring() {
  aws kms import-key-material --key-id "$key_id" --import-token "fileb://$work/token" \
    --encrypted-key-material "fileb://$work/wrapped" --expiration-model KEY_MATERIAL_DOES_NOT_EXPIRE >"$work/imported"
}

bring
printf 'a secret' >"$work/secret"
aws kms encrypt --key-id "$key_id" --plaintext "fileb://$work/secret" --query CiphertextBlob --output text |
  base64 -d >"$work/encrypted"

# Taken away, it cannot be used by anybody.
aws kms delete-imported-key-material --key-id "$key_id" >"$work/deleted"
if aws kms decrypt --ciphertext-blob "fileb://$work/encrypted" >"$work/decrypted" 2>"$work/refusal"; then
  echo 'the key was still there' >&2
  exit 1
fi

# The same material, and no other, opens what it encrypted.
bring
aws kms decrypt --ciphertext-blob "fileb://$work/encrypted" --query Plaintext --output text | base64 -d >"$work/decrypted"
cmp "$work/secret" "$work/decrypted"
echo "Key $key_id has the material in $file; taken away and brought again, it decrypts to the same bytes."
