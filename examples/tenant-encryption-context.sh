#!/bin/sh
# One key for several tenants: a tenant's user decrypts only what was encrypted with the tenant's name in the encryption context.
#
#   sh examples/tenant-encryption-context.sh
#
# It uses the service that AWS_ENDPOINT_URL names, as a caller who may make users, or else starts a Trent of its own. One policy
# serves all tenants: which tenant a user belongs to is a tag of the user, which users cannot change themselves.
set -eu

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

key_id=$(aws kms create-key --query KeyMetadata.KeyId --output text)

cat >"$work/policy" <<'POLICY'
{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Action": ["kms:Encrypt", "kms:Decrypt"],
    "Resource": "*",
    "Condition": { "StringEquals": { "kms:EncryptionContext:tenant": "${aws:PrincipalTag/tenant}" } }
  }
}
POLICY

# The secret of an access key is shown once. Here it goes into a file that only this user reads, and no further.
umask 077
for tenant in red blue; do
  aws iam create-user --user-name "tenant-$tenant" --tags "Key=tenant,Value=$tenant" >"$work/user"
  aws iam put-user-policy --user-name "tenant-$tenant" --policy-name own --policy-document "file://$work/policy"
  aws iam create-access-key --user-name "tenant-$tenant" --query 'AccessKey.[AccessKeyId, SecretAccessKey]' --output text >"$work/$tenant"
done

as() {
  read -r id secret <"$work/$1"
  shift
  AWS_ACCESS_KEY_ID="$id" AWS_SECRET_ACCESS_KEY="$secret" "$@"
}

refused() {
  if "$@" >"$work/answer" 2>&1; then
    echo 'a call was allowed that should not be:' "$@" >&2
    exit 1
  fi
  grep -q AccessDeniedException "$work/answer"
}

printf 'for red alone' >"$work/plain"
as red aws kms encrypt --key-id "$key_id" --plaintext "fileb://$work/plain" --encryption-context tenant=red \
  --query CiphertextBlob --output text | base64 -d >"$work/closed"

as red aws kms decrypt --ciphertext-blob "fileb://$work/closed" --encryption-context tenant=red >"$work/answer"
refused as blue aws kms decrypt --ciphertext-blob "fileb://$work/closed" --encryption-context tenant=red
refused as red aws kms encrypt --key-id "$key_id" --plaintext "fileb://$work/plain"

echo 'Red decrypts what is red'"'"'s, and blue does not.'
