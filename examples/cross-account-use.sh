#!/bin/sh
# A key of one account, used from another one: the key's account admits the other, and the other passes it on to one user.
#
#   sh examples/cross-account-use.sh
#
# It starts a Trent of its own, in which credentials that are twelve digits name an account. Neither account can do it alone: the
# key policy of the owner admits an account, and an IAM policy of that account says which of its users may make use of it.
set -eu

work=$(mktemp -d)
trent=

finish() {
  [ -z "$trent" ] || kill "$trent"
  rm -rf "$work"
}
trap finish EXIT

node "$(dirname "$0")/../bin/trent" dev --port 0 >"$work/trent.log" &
trent=$!
until grep -qs 'listens at' "$work/trent.log"; do
  kill -0 "$trent"
  sleep 0.1
done
AWS_ENDPOINT_URL=$(sed -n 's/.*listens at \([^ ]*\).*/\1/p' "$work/trent.log")
export AWS_ENDPOINT_URL AWS_DEFAULT_REGION=us-east-1

owner=111111111111
partner=222222222222
in_account() {
  account=$1
  shift
  AWS_ACCESS_KEY_ID="$account" AWS_SECRET_ACCESS_KEY=any "$@"
}

cat >"$work/key-policy" <<POLICY
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "own",
      "Effect": "Allow",
      "Principal": { "AWS": "arn:aws:iam::$owner:root" },
      "Action": "kms:*",
      "Resource": "*"
    },
    {
      "Sid": "partner",
      "Effect": "Allow",
      "Principal": { "AWS": "arn:aws:iam::$partner:root" },
      "Action": ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"],
      "Resource": "*"
    }
  ]
}
POLICY
key=$(in_account "$owner" aws kms create-key --policy "file://$work/key-policy" --query KeyMetadata.Arn --output text)

# The secret of an access key is shown once. Here it goes into a file that only this user reads, and no further.
umask 077
for name in chosen other; do
  in_account "$partner" aws iam create-user --user-name "$name" >"$work/user"
  in_account "$partner" aws iam create-access-key --user-name "$name" \
    --query 'AccessKey.[AccessKeyId, SecretAccessKey]' --output text >"$work/$name"
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

# Admitted by the owner, and not yet by their own account.
refused as chosen aws kms describe-key --key-id "$key"

cat >"$work/user-policy" <<POLICY
{
  "Version": "2012-10-17",
  "Statement": { "Effect": "Allow", "Action": "kms:*", "Resource": "$key" }
}
POLICY
in_account "$partner" aws iam put-user-policy --user-name chosen --policy-name partner-key \
  --policy-document "file://$work/user-policy"

# From another account a key is named by its ARN.
printf 'shared' >"$work/plain"
as chosen aws kms encrypt --key-id "$key" --plaintext "fileb://$work/plain" --query CiphertextBlob --output text |
  base64 -d >"$work/closed"
in_account "$owner" aws kms decrypt --ciphertext-blob "fileb://$work/closed" --query Plaintext --output text |
  base64 -d | cmp - "$work/plain"
refused as other aws kms decrypt --ciphertext-blob "fileb://$work/closed" --key-id "$key"
# Whatever the partner's policy says: the owner alone administers, and some operations never cross accounts.
refused as chosen aws kms get-key-policy --key-id "$key"
refused as chosen aws kms disable-key --key-id "$key"

# What the owner takes back is gone with the call.
sed 's/"kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey\*", //' "$work/key-policy" >"$work/reduced"
in_account "$owner" aws kms put-key-policy --key-id "$key" --policy "file://$work/reduced"
refused as chosen aws kms decrypt --ciphertext-blob "fileb://$work/closed" --key-id "$key"
as chosen aws kms describe-key --key-id "$key" >"$work/answer"

echo 'One user of the other account uses the key, as long as its owner allows it.'
