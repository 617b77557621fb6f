#!/bin/sh
# Two users of one key: one administers it and cannot use it, the other uses it and cannot administer it.
#
#   sh examples/separate-administrators-from-users.sh
#
# It uses the service that AWS_ENDPOINT_URL names, as a caller who may make users, or else starts a Trent of its own. The users
# are named by the key policy itself, so that no IAM policy can give them more of this key.
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

account=$(aws sts get-caller-identity --query Account --output text)

# The secret of an access key is shown once. Here it goes into a file that only this user reads, and no further.
umask 077
for name in key-admin key-user; do
  aws iam create-user --user-name "$name" >"$work/user"
  aws iam create-access-key --user-name "$name" --query 'AccessKey.[AccessKeyId, SecretAccessKey]' --output text >"$work/$name"
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

cat >"$work/policy" <<POLICY
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "administer",
      "Effect": "Allow",
      "Principal": { "AWS": ["arn:aws:iam::$account:user/key-admin", "arn:aws:iam::$account:root"] },
      "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:Put*", "kms:Enable*", "kms:Disable*", "kms:ScheduleKeyDeletion"],
      "Resource": "*"
    },
    {
      "Sid": "use",
      "Effect": "Allow",
      "Principal": { "AWS": "arn:aws:iam::$account:user/key-user" },
      "Action": ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"],
      "Resource": "*"
    }
  ]
}
POLICY
key_id=$(aws kms create-key --policy "file://$work/policy" --query KeyMetadata.KeyId --output text)

as key-user aws kms generate-data-key --key-id "$key_id" --key-spec AES_256 >"$work/answer"
refused as key-user aws kms disable-key --key-id "$key_id"
as key-admin aws kms enable-key-rotation --key-id "$key_id"
refused as key-admin aws kms generate-data-key --key-id "$key_id" --key-spec AES_256

echo 'The administrator cannot use the key, and the user cannot administer it.'
