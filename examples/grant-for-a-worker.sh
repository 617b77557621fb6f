#!/bin/sh
# A worker decrypts one job's data for as long as the job runs: a grant, confined to the job's encryption context.
#
#   sh examples/grant-for-a-worker.sh
#
# It uses the service that AWS_ENDPOINT_URL names, as a caller who may make users, or else starts a Trent of its own. No policy
# names the worker: what it may do comes with the grant and goes with it.
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

# The secret of an access key is shown once. Here it goes into a file that only this user reads, and no further.
umask 077
worker=$(aws iam create-user --user-name worker --query User.Arn --output text)
aws iam create-access-key --user-name worker --query 'AccessKey.[AccessKeyId, SecretAccessKey]' --output text >"$work/worker"

as_worker() {
  read -r id secret <"$work/worker"
  AWS_ACCESS_KEY_ID="$id" AWS_SECRET_ACCESS_KEY="$secret" "$@"
}

refused() {
  if "$@" >"$work/answer" 2>&1; then
    echo 'a call was allowed that should not be:' "$@" >&2
    exit 1
  fi
  grep -q AccessDeniedException "$work/answer"
}

key_id=$(aws kms create-key --query KeyMetadata.KeyId --output text)
printf 'work to do' >"$work/plain"
for job in 7 8; do
  aws kms encrypt --key-id "$key_id" --plaintext "fileb://$work/plain" --encryption-context "job=$job,part=1" \
    --query CiphertextBlob --output text | base64 -d >"$work/job-$job"
done

# Arguments: the job, and what else the worker sends along.
decrypt_job() {
  job=$1
  shift
  as_worker aws kms decrypt --ciphertext-blob "fileb://$work/job-$job" --encryption-context "job=$job,part=1" "$@"
}

refused decrypt_job 7

# The worker may give the grant back itself. A subset: the worker's data may say more about itself than the job.
grant() {
  aws kms create-grant --key-id "$key_id" --grantee-principal "$worker" --retiring-principal "$worker" \
    --operations Decrypt --constraints "EncryptionContextSubset={job=$1}" --query "[GrantId, GrantToken]" --output text
}
grant 7 >"$work/grant"
read -r grant_id token <"$work/grant"

# On AWS a grant may take minutes to be known everywhere; with its token it works at once. Trent needs no token.
decrypt_job 7 --grant-tokens "$token" --query Plaintext --output text | base64 -d | cmp - "$work/plain"
refused decrypt_job 8 --grant-tokens "$token"
refused as_worker aws kms encrypt --key-id "$key_id" --plaintext "fileb://$work/plain" --encryption-context job=7

# The job is done: the worker gives back what it no longer needs.
as_worker aws kms retire-grant --grant-token "$token"
refused decrypt_job 7

# Or somebody takes it away.
grant 8 >"$work/grant"
read -r grant_id token <"$work/grant"
decrypt_job 8 --grant-tokens "$token" >"$work/answer"
aws kms revoke-grant --key-id "$key_id" --grant-id "$grant_id"
refused decrypt_job 8

echo 'The worker decrypts the job it has a grant for, and nothing before or after.'
