# List the recipes
default:
    @just --list

# Run a scenario: just sim cold-load --seeds 1..3
sim scenario *ARGS:
    cargo sim run {{quote(scenario)}} {{ARGS}}

# A scenario on the real clock, with its status page: just serve cold-load
serve scenario *ARGS:
    cargo sim serve {{quote(scenario)}} {{ARGS}}

# List the scenarios and their questions
list:
    cargo sim list

# Run the tests
test *ARGS:
    cargo test --workspace --locked {{ARGS}}

# Format check, lints and documentation, with warnings denied
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

# Measure the simulator itself: just bench sim_overhead
bench *ARGS:
    cargo bench --locked {{ARGS}}

# Everything CI runs
ci:
    bash .ci/run
