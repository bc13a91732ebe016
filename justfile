# All of CI.
ready:
    bash .ci/run

# The tests.
test:
    cargo test

# The failures in testdata, as a user sees them.
demo:
    cargo run --quiet -- check testdata/failures
